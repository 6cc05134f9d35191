// Shapes of variables, their updates, saving and restoring, tables, random generators' state.
#include "ops/shape_inference.h"

namespace tenon {
namespace {

// TensorFlow takes a variable declared with an empty shape for one of unknown shape only where "VariableV2" has no
// shape attribute at all.
void variable_shape(ShapeContext& c) { c.set(0, c.attr<PartialShape>("shape", PartialShape::unknown())); }

void assign_shape(ShapeContext& c) {
  if (!c.attr<bool>("validate_shape", true)) return c.set(0, c.input(1));
  c.set(0, c.merge(c.input(0), c.input(1)));
}

// The variable is input 0; what else comes is checked by the kernels.
void updated_variable_shape(ShapeContext& c) { c.set(0, c.input(0)); }

// The declared shape of the variable behind a resource handle, through what passes handles on.
PartialShape handle_shape(const Edge& edge) {
  const Node* node = edge.node;
  int index = edge.index;
  for (int steps = 0; steps < 64; ++steps) {
    if (node->type == "VarHandleOp") return node->attr_or<PartialShape>("shape", PartialShape::unknown());
    if (node->inputs.empty()) break;
    const bool passes = node->type == "Identity" || node->type == "Enter" || node->type == "Switch";
    if (!passes && node->type != "IdentityN") break;
    const Edge& next = node->inputs[node->type == "IdentityN" ? index : 0];
    index = next.index;
    node = next.node;
  }
  return PartialShape::unknown();
}

void read_variable_shape(ShapeContext& c) { c.set(0, handle_shape(c.node().inputs[0])); }

void variable_shape_shape(ShapeContext& c) {
  const PartialShape shape = handle_shape(c.node().inputs[0]);
  c.set(0, PartialShape{shape.known_rank() ? shape.rank() : -1});
}

void resource_gather_shape(ShapeContext& c) {
  const PartialShape params = handle_shape(c.node().inputs[0]);
  if (!params.known_rank() || params.rank() == 0 || !c.input(1).known_rank()) return;
  const int batch = static_cast<int>(c.attr<std::int64_t>("batch_dims", 0));
  if (batch < 0 || batch > c.input(1).rank() || batch >= params.rank()) return;
  c.set(0, concatenated(concatenated(sub_shape(params, 0, batch), sub_shape(c.input(1), batch, c.input(1).rank())),
                        sub_shape(params, batch + 1, params.rank())));
}

void lookup_find_shape(ShapeContext& c) { c.set(0, c.input(1)); }

void recorded_shape(ShapeContext& c) { c.set(0, c.attr<PartialShape>("shape", PartialShape::unknown())); }

constexpr ShapeRow kRows[] = {
    {"ApplyAdadelta", updated_variable_shape},
    {"ApplyAdagrad", updated_variable_shape},
    {"ApplyAdagradDA", updated_variable_shape},
    {"ApplyAdam", updated_variable_shape},
    {"ApplyCenteredRMSProp", updated_variable_shape},
    {"ApplyFtrl", updated_variable_shape},
    {"ApplyGradientDescent", updated_variable_shape},
    {"ApplyMomentum", updated_variable_shape},
    {"ApplyProximalAdagrad", updated_variable_shape},
    {"ApplyProximalGradientDescent", updated_variable_shape},
    {"ApplyRMSProp", updated_variable_shape},
    {"Assign", assign_shape},
    {"AssignAdd", merged_shape},
    {"AssignSub", merged_shape},
    {"CountUpTo", scalar_shape},
    {"HashTableV2", scalar_shape},
    {"ImmutableConst", recorded_shape},
    {"IsVariableInitialized", scalar_shape},
    {"LookupTableFindV2", lookup_find_shape},
    {"LookupTableSizeV2", scalar_shape},
    {"MergeV2Checkpoints", no_outputs},
    {"ReadVariableOp", read_variable_shape},
    {"ResourceGather", resource_gather_shape},
    {"ScatterAdd", updated_variable_shape},
    {"ScatterDiv", updated_variable_shape},
    {"ScatterMax", updated_variable_shape},
    {"ScatterMin", updated_variable_shape},
    {"ScatterMul", updated_variable_shape},
    {"ScatterNdAdd", updated_variable_shape},
    {"ScatterNdSub", updated_variable_shape},
    {"ScatterNdUpdate", updated_variable_shape},
    {"ScatterSub", updated_variable_shape},
    {"ScatterUpdate", updated_variable_shape},
    {"ShardedFilename", scalar_shape},
    {"SparseApplyAdadelta", updated_variable_shape},
    {"SparseApplyAdagrad", updated_variable_shape},
    {"SparseApplyAdagradDA", updated_variable_shape},
    {"SparseApplyCenteredRMSProp", updated_variable_shape},
    {"SparseApplyFtrl", updated_variable_shape},
    {"SparseApplyMomentum", updated_variable_shape},
    {"SparseApplyProximalAdagrad", updated_variable_shape},
    {"SparseApplyProximalGradientDescent", updated_variable_shape},
    {"SparseApplyRMSProp", updated_variable_shape},
    {"TemporaryVariable", recorded_shape},
    {"VarHandleOp", scalar_shape},
    {"VarIsInitializedOp", scalar_shape},
    {"Variable", variable_shape},
    {"VariableShape", variable_shape_shape},
    {"VariableV2", variable_shape},
};

}  // namespace

std::span<const ShapeRow> state_shapes() { return kRows; }

}  // namespace tenon
