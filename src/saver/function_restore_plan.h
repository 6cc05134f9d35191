// How TensorFlow 2 restores: by a call of a function that reads a checkpoint and assigns to the variables it is given.
// The function does not run here, but what it does can be read from it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "saver/saver_plan.h"

namespace tenon {

// The plan of the function that `restore_op`, a node of the file, calls. `node` finds the graph's node for one of the
// file's. Nothing if the function has another form.
std::optional<RestorePlan> read_function_restore_plan(const proto::GraphDef& file, const std::string& restore_op,
                                                      const std::function<Node*(const std::string&)>& node);

}  // namespace tenon
