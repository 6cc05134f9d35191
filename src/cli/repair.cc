#include "cli/repair.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <vector>

#include "base/files.h"
#include "cli/model_path.h"
#include "cli/progress.h"
#include "formats/bundle/bundle_reader.h"
#include "formats/bundle/bundle_writer.h"
#include "formats/checkpoint/checkpoint_path.h"
#include "formats/table/table_salvage.h"
#include "formats/table/table_writer.h"
#include "formats/v1/v1_reader.h"
#include "tenon/error.h"

namespace tenon {
namespace {

using nlohmann::ordered_json;

class Repair {
 public:
  explicit Repair(const std::string& prefix) : path_(prefix), writer_(prefix) {}

  void from_v2(const std::string& prefix);
  void from_v1(const CheckpointPath& path);
  ordered_json finish();

 private:
  template <typename Reader>
  void copy(const Reader& reader, const std::string& name, const std::set<std::string>& doubtful);
  std::unique_ptr<AtomicFile> sound_part(const std::string& file);
  void problem(const std::string& text) { problems_.push_back(text); }

  std::string path_;
  BundleWriter writer_;
  std::size_t tensors_ = 0;
  std::uint64_t bytes_ = 0;
  ordered_json lost_ = ordered_json::array(), doubtful_ = ordered_json::array(), problems_ = ordered_json::array();
};

// The whole tensor is read before any piece of it is written, so that none is left half.
template <typename Reader>
void Repair::copy(const Reader& reader, const std::string& name, const std::set<std::string>& doubtful) {
  try {
    const auto entry = reader.entry(name);
    const Tensor whole = reader.read(name);
    for (const TensorSlice& slice : entry.slices) {
      const ShapeAndSlice piece{entry.shape, slice};
      writer_.add_slice(name, piece, reader.read(name, piece));
    }
    if (entry.slices.empty()) writer_.add(name, whole);
    ++tensors_;
    bytes_ += whole.bytes();
    if (doubtful.contains(name)) doubtful_.push_back(name);
  } catch (const Error& error) {
    if (error.code() == Code::ResourceExhausted || error.code() == Code::PermissionDenied) throw;
    lost_.push_back({{"tensor", name}, {"problem", error.what()}});
  }
}

void Repair::from_v2(const std::string& prefix) {
  const std::string file = index_path(prefix);
  SalvagedTable table = salvage_table(read_file(file));
  if (!table.complete) problem(fmt::format("{} is damaged; {} entries were found in it", file, table.entries.size()));
  if (!table.entries.contains("")) {
    BundleHeader header;
    header.num_shards = std::max(1, data_files_by_name(prefix));
    problem(
        fmt::format("{} has lost its header; by the names of the files there are {} shards", file, header.num_shards));
    table.entries.emplace("", bundle_header_bytes(header));
  }
  const BundleReader reader(prefix, table_bytes(table.entries));
  Progress progress("repairing", reader.keys().size());
  for (const std::string& name : reader.keys()) {
    copy(reader, name, table.doubtful);
    progress.add(1);
  }
}

// The sound part of a damaged V1 file, as a file without a name; nothing if the file is not damaged.
std::unique_ptr<AtomicFile> Repair::sound_part(const std::string& file) {
  SalvagedTable table = salvage_table(read_file(file));
  if (table.complete) return nullptr;
  // Values have no checksum of their own: only those in sound blocks count.
  for (const std::string& key : table.doubtful) table.entries.erase(key);
  problem(fmt::format("{} is damaged; {} sound entries were found in it", file, table.entries.size()));
  auto part = std::make_unique<AtomicFile>(path_ + ".sound");
  part->write(table_bytes(table.entries));
  part->flush();
  return part;
}

void Repair::from_v1(const CheckpointPath& path) {
  std::vector<std::unique_ptr<AtomicFile>> parts;
  std::vector<std::string> files;
  for (const std::string& file : path.files) {
    parts.push_back(sound_part(file));
    const std::string readable = parts.back() ? parts.back()->temporary_path() : file;
    try {
      V1Reader(file, {readable});
      files.push_back(readable);
    } catch (const Error& error) {
      problem(fmt::format("{}: the list of its tensors is lost, and with it the tensors: {}", file, error.what()));
    }
  }
  const V1Reader reader(path.prefix, files);
  Progress progress("repairing", reader.keys().size());
  for (const std::string& name : reader.keys()) {
    copy(reader, name, {});
    progress.add(1);
  }
}

ordered_json Repair::finish() {
  if (tensors_ == 0) {
    std::string first = problems_.empty() ? "" : ": " + problems_[0].get<std::string>();
    if (!lost_.empty()) first = ": " + lost_[0]["problem"].get<std::string>();
    throw Error(Code::DataLoss, "no tensor could be saved" + first);
  }
  writer_.finish();
  return {{"path", path_},     {"tensors", tensors_},    {"bytes", bytes_},
          {"lost", lost_},     {"doubtful", doubtful_},  {"problems", problems_}};
}

}  // namespace

ordered_json repair_checkpoint(const std::string& argument, const std::string& prefix) {
  const std::string source = checkpoint_of(resolve_model(argument));
  const auto found = find_checkpoint(source);
  if (!found) throw Error(Code::InvalidArgument, fmt::format("{} is a graph without a checkpoint", argument));
  if (found->prefix == prefix) {
    throw Error(Code::InvalidArgument,
                fmt::format("{} would be replaced by what is left of it; name another checkpoint "
                            "to write",
                            prefix));
  }
  Repair repair(prefix);
  if (found->format == CheckpointFormat::V2) repair.from_v2(source);
  else repair.from_v1(*found);
  return repair.finish();
}

std::string repair_as_text(const ordered_json& report) {
  const std::size_t lost = report["lost"].size();
  std::string text = fmt::format("{}: {} tensors saved, {} lost\n", report["path"].get<std::string>(),
                                 report["tensors"].get<std::size_t>(), lost);
  for (const auto& problem : report["problems"]) text += fmt::format("  {}\n", problem.get<std::string>());
  for (const auto& tensor : report["lost"]) {
    text += fmt::format("  lost {}: {}\n", tensor["tensor"].get<std::string>(), tensor["problem"].get<std::string>());
  }
  for (const auto& name : report["doubtful"]) {
    text += fmt::format(
        "  saved {}, but its name and shape come from a damaged part of the index: compare them with the "
        "graph\n",
        name.get<std::string>());
  }
  return text;
}

}  // namespace tenon
