#include "cli/ls.h"
#include "formats/checkpoint/checkpoint_reader.h"

namespace tenon {

nlohmann::ordered_json list_checkpoint(const ModelPath& model) {
  using nlohmann::ordered_json;
  const auto reader = CheckpointReader::open(model.path);
  ordered_json tensors = ordered_json::array();
  std::uint64_t bytes = 0;
  for (const std::string& name : reader->keys()) {
    const CheckpointEntry entry = reader->entry(name);
    ordered_json tensor{{"name", name}, {"dtype", dtype_name(entry.dtype)}};
    tensor["shape"] = std::vector<std::int64_t>(entry.shape.begin(), entry.shape.end());
    tensor["bytes"] = reader->stored_bytes(name);
    if (!entry.slices.empty()) tensor["slices"] = entry.slices.size();
    bytes += reader->stored_bytes(name);
    tensors.push_back(std::move(tensor));
  }
  return {{"kind", "checkpoint"},
          {"format", reader->format() == CheckpointFormat::V2 ? "V2" : "V1"},
          {"path", model.path},
          {"shards", reader->num_shards()},
          {"tensors", std::move(tensors)},
          {"bytes", bytes}};
}

}  // namespace tenon
