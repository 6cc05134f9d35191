// tenon inspect: what TensorFlow's inspect_checkpoint prints, for either format.
#pragma once

#include <string>

namespace tenon {

struct InspectOptions {
  std::string tensor_name;            // print this tensor
  bool all_tensors = false;           // print all of them
  bool all_tensor_names = false;      // their names, types and shapes only
  std::string count_exclude_pattern;  // a regular expression: what it finds is not counted
};

// A line "tensor: NAME (TYPE) SHAPE" for each, with the values below it; without options, the reader's debug string.
// The last line counts the parameters. Throws NotFound if there is no such checkpoint or tensor, InvalidArgument for a
// pattern that is none.
std::string inspect_checkpoint(const std::string& checkpoint, const InspectOptions& options);

}  // namespace tenon
