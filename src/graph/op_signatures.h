// What each op looks like: inputs, outputs and attributes of all ops that TensorFlow registers, from the embedded
// op_defs.pb, and of the ops that a program registers itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tenon::proto {
class OpDef;
}  // namespace tenon::proto

namespace tenon {

// Null if nobody registered the op. The pointer stays valid for the life of the program. Thread-safe.
const proto::OpDef* find_op_def(std::string_view name);

// Makes an op known, so that graphs may hold it with checked inputs and derived attributes. Registering the same
// signature again does nothing. Throws AlreadyExists for another signature under a known name, InvalidArgument for a
// signature without a name.
void register_op_def(const proto::OpDef& op);

// The names of all known ops, sorted.
std::vector<std::string> op_names();

}  // namespace tenon
