// Making the nodes of an import: names, attributes, types, places.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

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

// A file may claim any number of outputs per node; this many in all are more than any model has.
constexpr std::size_t kMaxOutputs = std::size_t{1} << 24;

}  // namespace

// The importer's own rule: with case, numbered from 1 for each clash, clear of names that are still to come.
void GraphImporter::choose_names() {
  std::unordered_set<std::string> taken, coming;
  for (const auto& node : graph_.nodes()) {
    taken.insert(node->name);
    for (std::size_t slash = node->name.find('/'); slash != std::string::npos; slash = node->name.find('/', slash + 1)) {
      taken.insert(node->name.substr(0, slash));
    }
  }
  for (const auto& node : file_.node()) coming.insert(scope_ + node.name());
  new_names_.resize(file_.node_size());
  for (int position = 0; position < file_.node_size(); ++position) {
    const std::string wanted = scope_ + file_.node(position).name();
    std::string name = wanted;
    for (int i = 1; taken.contains(name) || (i > 1 && coming.contains(name)); ++i) name = fmt::format("{}_{}", wanted, i);
    taken.insert(name);
    new_names_[position] = std::move(name);
  }
}

void GraphImporter::make_nodes() {
  for (int position = 0; position < file_.node_size(); ++position) make_node(position);
  std::size_t outputs = 0;
  for (int position = 0; position < file_.node_size(); ++position) {
    set_types(position);
    take_output_shapes(position);
    outputs += pending_[position].made->output_types.size();
    if (outputs > kMaxOutputs) fail(position, "the nodes up to here claim {} outputs", outputs);
  }
  for (int position = 0; position < file_.node_size(); ++position) check_types(position);
  for (int position = 0; position < file_.node_size(); ++position) place(position);
}

void GraphImporter::make_node(int position) {
  Pending& pending = pending_[position];
  pending.node = std::make_unique<Node>();
  pending.made = pending.node.get();
  Node& node = *pending.made;
  *node.def = file_.node(position);
  node.def->clear_input();
  node.name = new_names_[position];
  node.def->set_name(node.name);
  node.type = file_.node(position).op();
  node.graph = &graph_;
  node.signature = graph_.find_signature(node.type);
}

void GraphImporter::set_types(int position) {
  Pending& pending = pending_[position];
  Node& node = *pending.made;
  const proto::OpDef* signature = node.signature;
  if (!signature) {
    const auto found = file_ops_.find(node.type);
    if (found == file_ops_.end()) return;
    signature = found->second;
  }
  fill_default_attrs(*signature, *node.def);
  check_attrs(*signature, *node.def);
  NodeTypes types = node_types(*signature, *node.def, pending.inputs.size());
  if (types.inputs.size() != pending.inputs.size()) {
    fail(position, "NodeDef expected inputs '{}' do not match {} inputs specified; {}",
         fmt::join([&] {
           std::vector<std::string> names;
           for (const DType type : types.inputs) names.push_back(core_dtype_name(type));
           return names;
         }(), ", "),
         pending.inputs.size(), signature_text(*signature));
  }
  node.input_types = std::move(types.inputs);
  node.output_types = std::move(types.outputs);
}

DType GraphImporter::type_of(const Source& source) const {
  const Node& node = source.node < 0 ? *source.edge.node : *pending_[source.node].made;
  const int index = source.node < 0 ? source.edge.index : source.index;
  return index < node.num_outputs() ? node.output_types[index] : DType::Invalid;
}

void GraphImporter::check_types(int position) {
  Pending& pending = pending_[position];
  Node& node = *pending.made;
  for (std::size_t i = 0; i < pending.inputs.size(); ++i) {
    const Source& source = pending.inputs[i];
    Node& from = source.node < 0 ? *source.edge.node : *pending_[source.node].made;
    const int index = source.node < 0 ? source.edge.index : source.index;
    const bool opaque = !from.signature && !file_ops_.contains(from.type);
    if (!opaque && index >= from.num_outputs()) {
      fail(position, "Connecting to invalid output {} of source node {} which has {} outputs.", index, from.name,
           from.num_outputs());
    }
    const DType given = type_of(source);
    if (node.input_types.size() <= i) node.input_types.push_back(given);  // of an opaque node
    const DType expected = node.input_types[i];
    if (expected != DType::Invalid && given != DType::Invalid && !input_type_fits(given, expected)) {
      fail(position, "Input {} of node {} was passed {} from {}:{} incompatible with expected {}.", i, node.name,
           core_dtype_name(given), from.name, index, core_dtype_name(expected));
    }
    node.inputs.push_back({&from, index});
  }
  for (const Source& source : pending.controls) {
    Node* from = source.node < 0 ? source.edge.node : pending_[source.node].made;
    if (std::find(node.control_inputs.begin(), node.control_inputs.end(), from) == node.control_inputs.end()) {
      node.control_inputs.push_back(from);
    }
  }
  rename_colocation(position);
  add_scope_controls(position);
}

void GraphImporter::rename_colocation(int position) {
  Node& node = *pending_[position].made;
  const auto found = node.def->mutable_attr()->find("_class");
  if (found == node.def->mutable_attr()->end()) return;
  for (std::string& group : *found->second.mutable_list()->mutable_s()) {
    if (!group.starts_with(kColocationPrefix)) continue;
    const std::string target = group.substr(kColocationPrefix.size());
    const auto at = positions_.find(target);
    if (at == positions_.end()) fail(position, "Node '{}' expects to be colocated with unknown node '{}'", node.name, target);
    group = std::string(kColocationPrefix) + new_names_[at->second];
  }
}

// Nodes without inputs from the file wait for the control dependencies around the import; the others inherit them.
void GraphImporter::add_scope_controls(int position) {
  const Pending& pending = pending_[position];
  const auto imported = [&](const Source& source) { return source.node >= 0 && !is_back_edge(position, source); };
  if (std::any_of(pending.inputs.begin(), pending.inputs.end(), imported)) return;
  if (std::any_of(pending.controls.begin(), pending.controls.end(), imported)) return;
  for (const auto& scope : GraphAccess::extra(graph_).control_scopes) {
    for (Node* control : scope->inputs) graph_.add_control_input(pending.made, control);
  }
}

// A colocated node keeps the device that its file gives it: what is imported can be exported again unchanged.
void GraphImporter::place(int position) {
  Node& node = *pending_[position].made;
  if (options_.clear_devices) node.def->clear_device();
  const std::string& around = GraphAccess::extra(graph_).device;
  if (!node.find_attr("_class") && !around.empty()) node.def->set_device(merge_devices(around, node.device()));
}

// What the file knows about shapes is kept beside the node, not in it: they are inferred again and written anew.
void GraphImporter::take_output_shapes(int position) {
  Node& node = *pending_[position].made;
  auto& attrs = *node.def->mutable_attr();
  const auto found = attrs.find("_output_shapes");
  if (found == attrs.end()) return;
  const auto& shapes = found->second.list().shape();
  const bool known = node.signature || file_ops_.contains(node.type);
  if (known && shapes.size() < node.num_outputs()) {
    fail(position, "Node '{}' has an _output_shapes attribute with {} shapes for {} outputs", node.name, shapes.size(),
         node.num_outputs());
  }
  if (!known) node.output_types.resize(shapes.size(), DType::Invalid);
  for (int i = 0; i < node.num_outputs(); ++i) {
    node.output_shapes.push_back(
        partial_shape_from_proto(shapes[i], fmt::format("Node '{}': _output_shapes of output {}", node.name, i)));
  }
  attrs.erase(found);
}

}  // namespace tenon
