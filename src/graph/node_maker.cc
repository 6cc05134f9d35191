// GraphImpl::add: from a NodeSpec to a checked node.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "graph/attr_value.h"
#include "graph/attr_view.h"
#include "graph/graph_extra.h"
#include "graph/names.h"
#include "graph/node_types.h"
#include "tenon/error.h"

namespace tenon {

// The steps of one add(). The graph changes only in the last of them, but for the name.
class NodeMaker {
 public:
  NodeMaker(GraphImpl& graph, NodeSpec spec) : graph_(graph), spec_(std::move(spec)), node_(graph.new_nodes_.make()) {}

  Node* make(InferShapes* infer_shapes) {
    graph_.check_not_finalized();
    if (spec_.name.empty()) spec_.name = spec_.type;
    final_ = spec_.name.back() == '/';
    if (final_) spec_.name.pop_back();
    node_->type = graph_.op_types_.get(spec_.type);
    node_->name = final_ ? spec_.name : graph_.scope_ + spec_.name;  // for messages, until take_name()
    check_name();
    node_->signature = graph_.find_signature(spec_.type);
    if (!node_->signature) {
      throw Error(Code::NotFound,
                  fmt::format("Op type not registered '{}': node '{}' cannot be made; register the op's "
                              "signature first",
                              spec_.type, node_->name));
    }
    set_attrs();
    check_inputs();
    add_control_inputs();
    place();
    take_name();
    if (infer_shapes) infer_shapes(*node_);
    return insert();
  }

 private:
  template <typename... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> text, Args&&... args) const {
    throw Error(Code::InvalidArgument, fmt::format("Node '{}' ({}): {}", node_->name, spec_.type,
                                                   fmt::format(text, std::forward<Args>(args)...)));
  }

  void check_name() const {
    if (!valid_op_name(node_->name)) fail("Node name contains invalid characters");
    if (final_ && graph_.find(node_->name)) fail("Node '{}' is not unique", node_->name);
  }

  void set_attrs() {
    const auto& known = node_->signature->attr();
    for (const auto& [name, value] : spec_.attrs) {
      const bool in_signature =
          std::any_of(known.begin(), known.end(), [&](const auto& def) { return def.name() == name; });
      if (!in_signature && !name.starts_with('_')) {
        fail("Op has no attr named '{}': {}", name, signature_text(*node_->signature));
      }
      set_attr(*node_, name, value);
    }
    for (const Edge& edge : spec_.inputs) input_types_.push_back(type_of(edge));
    infer_attrs(*node_->signature, input_types_, *node_);
  }

  DType type_of(const Edge& edge) const {
    if (!edge.node) fail("an input is not bound to a node");
    if (&edge.node->graph() != &graph_) fail("input {} is of another graph", edge.node->name);
    if (edge.index < 0 || (edge.node->signature && edge.index >= edge.node->num_outputs())) {
      fail("Connecting to invalid output {} of source node {} which has {} outputs", edge.index, edge.node->name,
           edge.node->num_outputs());
    }
    return edge.index < edge.node->num_outputs() ? edge.node->output_types[edge.index] : DType::Invalid;
  }

  void check_inputs() {
    NodeTypes types = graph_.prepared(*node_->signature).check(*node_, spec_.inputs.size());
    if (types.inputs.size() != spec_.inputs.size()) {
      fail("NodeDef expected {} inputs, not {}: {}", types.inputs.size(), spec_.inputs.size(),
           signature_text(*node_->signature));
    }
    for (std::size_t i = 0; i < types.inputs.size(); ++i) {
      // The type of an opaque node's output becomes known by its first use.
      if (input_types_[i] == DType::Invalid || input_type_fits(input_types_[i], types.inputs[i])) continue;
      fail("Input {} of node {} was passed {} from {}:{} incompatible with expected {}", i, node_->name,
           core_dtype_name(input_types_[i]), spec_.inputs[i].node->name, spec_.inputs[i].index,
           core_dtype_name(types.inputs[i]));
    }
    node_->inputs.assign(spec_.inputs);
    node_->input_types = std::move(types.inputs);
    node_->output_types = std::move(types.outputs);
  }

