// The inputs of an import's nodes: from the file, or what the caller gives for them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <unordered_set>

#include "graph.pb.h"
#include "graph/attr_value.h"
#include "graph/graph_extra.h"
#include "graph/graph_importer.h"
#include "graph/names.h"
#include "tenon/error.h"

namespace tenon {

using proto::NodeDef;

void GraphImporter::read_input_map() {
  for (const auto& [key, value] : options_.input_map) {
    const bool control = key.starts_with('^');
    const OutputName parsed = control ? OutputName{std::string_view(key).substr(1), kControl} : parse_tensor_name(key);
    if (!value.node || &value.node->graph() != &graph_) {
      throw Error(Code::InvalidArgument,
                  fmt::format("'{}' in input_map does not exist in graph (input_map entry: {}); give "
                              "an output of the graph that is imported into",
                              value.node ? value.node->name : "an output that is not bound", key));
    }
    if (value.index < 0 || (value.node->signature && value.index >= value.node->num_outputs())) {
      throw Error(Code::InvalidArgument,
                  fmt::format("input_map entry {}: node '{}' has {} outputs, there is no output {}", key,
                              value.node->name, value.node->num_outputs(), value.index));
    }
    // "x" and "x:0" are one: the later counts.
    given_of_[parsed.node].insert(given_of_[parsed.node].begin(), static_cast<int>(given_.size()));
    given_.push_back({parsed.node, *parsed.index, value});
  }
}

// A position in `given_`, -1 if the caller gave nothing for this output (or kControl).
int GraphImporter::find_given(std::string_view name, int index) const {
  if (given_.empty()) return -1;
  const auto found = given_of_.find(name);
  if (found == given_of_.end()) return -1;
  const auto at = std::find_if(found->second.begin(), found->second.end(),
                               [&](int given) { return given_[static_cast<std::size_t>(given)].index == index; });
  return at == found->second.end() ? -1 : *at;
}

void GraphImporter::connect_nodes() {
  // Values that the caller gave are noted in one place.
  if (!options_.input_map.empty()) return connect_piece(0, size());
  for_ranges(&GraphImporter::connect_piece);
}

void GraphImporter::connect_piece(int begin, int end) {
  for (int position = begin; position < end; ++position) {
    read_inputs(position);
    const auto task = static_cast<std::size_t>(position);
    if (!wrong_node_.is_before(task)) wrong_node_.guard(task, [&] { connect(position); });
  }
}

void GraphImporter::read_inputs(int position) {
  const std::size_t end = pending_[position].end;
  std::size_t at = pending_[position].first;
  WireReader reader(file_.nodes()[position].all());
  for (WireField field; at < end && reader.next(field);) {
    if (field.number == NodeDef::kInputFieldNumber && field.is_bytes())
      sources_[at++] = read_input(position, field.bytes);
  }
}

GraphImporter::Source GraphImporter::read_input(int position, std::string_view text) {
  const bool control = text.starts_with('^');
  const auto parsed = parse_output_name(text.substr(control ? 1 : 0));
  const std::string_view name = parsed ? parsed->node : text;
  const int index = parsed ? parsed->index.value_or(0) : 0;
  if (const int given = find_given(name, control ? kControl : index); given >= 0) {
    given_[static_cast<std::size_t>(given)].used = true;
    return {-1, given};
  }
  const int source = parsed ? position_of(name) : -1;
  if (source < 0) fail(position, "Unknown input node '{}'", text);
  return {source, index};
}

// A name that the file has and does not use is fine.
void GraphImporter::check_input_map() const {
  std::vector<std::string> missing;
  for (const Given& given : given_) {
    const int position = position_of(given.name);
    const bool opaque = position >= 0 && !pending_[position].op;
    const bool there = position >= 0 && (opaque || given.index < node_at(position).num_outputs());
    if (given.used || there) continue;
    missing.push_back(given.index == kControl ? fmt::format("^{}", given.name)
                                              : fmt::format("{}:{}", given.name, given.index));
  }
  if (missing.empty()) return;
  throw Error(Code::InvalidArgument,
              fmt::format("Attempted to map inputs that were not found in graph_def: [{}]", fmt::join(missing, ", ")));
}

Edge GraphImporter::edge(const Source& source) const {
  if (source.node < 0) return given_[static_cast<std::size_t>(source.index)].value;
  return {&node_at(source.node), source.index};
}

void GraphImporter::connect(int position) {
  const Pending& pending = pending_[position];
  Node& node = node_at(position);
  node.inputs.reserve(inputs(pending).size());
  for (const Source& source : inputs(pending)) {
    const Edge from = edge(source);
    const bool opaque = source.node < 0 ? !from.node->signature : !pending_[source.node].op;
    if (!opaque && from.index >= from.node->num_outputs()) {
      fail(position, "Connecting to invalid output {} of source node {} which has {} outputs.", from.index,
           from.node->name, from.node->num_outputs());
    }
    const DType given = from.index < from.node->num_outputs() ? from.node->output_types[from.index] : DType::Invalid;
    const std::size_t i = node.inputs.size();
    if (node.input_types.size() <= i) node.input_types.push_back(given);  // of an opaque node
    const DType expected = node.input_types[i];
    if (expected != DType::Invalid && given != DType::Invalid && !input_type_fits(given, expected)) {
      fail(position, "Input {} of node {} was passed {} from {}:{} incompatible with expected {}.", i, node.name,
           core_dtype_name(given), from.node->name, from.index, core_dtype_name(expected));
    }
    node.inputs.push_back(from);
  }
  // A node may wait for very many others (an initialiser of all variables): no search through those that it has.
  std::unordered_set<const Node*> known;
  const bool many = controls(pending).size() > 8;
  for (const Source& source : controls(pending)) {
    Node* from = edge(source).node;
    auto& all = node.control_inputs;
    const bool is_new = many ? known.insert(from).second : std::find(all.begin(), all.end(), from) == all.end();
    if (is_new) all.push_back(from);
  }
  if (pending.in_group) check_colocation(position);
}

// Control dependencies around the import go to all nodes, as in TensorFlow. Those inside loops would wait for something
// outside, and such loops do not run: they wait by way of what enters the loop.
void GraphImporter::add_scope_controls() {
  const auto& scopes = GraphAccess::extra(graph_).control_scopes;
  const bool any = std::any_of(scopes.begin(), scopes.end(), [](const auto& scope) { return !scope->inputs.empty(); });
  if (!any) return;
  const std::vector<int> depths = loop_depths();
  for (int position = 0; position < size(); ++position) {
    if (depths[static_cast<std::size_t>(position)] > 0) continue;
    for (const auto& scope : scopes) {
      for (Node* control : scope->inputs) graph_.add_control_input(&node_at(position), control);
    }
  }
}

// In how many loops the inputs of each node are.
std::vector<int> GraphImporter::loop_depths() const {
  std::vector<int> depths(file_.nodes().size(), 0), ready;
  std::vector<bool> known(depths.size(), false);
  std::vector<std::vector<int>> consumers(depths.size());
  for (int position = 0; position < size(); ++position) {
    const Pending& pending = pending_[position];
    for (std::size_t at = pending.first; at < pending.end; ++at) {
      if (sources_[at].node >= 0) consumers[sources_[at].node].push_back(position);
    }
    const bool starts = std::all_of(sources_.begin() + pending.first, sources_.begin() + pending.end,
                                    [](const Source& source) { return source.node < 0; });
    if (starts) ready.push_back(position);
    known[position] = starts;
  }
  for (std::size_t done = 0; done < ready.size(); ++done) {
    const int position = ready[done];
    const std::string_view op = file_.nodes()[position].op();
    const int enters = op == "Enter" || op == "RefEnter", leaves = op == "Exit" || op == "RefExit";
    for (const int consumer : consumers[position]) {
      if (known[consumer]) continue;
      known[consumer] = true;
      depths[consumer] = depths[position] + enters - leaves;
      ready.push_back(consumer);
    }
  }
  return depths;
}

}  // namespace tenon
