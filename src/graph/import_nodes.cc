// Making the nodes of an import: inputs, names, attributes, types, places.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/parallel_for.h"
#include "formats/tensor_proto/tensor_proto.h"
#include "graph.pb.h"
#include "graph/attr_value.h"
#include "graph/graph_extra.h"
#include "graph/graph_importer.h"
#include "graph/names.h"
#include "graph/node_types.h"
#include "tenon/error.h"

namespace tenon {
namespace {

using proto::NodeDef;

// A file may claim any number of outputs per node; this many in all are more than any model has.
constexpr std::size_t kMaxOutputs = std::size_t{1} << 24;
constexpr std::string_view kOutputShapes = "_output_shapes";

void read_shapes(std::string_view attr, std::vector<PartialShape>& shapes) {
  for_each_bytes(AttrView::of(attr), ListKind::Shape,
                 [&](std::string_view shape) { shapes.push_back(partial_shape_from_bytes(shape)); });
}

}  // namespace

// Several threads read the nodes of large graphs; what is wrong with the first of them is thrown.
void GraphImporter::for_all_nodes(void (GraphImporter::*step)(int position)) {
  constexpr std::int64_t kNodesOfAThread = 4096;
  parallel_for(size(), kNodesOfAThread, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t position = begin; position < end; ++position) (this->*step)(static_cast<int>(position));
  });
}

void GraphImporter::read_nodes() {
  pending_.resize(file_.nodes().size());
  for_all_nodes(&GraphImporter::read_node);
  std::size_t sources = 0;
  for (Pending& pending : pending_) {
    pending.first = sources;
    pending.controls += sources;
    sources += pending.end;
    pending.end = sources;
  }
  sources_.resize(sources);
  // Values that the caller gave are noted in one place.
  if (options_.input_map.empty()) return for_all_nodes(&GraphImporter::read_inputs);
  for (int position = 0; position < size(); ++position) read_inputs(position);
}

// Everything but the inputs, which are only counted.
void GraphImporter::read_node(int position) {
  Pending& pending = pending_[position];
  const NodeBytes& bytes = file_.nodes()[position];
  pending.node = std::make_unique<Node>();
  Node& node = *pending.node;
  node.type = bytes.op;
  node.graph = &graph_;
  WireReader reader(bytes.all);
  for (WireField field; reader.next(field);) {
    switch (field.is_bytes() ? field.number : 0) {
      case NodeDef::kNameFieldNumber:
      case NodeDef::kOpFieldNumber:
      case NodeDef::kAttrFieldNumber: break;
      case NodeDef::kInputFieldNumber:
        ++pending.end;
        if (!field.bytes.starts_with('^') && ++pending.controls != pending.end) {
          fail(position, "Control dependencies must come after regular dependencies");
        }
        break;
      case NodeDef::kDeviceFieldNumber: node.asked_device = field.bytes; break;
      default: node.other_fields += field.whole;
    }
  }
  std::string scratch;
  try {
    if (const auto shapes = node.attrs.read(bytes.all, kOutputShapes, scratch)) {
      read_shapes(*shapes, node.output_shapes);
      pending.has_shapes = true;
    }
  } catch (const Error& error) {
    fail(position, "Node '{}' has an invalid _output_shapes attribute: {}", bytes.name, error.what());
  }
}

void GraphImporter::read_inputs(int position) {
  std::size_t at = pending_[position].first;
  WireReader reader(file_.nodes()[position].all);
  for (WireField field; reader.next(field);) {
    if (field.number == NodeDef::kInputFieldNumber && field.is_bytes()) sources_[at++] = read_input(position, field.bytes);
  }
}

GraphImporter::Source GraphImporter::read_input(int position, std::string_view text) {
  const bool control = text.starts_with('^');
  const auto parsed = parse_output_name(text.substr(control ? 1 : 0));
  const std::string_view name = parsed ? parsed->node : text;
  const int index = parsed ? parsed->index.value_or(0) : 0;
  if (const int given = find_mapped(name, index, control); given >= 0) return {-1, given};
  const int source = parsed ? position_of(name) : -1;
  if (source < 0) fail(position, "Unknown input node '{}'", text);
  return {source, index};
}

// The number in `given_` of the value that the caller wants in place of an input; -1 if none.
int GraphImporter::find_mapped(std::string_view name, int index, bool control) {
  if (options_.input_map.empty()) return -1;
  const auto find = [&](std::string key) {
    const auto found = options_.input_map.find(key);
    if (found == options_.input_map.end()) return -1;
    if (!found->second.node || found->second.node->graph != &graph_) {
      throw Error(Code::InvalidArgument,
                  fmt::format("input_map: the value for '{}' is not an output of this graph", key));
    }
    given_.push_back(found->second);
    used_keys_.insert(std::move(key));
    return static_cast<int>(given_.size()) - 1;
  };
  if (control) return find(fmt::format("^{}", name));
  const int with_index = find(fmt::format("{}:{}", name, index));
  return with_index < 0 && index == 0 ? find(std::string(name)) : with_index;
}

// The importer's own rule: with case, numbered from 1 for each clash, clear of names that are still to come.
void GraphImporter::choose_names() {
  std::unordered_set<std::string> taken;
  for (const auto& node : graph_.nodes()) {
    taken.insert(node->name);
    for (std::size_t slash = node->name.find('/'); slash != std::string::npos; slash = node->name.find('/', slash + 1)) {
      taken.insert(node->name.substr(0, slash));
    }
  }
  const bool all_free = taken.empty();
  const auto coming = [&](const std::string& name) {
    return name.starts_with(scope_) && position_of(std::string_view(name).substr(scope_.size())) >= 0;
  };
  for (int position = 0; position < size(); ++position) {
    std::string& name = pending_[position].node->name;
    name.append(scope_).append(file_.nodes()[position].name);
    if (all_free) continue;
    const std::string wanted = name;
    for (int i = 1; taken.contains(name) || (i > 1 && coming(name)); ++i) name = fmt::format("{}_{}", wanted, i);
    taken.insert(name);
  }
}

