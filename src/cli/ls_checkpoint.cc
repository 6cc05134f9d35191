#include <fmt/format.h>

#include "base/files.h"
#include "checkpoint.pb.h"
#include "cli/ls.h"
#include "formats/bundle/bundle_reader.h"
#include "formats/table/table_reader.h"
#include "tenon/error.h"

namespace tenon {
namespace {

using nlohmann::ordered_json;

void add_tensor(ordered_json& listing, const std::string& name, DType dtype, const Dims& shape, std::uint64_t bytes) {
  ordered_json tensor{{"name", name}, {"dtype", dtype_name(dtype)}};
  tensor["shape"] = std::vector<std::int64_t>(shape.begin(), shape.end());
  tensor["bytes"] = bytes;
  listing["tensors"].push_back(std::move(tensor));
  listing["bytes"] = listing["bytes"].get<std::uint64_t>() + bytes;
}

std::uint64_t bytes_of(const BundleEntry& entry) {
  // The pieces of a partitioned tensor have the bytes.
  return entry.slices.empty() ? entry.size : static_cast<std::uint64_t>(entry.shape.elements()) * dtype_size(entry.dtype);
}

void list_bundle(const std::string& prefix, ordered_json& listing) {
  const BundleReader reader(prefix);
  listing["shards"] = reader.header().num_shards;
  for (const std::string& name : reader.keys()) {
    const BundleEntry entry = reader.entry(name);
    add_tensor(listing, name, entry.dtype, entry.shape, bytes_of(entry));
    if (!entry.slices.empty()) listing["tensors"].back()["slices"] = entry.slices.size();
  }
}

// The empty key of a V1 checkpoint holds the list of its tensors.
void list_v1(const std::string& file, ordered_json& listing) {
  const Table table(read_file(file), file);
  const TableEntry* entry = table.find("");
  proto::SavedTensorSlices slices;
  if (!entry || !slices.ParseFromArray(entry->value.data(), static_cast<int>(entry->value.size()))) {
    throw Error(Code::DataLoss, fmt::format("{}: the list of tensors, under the empty key, is missing or damaged", file));
  }
  for (const proto::SavedSliceMeta& tensor : slices.meta().tensor()) {
    std::vector<std::int64_t> dims;
    for (const auto& dim : tensor.shape().dim()) dims.push_back(dim.size());
    const Shape shape = Shape::make(dims);
    const auto dtype = static_cast<DType>(tensor.type());
    add_tensor(listing, tensor.name(), dtype, shape,
               static_cast<std::uint64_t>(shape.elements()) * dtype_size(dtype));
  }
}

std::string v1_file(const std::string& prefix) {
  if (file_exists(prefix) && !is_directory(prefix)) return prefix;
  for (int shards = 1; shards < 100000; ++shards) {
    const std::string shard = fmt::format("{}-00000-of-{:05}", prefix, shards);
    if (file_exists(shard)) return shard;
  }
  throw Error(Code::NotFound, fmt::format("the first shard of \"{}\" is missing", prefix));
}

}  // namespace

nlohmann::ordered_json list_checkpoint(const ModelPath& model) {
  ordered_json listing{{"kind", "checkpoint"},
                       {"format", model.kind == ModelKind::Bundle ? "V2" : "V1"},
                       {"path", model.path},
                       {"tensors", ordered_json::array()},
                       {"bytes", std::uint64_t{0}}};
  if (model.kind == ModelKind::Bundle) list_bundle(model.path, listing);
  else list_v1(v1_file(model.path), listing);
  return listing;
}

}  // namespace tenon
