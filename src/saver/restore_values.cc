#include <fmt/format.h>

#include "kernels/io/wanted_tensor.h"
#include "kernels/state/variable_key.h"
#include "runtime/session_impl.h"
#include "saver/values.h"
#include "tenon/error.h"

namespace tenon {
namespace {

PartialShape declared_shape(const RestorePiece& piece) {
  return piece.variable->attr_or<PartialShape>("shape", PartialShape::unknown());
}

// What is wrong with giving a variable the stored value.
std::optional<Misfit> check_variable(const CheckpointReader& source, const RestorePiece& piece,
                                     const WantedTensor& wanted) {
  if (auto misfit = check_wanted(source, wanted)) return misfit;
  if (!piece.variable || !piece.check_shape) return std::nullopt;
  const Shape stored = restored_shape(source, wanted);
  const PartialShape declared = declared_shape(piece);
  if (piece.reshape) {
    if (!declared.fully_defined() || declared.elements() == stored.elements()) return std::nullopt;
    return Misfit{false, fmt::format("Input to reshape is a tensor with {} values, but the requested shape has {}: "
                                     "variable {}, stored {} as {}",
                                     stored.elements(), declared.elements(), piece.variable->name, wanted.key,
                                     stored.to_string())};
  }
  if (declared.compatible_with(stored)) return std::nullopt;
  return Misfit{false, fmt::format("Assign requires shapes of both tensors to match. lhs shape= {} rhs shape= {}: "
                                   "variable {}, stored as {}",
                                   declared.to_string(), stored.to_string(), piece.variable->name, wanted.key)};
}

std::vector<WantedTensor> wanted_by(const RestorePlan& plan) {
  std::vector<WantedTensor> wanted;
  for (const RestorePiece& piece : plan.pieces) wanted.push_back({piece.key, piece.slice, piece.dtype});
  return wanted;
}

void check_all(const CheckpointReader& source, const RestorePlan& plan, const std::vector<WantedTensor>& wanted) {
  std::vector<Misfit> misfits;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (auto misfit = check_variable(source, plan.pieces[i], wanted[i])) misfits.push_back(std::move(*misfit));
  }
  throw_misfits(source, misfits, wanted.size());
}

std::shared_ptr<VariableState> state_of(SessionState& state, const RestorePiece& piece) {
  const Node& node = *piece.variable;
  return state.variable(variable_key(node), node.attr<DType>("dtype"), declared_shape(piece), node.type == "VarHandleOp");
}

}  // namespace

void restore_variables(Session& session, const RestorePlan& plan, const std::string& prefix) {
  const auto source = open_checkpoint(prefix);
  const std::vector<WantedTensor> wanted = wanted_by(plan);
  check_all(*source, plan, wanted);
  std::vector<Tensor> values = restore_values(*source, wanted);

  SessionState& state = session.impl().state();
  std::vector<std::shared_ptr<VariableState>> variables(values.size());
  Feeds feeds;
  Targets targets;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const RestorePiece& piece = plan.pieces[i];
    if (piece.variable) {
      variables[i] = state_of(state, piece);
      const PartialShape declared = declared_shape(piece);
      if (piece.reshape && declared.fully_defined()) values[i] = values[i].reshaped(declared.to_shape());
    } else {
      feeds.emplace_back(to_output(piece.restored), values[i]);
      if (targets.empty() || targets.back().node() != piece.consumer) targets.push_back(to_operation(piece.consumer));
    }
  }
  // Tables and the like first: they may still fail.
  if (!targets.empty()) session.run(std::vector<Output>{}, feeds, targets);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (variables[i]) variables[i]->assign(std::move(values[i]));
  }
}

}  // namespace tenon