  bool is_input(const Node* node) const {
    return std::any_of(node_->inputs.begin(), node_->inputs.end(), [&](const Edge& edge) { return edge.node == node; });
  }

  void add_control_inputs() {
    std::vector<Node*> controls;
    for (const auto& scope : graph_.extra_->control_scopes) {
      const bool implied = std::any_of(node_->inputs.begin(), node_->inputs.end(),
                                       [&](const Edge& edge) { return scope->seen.contains(edge.node); });
      if (!implied) controls.insert(controls.end(), scope->inputs.begin(), scope->inputs.end());
    }
    for (Node* control : spec_.control_inputs) {
      if (!control || &control->graph() != &graph_) fail("a control input is unbound or of another graph");
      set_attr(*control, "_has_manual_control_dependencies", true);
      controls.push_back(control);
    }
    std::erase_if(controls, [&](const Node* control) { return is_input(control); });
    std::sort(controls.begin(), controls.end(), [](const Node* a, const Node* b) { return a->name < b->name; });
    controls.erase(std::unique(controls.begin(), controls.end()), controls.end());
    node_->control_inputs.assign(controls);
  }

  static void add_groups(const Node& target, std::set<std::string>& groups) {
    bool found = false;
    for_each_bytes(target.attrs.view("_class"), ListKind::String, [&](std::string_view group) {
      if (!group.starts_with(kColocationPrefix)) return;
      groups.emplace(group);
      found = true;
    });
    if (!found) groups.insert(std::string(kColocationPrefix) + target.name);
  }

  void place() {
    std::vector<Node*> targets = graph_.extra_->colocation;
    targets.insert(targets.end(), spec_.colocate_with.begin(), spec_.colocate_with.end());
    if (!spec_.device.empty()) node_->asked_device = spec_.device;
    else if (spec_.colocate_with.empty()) node_->asked_device = graph_.extra_->device;
    if (targets.empty()) return;
    std::set<std::string> groups;
    bool device_set = false;
    for (auto target = targets.rbegin(); target != targets.rend(); ++target) {
      add_groups(**target, groups);
      if (!device_set && !(*target)->device().empty()) {
        node_->asked_device = (*target)->device();
        device_set = true;
      }
    }
    set_attr(*node_, "_class", std::vector<std::string>(groups.begin(), groups.end()));
  }

  // Stays taken if the node fails after all, as in TensorFlow.
  void take_name() {
    if (final_) graph_.use_name(spec_.name);
    node_->name = final_ ? spec_.name : graph_.unique_name(spec_.name);
  }

  Node* insert() {
    for (std::size_t i = 0; i < node_->inputs.size(); ++i) graph_.learn_type(node_->inputs[i], node_->input_types[i]);
    node_->id = static_cast<int>(graph_.nodes_.size());
    for (const auto& scope : graph_.extra_->control_scopes) scope->seen.insert(node_.get());
    graph_.index_name(*node_);
    graph_.nodes_.push_back(std::move(node_));
    graph_.named_ = graph_.nodes_.size();
    return graph_.nodes_.back().get();
  }

  GraphImpl& graph_;
  NodeSpec spec_;
  NodePtr node_;
  std::vector<DType> input_types_;
  bool final_ = false;
};

void GraphImpl::learn_type(const Edge& edge, DType type) {
  auto& types = edge.node->output_types;
  if (edge.node->signature) return;
  if (edge.index >= static_cast<int>(types.size())) types.resize(edge.index + 1, DType::Invalid);
  if (types[edge.index] == DType::Invalid) types[edge.index] = type;
}

Node* GraphImpl::add(NodeSpec spec, InferShapes* infer_shapes) {
  return NodeMaker(*this, std::move(spec)).make(infer_shapes);
}

}  // namespace tenon
