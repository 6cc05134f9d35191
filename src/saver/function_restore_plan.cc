#include "saver/function_restore_plan.h"

#include <string_view>
#include <unordered_map>

#include "formats/tensor_proto/tensor_proto.h"
#include "graph.pb.h"
#include "tenon/error.h"

namespace tenon {
namespace {

constexpr std::int64_t kMostFilled = 1 << 20;  // bytes of a constant that repeats one value
constexpr int kMostSteps = 8;

const proto::FunctionDef* called_function(const proto::GraphDef& file, const proto::NodeDef& call) {
  const auto f = call.attr().find("f");
  if (f == call.attr().end()) return nullptr;
  for (const proto::FunctionDef& function : file.library().function()) {
    if (function.signature().name() == f->second.func().name()) return &function;
  }
  return nullptr;
}

// "RestoreV2:tensors:3" within a function: node, output, number.
struct FunctionEdge {
  std::string node;
  int index = 0;
};
FunctionEdge parse_edge(const std::string& input) {
  const std::size_t first = input.find(':'), last = input.rfind(':');
  if (first == std::string::npos) return {input, 0};
  const std::string number = input.substr(last + 1);
  const bool digits =
      !number.empty() && number.size() < 9 && number.find_first_not_of("0123456789") == std::string::npos;
  return {input.substr(0, first), digits ? std::stoi(number) : -1};
}

class FunctionBody {
 public:
  FunctionBody(const proto::FunctionDef& function, const proto::NodeDef& call) : function_(function) {
    for (const proto::NodeDef& node : function.node_def()) nodes_.emplace(node.name(), &node);
    for (int i = 0; i < function.signature().input_arg_size() && i < call.input_size(); ++i) {
      arguments_.emplace(function.signature().input_arg(i).name(), call.input(i));
    }
  }

  // Calls visit(variable of the file, key, slice) for each assignment; false if there is one of another form.
  template <typename Visit>
  bool for_each_assignment(Visit visit) const {
    for (const proto::NodeDef& node : function_.node_def()) {
      if (node.op() != "AssignVariableOp") continue;
      if (node.input_size() < 2) return false;
      const auto variable = arguments_.find(node.input(0));
      const auto restored = value_behind(node.input(1));
      if (variable == arguments_.end() || !restored) return false;
      const auto key = constant(*restored->first, 1, restored->second),
                 slice = constant(*restored->first, 2, restored->second);
      if (!key || !slice) return false;
      visit(variable->second, *key, *slice);
    }
    return true;
  }

 private:
  const proto::NodeDef* find(const std::string& name) const {
    const auto found = nodes_.find(name);
    return found == nodes_.end() ? nullptr : found->second;
  }

  // The RestoreV2 and the number of its output whose unchanged value this is.
  std::optional<std::pair<const proto::NodeDef*, int>> value_behind(const std::string& input) const {
    FunctionEdge edge = parse_edge(input);
    for (int steps = 0; steps < kMostSteps; ++steps) {
      const proto::NodeDef* node = find(edge.node);
      if (node == nullptr || node->input_size() == 0) return std::nullopt;
      if (node->op() == "RestoreV2") return std::pair(node, edge.index);
      if (node->op() != "Identity") return std::nullopt;
      edge = parse_edge(node->input(0));
    }
    return std::nullopt;
  }

  // Element `index` of the constant list of strings that is an input of the node.
  std::optional<std::string> constant(const proto::NodeDef& node, int input, int index) const {
    if (node.input_size() <= input) return std::nullopt;
    const proto::NodeDef* list = find(parse_edge(node.input(input)).node);
    if (list == nullptr || list->op() != "Const" || !list->attr().contains("value")) return std::nullopt;
    const Tensor value = tensor_from_proto(list->attr().at("value").tensor(), list->name(), kMostFilled);
    if (value.dtype() != DType::String || index < 0 || index >= value.elements()) return std::nullopt;
    return value.at<std::string>(index);
  }

  const proto::FunctionDef& function_;
  std::unordered_map<std::string, const proto::NodeDef*> nodes_;
  std::unordered_map<std::string, std::string> arguments_;  // to the inputs of the call
};

}  // namespace

std::optional<RestorePlan> read_function_restore_plan(const proto::GraphDef& file, const std::string& restore_op,
                                                      const std::function<Node*(const std::string&)>& node) {
  for (const proto::NodeDef& call : file.node()) {
    if (call.name() != restore_op) continue;
    const proto::FunctionDef* function = called_function(file, call);
    if (function == nullptr) return std::nullopt;
    RestorePlan plan;
    bool variables = true;
    const bool known =
        FunctionBody(*function, call)
            .for_each_assignment([&](const std::string& variable, const std::string& key, const std::string& slice) {
              RestorePiece piece;
              piece.key = key;
              piece.slice = slice;
              piece.variable = node(variable.substr(0, variable.find(':')));
              variables = variables && piece.variable != nullptr && piece.variable->type == "VarHandleOp";
              if (variables) piece.dtype = piece.variable->attr<DType>("dtype");
              plan.pieces.push_back(std::move(piece));
            });
    return known && variables ? std::optional(std::move(plan)) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace tenon
