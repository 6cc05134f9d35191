#include "formats/checkpoint/checkpoint_reader.h"

#include <fmt/format.h>

#include "base/parallel_for.h"
#include "formats/v1/v1_reader.h"

namespace tenon {
namespace {

constexpr int kAttempts = 20;

std::uint64_t bytes_of(const CheckpointEntry& entry) {
  return static_cast<std::uint64_t>(entry.shape.elements()) * dtype_size(entry.dtype);
}

class BundleCheckpoint final : public CheckpointReader {
 public:
  explicit BundleCheckpoint(const std::string& prefix) : reader_(prefix) {}

  CheckpointFormat format() const override { return CheckpointFormat::V2; }
  const std::string& prefix() const override { return reader_.prefix(); }
  int num_shards() const override { return reader_.header().num_shards; }
  const std::vector<std::string>& keys() const override { return reader_.keys(); }

  bool has(std::string_view name) const override { return reader_.contains(name); }
  std::optional<CheckpointEntry> find(std::string_view name) const override {
    auto found = reader_.find(name);
    if (!found) return std::nullopt;
    return CheckpointEntry{found->dtype, found->shape, std::move(found->slices)};
  }
  CheckpointEntry entry(std::string_view name) const override {
    BundleEntry found = reader_.entry(name);
    return {found.dtype, found.shape, std::move(found.slices)};
  }
  std::uint64_t stored_bytes(std::string_view name) const override {
    const BundleEntry found = reader_.entry(name);
    return found.slices.empty() ? found.size : bytes_of({found.dtype, found.shape, {}});  // the pieces have the bytes
  }

  Tensor read(std::string_view name) const override { return reader_.read(name); }
  Tensor read(std::string_view name, const ShapeAndSlice& part) const override { return reader_.read(name, part); }
  void verify(std::string_view name) const override { reader_.verify(name); }
  std::vector<std::string> files() const override {
    std::vector<std::string> files = {index_path(prefix())};
    for (int i = 0; i < num_shards(); ++i) files.push_back(data_path(prefix(), i, num_shards()));
    return files;
  }
  std::vector<Tensor> read_all(std::span<const TensorRequest> requests, const BulkOptions& options) const override {
    return reader_.read_all(requests, options);
  }
  bool open_data() const override { return reader_.open_data(); }

 private:
  BundleReader reader_;
};

class V1Checkpoint final : public CheckpointReader {
 public:
  explicit V1Checkpoint(const CheckpointPath& path) : reader_(path.prefix, path.files) {}

  CheckpointFormat format() const override { return CheckpointFormat::V1; }
  const std::string& prefix() const override { return reader_.name(); }
  int num_shards() const override { return static_cast<int>(reader_.tables().size()); }
  const std::vector<std::string>& keys() const override { return reader_.keys(); }

  bool has(std::string_view name) const override { return reader_.find(name) != nullptr; }
  std::optional<CheckpointEntry> find(std::string_view name) const override {
    const CheckpointEntry* found = reader_.find(name);
    return found == nullptr ? std::nullopt : std::optional(*found);
  }
  CheckpointEntry entry(std::string_view name) const override { return reader_.entry(name); }
  std::uint64_t stored_bytes(std::string_view name) const override { return bytes_of(reader_.entry(name)); }

  Tensor read(std::string_view name) const override { return reader_.read(name); }
  Tensor read(std::string_view name, const ShapeAndSlice& part) const override { return reader_.read(name, part); }
  void verify(std::string_view name) const override { reader_.read(name); }
  std::vector<std::string> files() const override {
    std::vector<std::string> files;
    for (const auto& table : reader_.tables()) files.push_back(table->path());
    return files;
  }
  std::vector<Tensor> read_all(std::span<const TensorRequest> requests, const BulkOptions& options) const override {
    std::vector<Tensor> values(requests.size());
    parallel_tasks(requests.size(), [&](std::size_t i) {
      values[i] = requests[i].part ? read(requests[i].name, *requests[i].part) : read(requests[i].name);
      if (options.progress != nullptr) options.progress->add(values[i].bytes());
    });
    return values;
  }
  bool open_data() const override { return true; }  // they are open from the beginning

 private:
  V1Reader reader_;
};

}  // namespace

std::unique_ptr<CheckpointReader> CheckpointReader::open(const CheckpointPath& path) {
  if (path.format == CheckpointFormat::V2) return std::make_unique<BundleCheckpoint>(path.prefix);
  return std::make_unique<V1Checkpoint>(path);
}

std::unique_ptr<CheckpointReader> CheckpointReader::open_with_data(const CheckpointPath& path) {
  for (int attempt = 0;; ++attempt) {
    auto reader = open(path);
    if (reader->open_data()) return reader;
    if (attempt == kAttempts) {
      throw Error(Code::Unavailable, fmt::format("{}: overwritten again and again while it was opened", path.prefix));
    }
  }
}

std::unique_ptr<CheckpointReader> CheckpointReader::open(const std::string& path) {
  return open(locate_checkpoint(path));
}

}  // namespace tenon