void GraphImporter::check_nodes() {
  for (Pending& pending : pending_) {
    const KnownOp& op = find_op(pending.node->type);
    pending.node->signature = op.registered;
    pending.op = op.prepared;
  }
  for_all_nodes(&GraphImporter::set_types);
  std::size_t outputs = 0;
  for (int position = 0; position < size(); ++position) {
    outputs += pending_[position].node->output_types.size();
    if (outputs > kMaxOutputs) fail(position, "the nodes up to here claim {} outputs", outputs);
  }
  for_all_nodes(&GraphImporter::connect);
}

const GraphImporter::KnownOp& GraphImporter::find_op(std::string_view type) {
  const auto [found, added] = ops_.try_emplace(type);
  KnownOp& op = found->second;
  if (!added) return op;
  op.registered = graph_.find_signature(type);
  if (op.registered) {
    op.prepared = &graph_.prepared(*op.registered);
  } else if (const auto in_file = file_ops_.find(std::string(type)); in_file != file_ops_.end()) {
    op.prepared = prepared_.emplace_back(std::make_unique<PreparedOp>(*in_file->second)).get();
  }
  return op;
}

void GraphImporter::set_types(int position) {
  Pending& pending = pending_[position];
  Node& node = *pending.node;
  if (!pending.op) return take_output_shapes(position);
  const std::size_t given = inputs(pending).size();
  NodeTypes types = pending.op->check(node, given);
  if (types.inputs.size() != given) {
    std::vector<std::string> names;
    for (const DType type : types.inputs) names.push_back(core_dtype_name(type));
    fail(position, "NodeDef expected inputs '{}' do not match {} inputs specified; {}", fmt::join(names, ", "), given,
         signature_text(pending.op->op()));
  }
  node.input_types = std::move(types.inputs);
  node.output_types = std::move(types.outputs);
  take_output_shapes(position);
}

Edge GraphImporter::edge(const Source& source) const {
  if (source.node < 0) return given_[source.index];
  return {pending_[source.node].node.get(), source.index};
}

void GraphImporter::connect(int position) {
  const Pending& pending = pending_[position];
  Node& node = *pending.node;
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
  rename_colocation(position);
  add_scope_controls(position);
  place(position);
}

// Mostly with the first input.
int GraphImporter::colocated_at(int position, std::string_view target) const {
  const Pending& pending = pending_[position];
  const int first = pending.first < pending.controls ? sources_[pending.first].node : -1;
  return first >= 0 && file_.nodes()[first].name == target ? first : position_of(target);
}

void GraphImporter::rename_colocation(int position) {
  Node& node = *pending_[position].node;
  const auto attr = node.attrs.find("_class");
  if (!attr) return;
  bool renamed = false;
  const auto new_name = [&](std::string_view target) -> const std::string& {
    const int at = colocated_at(position, target);
    if (at < 0) fail(position, "Node '{}' expects to be colocated with unknown node '{}'", node.name, target);
    return pending_[at].node->name;
  };
  const auto is_colocation = [](std::string_view group) { return group.starts_with(kColocationPrefix); };
  for_each_bytes(AttrView::of(*attr), ListKind::String, [&](std::string_view group) {
    const std::string_view target = group.substr(std::min(group.size(), kColocationPrefix.size()));
    if (is_colocation(group)) renamed |= new_name(target) != target;
  });
  if (!renamed) return;
  std::vector<std::string> groups;
  for_each_bytes(AttrView::of(*attr), ListKind::String, [&](std::string_view group) {
    const bool colocation = is_colocation(group);
    groups.emplace_back(colocation ? kColocationPrefix : group);
    if (colocation) groups.back() += new_name(group.substr(kColocationPrefix.size()));
  });
  set_attr(node, "_class", groups);
}

// Nodes without inputs from the file wait for the control dependencies around the import; the others inherit them.
void GraphImporter::add_scope_controls(int position) {
  const auto& scopes = GraphAccess::extra(graph_).control_scopes;
  if (scopes.empty()) return;
  const Pending& pending = pending_[position];
  for (std::size_t i = pending.first; i < pending.end; ++i) {
    if (sources_[i].node >= 0 && !is_back_edge(position, sources_[i])) return;
  }
  for (const auto& scope : scopes) {
    for (Node* control : scope->inputs) graph_.add_control_input(pending.node.get(), control);
  }
}

// A colocated node keeps the device that its file gives it: what is imported can be exported again unchanged.
void GraphImporter::place(int position) {
  Node& node = *pending_[position].node;
  if (options_.clear_devices) node.asked_device.clear();
  const std::string& around = GraphAccess::extra(graph_).device;
  if (!around.empty() && !node.has_attr("_class")) node.asked_device = merge_devices(around, node.device());
}

// What the file knows about shapes is kept beside the node, not in it: they are inferred again and written anew.
void GraphImporter::take_output_shapes(int position) {
  const Pending& pending = pending_[position];
  if (!pending.has_shapes) return;
  Node& node = *pending.node;
  if (!pending.op) node.output_types.resize(node.output_shapes.size(), DType::Invalid);
  const auto shapes = static_cast<int>(node.output_shapes.size());
  if (shapes < node.num_outputs()) {
    fail(position, "Node '{}' has an _output_shapes attribute with {} shapes for {} outputs", node.name, shapes,
         node.num_outputs());
  }
  node.output_shapes.resize(static_cast<std::size_t>(node.num_outputs()));
}

}  // namespace tenon
