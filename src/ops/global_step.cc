#include <fmt/format.h>

#include "graph/export_collections.h"
#include "graph/graph_extra.h"
#include "ops/builder.h"
#include "tenon/initializers.h"
#include "tenon/train.h"

namespace tenon::train {
namespace {

constexpr const char* kName = "global_step";
constexpr int kOnlyFirstReplica = 3;  // tf.VariableAggregation

Variable checked(const Variable& step) {
  const PartialShape shape = step.shape();
  if (is_integer(step.dtype()) && (!shape.known_rank() || shape.rank() == 0)) return step;
  bad_argument("get_global_step", fmt::format("the global step {} must be an integer without dimensions, but is {} {}",
                                              step.name(), dtype_name(step.dtype()), shape.to_string()));
}

}  // namespace

std::optional<Variable> get_global_step(GraphImpl& graph) {
  const std::vector<Variable>& steps = graph.variables(kName);
  if (steps.size() > 1)
    bad_argument("get_global_step", fmt::format("Multiple tensors in global_step collection: {}", steps.size()));
  if (!steps.empty()) return checked(steps[0]);
  for (const Variable& variable : graph.variables("variables")) {
    if (variable.handle.op().name() == kName) return checked(variable);
  }
  return std::nullopt;
}

Variable create_global_step(GraphImpl& graph) {
  if (get_global_step(graph)) bad_argument("create_global_step", "\"global_step\" already exists.");
  const Variable step = get_variable(graph, kName, {}, {.dtype = int64,
                                                        .initializer = zeros_initializer(),
                                                        .trainable = false,
                                                        .collections = {"variables", kName}});
  proto::VariableDef def = variable_to_proto(graph, step);
  def.set_aggregation(kOnlyFirstReplica);
  GraphAccess::extra(graph).variable_defs[step.name()] = def;
  return step;
}

Variable get_or_create_global_step(GraphImpl& graph) {
  const auto step = get_global_step(graph);
  return step ? *step : create_global_step(graph);
}

}  // namespace tenon::train
