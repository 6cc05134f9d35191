#include "ops/shape_inference.h"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "base/parallel_for.h"
#include "ops/builder.h"

namespace tenon {
namespace {

// Adds to what was inferred what a file said of the outputs (import keeps it in output_shapes), unless it contradicts.
void merge_recorded(const Node& node, const PartialShapes& recorded, PartialShapes& inferred) {
  if (recorded.size() != inferred.size()) return;
  for (std::size_t i = 0; i < recorded.size(); ++i) {
    if (inferred[i] == recorded[i]) continue;
    if (inferred[i].compatible_with(recorded[i])) {
      inferred[i] = inferred[i].merge_with(recorded[i]);
    } else {
      throw Error(
          Code::InvalidArgument,
          fmt::format("Node '{}' has an _output_shapes attribute inconsistent with the GraphDef for output #{}: "
                      "the file says {}, but it follows from the graph that it is {}",
                      node.name, i, recorded[i].to_string(), inferred[i].to_string()));
    }
  }
}

// Shapes that contradict each other leave those of the outputs unknown.
void infer_one(Node& node, ShapeFn* infer) {
  PartialShapes inferred;
  inferred.resize(node.output_types.size());
  if (infer) {
    try {
      ShapeContext context(node, inferred);
      infer(context);
    } catch (const Error&) {
      inferred.clear();
      inferred.resize(node.output_types.size());
    }
  }
  merge_recorded(node, node.output_shapes, inferred);
  node.output_shapes = std::move(inferred);
  node.shapes_inferred = true;
}

bool is_loop_edge(const Node& node) { return node.type == "NextIteration" || node.type == "RefNextIteration"; }

}  // namespace

std::optional<std::int64_t> ShapeContext::scalar_value(int i) const {
  std::optional<IntArray> array = value(i);
  if (!array || array->values.size() != 1) return std::nullopt;
  return array->values[0];
}

PartialShape ShapeContext::with_rank(int i, int rank) const {
  if (!input(i).known_rank()) return PartialShape::unknown_of_rank(rank);
  if (input(i).rank() != rank)
    fail(fmt::format("input {} must have rank {}, but its shape is {}", i, rank, input(i).to_string()));
  return input(i);
}

PartialShape ShapeContext::with_rank_at_least(int i, int rank) const {
  if (input(i).known_rank() && input(i).rank() < rank)
    fail(fmt::format("input {} must have rank {} or more, but its shape is {}", i, rank, input(i).to_string()));
  return input(i);
}

std::int64_t ShapeContext::merge_dim(std::int64_t a, std::int64_t b) const {
  if (a < 0) return b;
  if (b < 0 || a == b) return a;
  fail(fmt::format("dimensions must be equal, but are {} and {}", a, b));
}

PartialShape ShapeContext::merge(const PartialShape& a, const PartialShape& b) const {
  if (!a.compatible_with(b))
    fail(fmt::format("shapes must be equal, but are {} and {}", a.to_string(), b.to_string()));
  return a.merge_with(b);
}

int ShapeContext::axis(std::int64_t axis, int rank) const {
  if (axis < -rank || axis >= rank) fail(fmt::format("axis {} is not in [{}, {})", axis, -rank, rank));
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

void ShapeContext::fail(const std::string& message) const {
  throw Error(Code::InvalidArgument, fmt::format("{}: {}", describe(node_), message));
}

void infer_shapes(Node& node) {
  node.output_shapes.resize(node.output_types.size());
  ShapeContext context(node, node.output_shapes);
  if (ShapeFn* infer = find_shape_function(node.type)) infer(context);
  node.shapes_inferred = true;
}

namespace {

// Depth first without recursion: graphs are deep. A node that is being visited is part of a loop, and unknown there.
void infer_with_inputs(Node& node) {
  std::vector<std::pair<Node*, std::size_t>> stack{{&node, 0}};
  std::unordered_map<Node*, bool> visiting{{&node, true}};
  while (!stack.empty()) {
    auto& [current, next] = stack.back();
    if (next < current->inputs.size()) {
      Node* input = current->inputs[next++].node;
      const bool back = is_loop_edge(*input) && (current->type == "Merge" || current->type == "RefMerge");
      if (!input->shapes_inferred && !back && visiting.emplace(input, true).second) stack.push_back({input, 0});
      continue;
    }
    infer_one(*current, find_shape_function(current->type));
    stack.pop_back();
  }
}

bool inputs_inferred(const Node& node) {
  return std::all_of(node.inputs.begin(), node.inputs.end(),
                     [](const Edge& edge) { return edge.node->shapes_inferred; });
}

// Goes twice over the nodes, in pieces that other threads do at the same time: first come those that depend on nothing
// outside their piece, then those that depend on these. What remains are few.
class ImportedShapes {
 public:
  explicit ImportedShapes(std::span<Node> nodes) : nodes_(nodes), done_(nodes.size()) {}

  void infer() {
    constexpr std::int64_t kNodesOfATask = 4096;
    if (size() > kNodesOfATask) {
      for (int pass = 0; pass < 2; ++pass) {
        ready_ = done_;
        parallel_pieces(size(), kNodesOfATask, [&](std::int64_t begin, std::int64_t end) { infer_piece(begin, end); });
      }
    }
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (done_[i] == 0) infer_rest(nodes_[i]);
    }
  }

 private:
  std::int64_t size() const { return static_cast<std::int64_t>(nodes_.size()); }

  // -1: a node that was there before.
  std::int64_t position_of(const Node* node) const {
    const std::less<const Node*> is_before;
    const bool is_new = !is_before(node, nodes_.data()) && is_before(node, nodes_.data() + nodes_.size());
    return is_new ? node - nodes_.data() : -1;
  }

  void infer_piece(std::int64_t begin, std::int64_t end) {
    const auto is_done = [&](const Edge& edge) {
      const std::int64_t at = position_of(edge.node);
      if (at < 0) return false;
      return (at >= begin && at < end ? done_ : ready_)[static_cast<std::size_t>(at)] != 0;
    };
    std::unordered_map<const std::string*, ShapeFn*> functions;  // by the text that nodes of a type share
    for (std::int64_t i = begin; i < end; ++i) {
      if (done_[static_cast<std::size_t>(i)] != 0) continue;
      Node& node = nodes_[static_cast<std::size_t>(i)];
      if (!std::all_of(node.inputs.begin(), node.inputs.end(), is_done)) continue;
      const auto [known, added] = functions.try_emplace(&node.type.str());
      if (added) known->second = find_shape_function(node.type);
      infer_one(node, known->second);
      done_[static_cast<std::size_t>(i)] = 1;
    }
  }

  static void infer_rest(Node& node) {
    if (node.shapes_inferred) return;
    if (inputs_inferred(node)) infer_one(node, find_shape_function(node.type));
    else infer_with_inputs(node);
  }

  std::span<Node> nodes_;
  std::vector<char> done_;   // inferred, by the thread that has the piece
  std::vector<char> ready_;  // inferred in the pass before, by whichever thread
};

}  // namespace

void infer_imported_shapes(std::span<Node> nodes) { ImportedShapes(nodes).infer(); }

void unchanged_shape(ShapeContext& c) { c.set(0, c.input(0)); }

void scalar_shape(ShapeContext& c) { c.set_all(PartialShape::scalar()); }

void no_outputs(ShapeContext&) {}

void merged_shape(ShapeContext& c) { c.set(0, c.merge(c.input(0), c.input(1))); }

void broadcast_shape(ShapeContext& c) { c.set(0, broadcast(c, c.input(0), c.input(1))); }

PartialShape broadcast(const ShapeContext& c, const PartialShape& x, const PartialShape& y) {
  if (!x.known_rank() || !y.known_rank()) return PartialShape::unknown();
  const int rank = std::max(x.rank(), y.rank());
  Dims dims;
  for (int i = 0; i < rank; ++i) {
    const std::int64_t a = i < rank - x.rank() ? 1 : x[i - (rank - x.rank())];
    const std::int64_t b = i < rank - y.rank() ? 1 : y[i - (rank - y.rank())];
    if (a == 1) dims.push_back(b);
    else if (b == 1) dims.push_back(a);
    else if (a < 0 || b < 0) dims.push_back(std::max(a, b));
    else if (a == b) dims.push_back(a);
    else c.fail(fmt::format("shapes {} and {} cannot be broadcast together", x.to_string(), y.to_string()));
  }
  return PartialShape(std::span<const std::int64_t>(dims));
}

std::int64_t sum_of(std::int64_t a, std::int64_t b) {
  std::int64_t sum = -1;
  return a < 0 || b < 0 || __builtin_add_overflow(a, b, &sum) ? -1 : sum;
}

std::int64_t product_of(std::int64_t a, std::int64_t b) {
  std::int64_t product = -1;
  return a < 0 || b < 0 || __builtin_mul_overflow(a, b, &product) ? -1 : product;
}

PartialShape with_dim(const PartialShape& shape, int index, std::int64_t dim) {
  Dims dims = shape.dims();
  dims[index] = dim;
  return PartialShape(std::span<const std::int64_t>(dims));
}

PartialShape concatenated(const PartialShape& a, const PartialShape& b) {
  if (!a.known_rank() || !b.known_rank()) return PartialShape::unknown();
  Dims dims = a.dims();
  for (int i = 0; i < b.rank(); ++i) dims.push_back(b[i]);
  return PartialShape(std::span<const std::int64_t>(dims));
}

PartialShape sub_shape(const PartialShape& shape, int begin, int end) {
  Dims dims;
  for (int i = begin; i < end; ++i) dims.push_back(shape[i]);
  return PartialShape(std::span<const std::int64_t>(dims));
}

}  // namespace tenon
