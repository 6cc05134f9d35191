#include "cli/convert.h"

#include <fmt/format.h>

#include <vector>

#include "base/files.h"
#include "cli/progress.h"
#include "formats/bundle/bundle_writer.h"
#include "formats/checkpoint/checkpoint_reader.h"
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

void check_v1_holds(const CheckpointReader& reader) {
  std::vector<std::string> refused;
  for (const std::string& name : reader.keys()) {
    const DType type = reader.entry(name).dtype;
    if (!v1_holds(type)) refused.push_back(fmt::format("{} ({})", name, dtype_name(type)));
  }
  if (refused.empty()) return;
  const std::size_t count = refused.size();
  if (count > kListed) refused.resize(kListed);
  throw Error(Code::InvalidArgument,
              fmt::format("a V1 checkpoint cannot hold {} of the tensors because of their types:\n  {}{}", count,
                          fmt::join(refused, "\n  "), count > kListed ? "\n  ..." : ""));
}

void write_v2(const CheckpointReader& reader, const std::string& prefix, Progress& progress) {
  BundleWriter writer(prefix);
  for (const std::string& name : reader.keys()) {
    for (const ShapeAndSlice& piece : pieces_of(reader.entry(name))) {
      writer.add_slice(name, piece, reader.read(name, piece));
    }
    progress.add(reader.stored_bytes(name));
  }
  writer.finish();
}

void write_v1(const CheckpointReader& reader, const std::string& path, Progress& progress) {
  check_v1_holds(reader);
  if (file_exists(path + ".index")) {
    throw Error(Code::FailedPrecondition, fmt::format("{} would be hidden by the V2 checkpoint of the same name; choose "
                                                      "another name, or remove {}.index first", path, path));
  }
  V1Writer writer(path);
  for (const std::string& name : reader.keys()) {
    const CheckpointEntry entry = reader.entry(name);
    for (const ShapeAndSlice& piece : pieces_of(entry)) {
      writer.add_later(name, entry.dtype, piece, [&reader, &progress, name, piece] {
        Tensor values = reader.read(name, piece);
        progress.add(values.bytes());
        return values;
      });
    }
  }
  writer.finish();
}

}  // namespace

std::string convert_checkpoint(const ModelPath& model, const std::string& prefix, CheckpointFormat to) {
  const std::string source = checkpoint_of(model);
  if (source.empty()) throw Error(Code::InvalidArgument, fmt::format("{} is a graph without a checkpoint", model.path));
  const auto reader = CheckpointReader::open_with_data(locate_checkpoint(source));
  std::uint64_t total = 0;
  for (const std::string& name : reader->keys()) total += reader->stored_bytes(name);
  {
    Progress progress("converting", total);
    if (to == CheckpointFormat::V2) write_v2(*reader, prefix, progress);
    else write_v1(*reader, prefix, progress);
  }
  return fmt::format("{}: {} checkpoint, {} tensor{}, {} bytes\n", prefix, to == CheckpointFormat::V2 ? "V2" : "V1",
                     reader->keys().size(), reader->keys().size() == 1 ? "" : "s", total);
}

}  // namespace tenon
