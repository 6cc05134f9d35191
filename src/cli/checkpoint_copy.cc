#include "cli/checkpoint_copy.h"

#include <fmt/format.h>

#include "base/files.h"
#include "formats/bundle/bundle_writer.h"
#include "formats/v1/v1_writer.h"
#include "tenon/error.h"

namespace tenon {
namespace {

constexpr std::size_t kListed = 20;

// The pieces in which a tensor is to be written; one for a whole tensor.
std::vector<ShapeAndSlice> pieces_of(const CheckpointEntry& entry) {
  std::vector<ShapeAndSlice> pieces;
  for (const TensorSlice& slice : entry.slices) pieces.push_back({entry.shape, slice});
  if (pieces.empty()) pieces.push_back({entry.shape, TensorSlice::whole(entry.shape.rank())});
  return pieces;
}

std::uint64_t bytes_of(const CheckpointReader& reader, const std::vector<TensorCopy>& tensors) {
  std::uint64_t total = 0;
  for (const TensorCopy& tensor : tensors) total += reader.stored_bytes(tensor.name);
  return total;
}

void check_v1_holds(const CheckpointReader& reader, const std::vector<TensorCopy>& tensors) {
  std::vector<std::string> refused;
  for (const TensorCopy& tensor : tensors) {
    const DType type = reader.entry(tensor.name).dtype;
    if (!v1_holds(type)) refused.push_back(fmt::format("{} ({})", tensor.name, dtype_name(type)));
  }
  if (refused.empty()) return;
  const std::size_t count = refused.size();
  if (count > kListed) refused.resize(kListed);
  throw Error(Code::InvalidArgument,
              fmt::format("a V1 checkpoint cannot hold {} of the tensors because of their types:\n  {}{}", count,
                          fmt::join(refused, "\n  "), count > kListed ? "\n  ..." : ""));
}

// A data file is full when it has its share of the bytes.
void write_v2(const CheckpointReader& reader, const std::vector<TensorCopy>& tensors, const std::string& prefix,
              int shards, Progress& progress) {
  BundleWriter writer(prefix, {.num_shards = shards});
  const std::uint64_t total = bytes_of(reader, tensors);
  std::uint64_t written = 0;
  int shard = 1;
  for (const TensorCopy& tensor : tensors) {
    for (; shard < shards && written >= total / static_cast<std::uint64_t>(shards) * static_cast<std::uint64_t>(shard);
         ++shard) {
      writer.next_shard();
    }
    for (const ShapeAndSlice& piece : pieces_of(reader.entry(tensor.name))) {
      writer.add_slice(tensor.new_name, piece, reader.read(tensor.name, piece));
    }
    written += reader.stored_bytes(tensor.name);
    progress.add(reader.stored_bytes(tensor.name));
  }
  for (; shard < shards; ++shard) writer.next_shard();
  writer.finish();
}

void write_v1(const CheckpointReader& reader, const std::vector<TensorCopy>& tensors, const std::string& path,
              Progress& progress) {
  check_v1_holds(reader, tensors);
  if (file_exists(path + ".index")) {
    throw Error(Code::FailedPrecondition,
                fmt::format("{} would be hidden by the V2 checkpoint of the same name; choose "
                            "another name, or remove {}.index first",
                            path, path));
  }
  V1Writer writer(path);
  for (const TensorCopy& tensor : tensors) {
    const CheckpointEntry entry = reader.entry(tensor.name);
    for (const ShapeAndSlice& piece : pieces_of(entry)) {
      writer.add_later(tensor.new_name, entry.dtype, piece, [&reader, &progress, name = tensor.name, piece] {
        Tensor values = reader.read(name, piece);
        progress.add(values.bytes());
        return values;
      });
    }
  }
  writer.finish();
}

}  // namespace

std::unique_ptr<CheckpointReader> open_source(const ModelPath& model) {
  const std::string source = checkpoint_of(model);
  if (source.empty()) throw Error(Code::InvalidArgument, fmt::format("{} is a graph without a checkpoint", model.path));
  return CheckpointReader::open_with_data(locate_checkpoint(source));
}

std::vector<TensorCopy> all_tensors(const CheckpointReader& reader) {
  std::vector<TensorCopy> tensors;
  for (const std::string& name : reader.keys()) tensors.push_back({name, name});
  return tensors;
}

std::string copy_checkpoint(const CheckpointReader& reader, const std::vector<TensorCopy>& tensors,
                            const std::string& prefix, const CopyOptions& options) {
  const bool v2 = options.to == CheckpointFormat::V2;
  if (!v2 && options.shards != 1) throw Error(Code::InvalidArgument, "only V2 checkpoints are written in shards");
  const std::uint64_t total = bytes_of(reader, tensors);
  {
    Progress progress(options.doing, total);
    if (v2) write_v2(reader, tensors, prefix, options.shards, progress);
    else write_v1(reader, tensors, prefix, progress);
  }
  return fmt::format("{}: {} checkpoint, {} tensor{}, {} bytes{}\n", prefix, v2 ? "V2" : "V1", tensors.size(),
                     tensors.size() == 1 ? "" : "s", total,
                     options.shards == 1 ? "" : fmt::format(", {} data files", options.shards));
}

}  // namespace tenon
