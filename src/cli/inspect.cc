#include "cli/inspect.h"

#include <fmt/format.h>

#include <limits>

#include "base/nearest_names.h"
#include "cli/name_pattern.h"
#include "tenon/checkpoint.h"

namespace tenon {
namespace {

std::string title(const Checkpoint& checkpoint, const std::string& name) {
  const Shape shape = checkpoint.shape(name);
  return fmt::format("tensor: {} ({}) [{}]\n", name, dtype_name(checkpoint.dtype(name)), fmt::join(shape, ", "));
}

std::string values(const Tensor& tensor) {
  const std::string text = tensor.to_string(std::numeric_limits<int>::max());
  const std::string head = fmt::format("{} {} ", dtype_name(tensor.dtype()), tensor.shape().to_string());
  return text.substr(text.starts_with(head) ? head.size() : 0) + "\n";
}

std::string counts(const Checkpoint& checkpoint, const std::string& excluded) {
  const auto pattern = name_pattern(excluded);
  std::uint64_t counted = 0, left_out = 0, tensors_left_out = 0;
  for (const std::string& name : checkpoint.keys()) {
    const auto elements = static_cast<std::uint64_t>(checkpoint.shape(name).elements());
    const bool out = pattern && found_in_name(name, *pattern);
    (out ? left_out : counted) += elements;
    tensors_left_out += out;
  }
  std::string text;
  if (pattern) {
    text = fmt::format("# Excluding {} tensors ({} params) that match {} when counting.\n", tensors_left_out, left_out,
                       excluded);
  }
  return text + fmt::format("# Total number of params: {}\n", counted);
}

}  // namespace

std::string inspect_checkpoint(const std::string& name, const InspectOptions& options) {
  const Checkpoint checkpoint(name);
  const std::string count = counts(checkpoint, options.count_exclude_pattern);
  std::string text;
  if (options.all_tensors || options.all_tensor_names) {
    for (const std::string& key : checkpoint.keys()) {
      text += title(checkpoint, key);
      if (options.all_tensors) text += values(checkpoint.read(key));
    }
  } else if (options.tensor_name.empty()) {
    text = checkpoint.debug_string() + "\n";
  } else if (checkpoint.has(options.tensor_name)) {
    text = title(checkpoint, options.tensor_name) + values(checkpoint.read(options.tensor_name));
  } else {
    throw Error(Code::NotFound, fmt::format("Tensor {} not found in checkpoint{}", options.tensor_name,
                                            nearest_phrase(options.tensor_name, checkpoint.keys())));
  }
  return text + count;
}

}  // namespace tenon
