// Which variables have a value, and where their first values come from.
//
//   saver.restore(session, "pretrained.ckpt");         // some variables
//   tenon::init_uninitialized(session);                // the others; what was restored stays
//
//   // Or let the initializers themselves read from a checkpoint, as tf.train.init_from_checkpoint:
//   tenon::init_from_checkpoint(graph, "pretrained.ckpt", {{"encoder/", "model/encoder/"}, {"w", w}});
//   session.run(graph.global_variables_initializer());
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tenon/graph.h"
#include "tenon/ops.h"
#include "tenon/partitioned_variable.h"
#include "tenon/session.h"

namespace tenon {

// True when run after the variable got a value.
Output is_variable_initialized(const Variable& variable, std::string_view name = {});
// When run, the names of those without a value: of the global and local variables, or of these. For a Session at hand,
// Session::uninitialized_variables() tells the same without nodes.
Output report_uninitialized_variables(GraphImpl& graph, std::string_view name = "report_uninitialized_variables");
Output report_uninitialized_variables(GraphImpl& graph, const std::vector<Variable>& variables,
                                      std::string_view name = "report_uninitialized_variables");

// Runs the initializers of the global and local variables that have no value, those first whose values others start
// from, and returns the variables' names. Throws FailedPrecondition, naming them, for variables without an initializer;
// nothing was run then.
std::vector<std::string> init_uninitialized(Session& session);

// What a tensor or a scope of a checkpoint is for: a variable, the pieces of one, the name of a variable, or a scope
// with "/" at its end.
class AssignmentTarget {
 public:
  AssignmentTarget(const Variable& variable) : value_(std::vector<Variable>{variable}) {}
  AssignmentTarget(const PartitionedVariable& variable) : value_(variable.pieces()) {}
  AssignmentTarget(std::vector<Variable> pieces) : value_(std::move(pieces)) {}
  AssignmentTarget(std::string name) : value_(std::move(name)) {}
  AssignmentTarget(const char* name) : value_(std::string(name)) {}

  const std::variant<std::vector<Variable>, std::string>& value() const { return value_; }

 private:
  std::variant<std::vector<Variable>, std::string> value_;
};
// {name or scope in the checkpoint, what it is for}. A name may occur several times.
using AssignmentMap = std::vector<std::pair<std::string, AssignmentTarget>>;

// Lets the initializers of variables read from a checkpoint; global_variables_initializer() and what else takes the
// graph's collections see the new ones, copies of a Variable made before do not. Names and scopes are those of
// get_variable; in an imported graph those of all global variables. "/" is the root scope, {"old/", "new/"} maps what
// is inside, also if that is nothing.
// Throws NotFound if the checkpoint, a tensor or a variable is not there, InvalidArgument if a shape or a type differs,
// or only one side is a scope. The graph is unchanged then.
void init_from_checkpoint(GraphImpl& graph, const std::string& path, const AssignmentMap& assignment_map);

}  // namespace tenon
