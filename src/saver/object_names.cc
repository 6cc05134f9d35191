#include "saver/object_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/nearest_names.h"
#include "formats/object_graph/object_graph_file.h"
#include "tenon/error.h"

namespace tenon {
namespace {

constexpr std::size_t kListed = 100;

std::string listed(const std::vector<std::string>& names) {
  if (names.size() <= kListed) return fmt::format("{}", fmt::join(names, ", "));
  return fmt::format("{}, and {} more", fmt::join(names.begin(), names.begin() + kListed, ", "),
                     names.size() - kListed);
}

std::string suggestions(const std::set<std::string>& missing, const std::vector<std::string>& extra) {
  std::string text;
  for (const std::string& name : missing) {
    const std::string phrase = nearest_phrase(name, extra);
    if (!phrase.empty()) text += fmt::format("\n  {}{}", name, phrase);
  }
  return text;
}

[[noreturn]] void throw_missing(const CheckpointReader& source, const ObjectGraph& objects,
                                const std::set<std::string>& missing, const std::set<std::string>& matching) {
  std::vector<std::string> extra;
  for (const auto& [name, keys] : objects.full_names()) {
    if (!name.empty() && !matching.contains(name)) extra.push_back(name);
  }
  throw Error(
      Code::NotFound,
      fmt::format("Restoring from checkpoint failed: {} is an object-based checkpoint (saved using "
                  "tf.train.Checkpoint or tf.keras.Model.save_weights), and not all variable names are in it. "
                  "Nothing was restored.\nExisting variables not in the checkpoint: {}\nVariables names when this "
                  "checkpoint was written which don't exist now: {}\n({} variable name(s) did match){}",
                  source.prefix(), listed({missing.begin(), missing.end()}), listed(extra), matching.size(),
                  suggestions(missing, extra)));
}

// Keras 3 writes its variables twice: if all have the same value, any of them will do, and TensorFlow takes the last.
const std::string& only_key(const CheckpointReader& source, const std::string& name,
                            const std::vector<std::string>& keys) {
  if (keys.size() == 1) return keys.front();
  const Tensor value = source.read(keys.back());
  for (const std::string& key : keys) {
    if (source.read(key).equals(value)) continue;
    throw Error(
        Code::InvalidArgument,
        fmt::format("{}: {} variables of this object-based checkpoint have the name {}, and not the same value; "
                    "restore it by one of their keys: {}",
                    source.prefix(), keys.size(), name, fmt::join(keys, ", ")));
  }
  return keys.back();
}

}  // namespace

std::vector<WantedTensor> by_object_names(const CheckpointReader& source, std::vector<WantedTensor> wanted, bool some) {
  if (std::all_of(wanted.begin(), wanted.end(), [&](const auto& tensor) { return source.has(tensor.key); }))
    return wanted;
  const auto objects = read_object_graph(source);
  if (!objects) return wanted;
  std::set<std::string> missing, matching;
  for (WantedTensor& tensor : wanted) {
    const auto found = objects->full_names().find(tensor.key);
    if (found == objects->full_names().end()) {
      missing.insert(tensor.key);
      continue;
    }
    matching.insert(tensor.key);
    tensor.key = only_key(source, tensor.key, found->second);
  }
  if (!missing.empty() && !some) throw_missing(source, *objects, missing, matching);
  return wanted;
}

}  // namespace tenon
