// Reads checkpoints of TensorFlow's V2 format, "tensor bundles".
//
//   BundleReader reader("model.ckpt");
//   for (const std::string& name : reader.keys()) fmt::print("{} {}\n", name, reader.find(name)->shape.to_string());
//   Tensor kernel = reader.read("conv2d/kernel");
//
// Files: PREFIX.index, a table (formats/table) from names to entries (bundle_entry.h), the first of which, with the
// empty key, is the header; and PREFIX.data-00000-of-00001 ..., the elements of the tensors back to back, little-endian
// (strings: bundle_strings.h). A partitioned tensor has an entry with its whole shape and its pieces, and an entry of
// its own under slice_key() for each piece.
//
// A reader may be used from many threads. It keeps the files that it has opened open, so it goes on to see the same
// checkpoint when that is overwritten or removed. Everything read is checked: size, type and checksum. While a save is
// giving its files their names, or was killed then, it reads those that belong together (formats/commit).
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/progress_meter.h"
#include "formats/bundle/bundle_entry.h"
#include "formats/table/table_reader.h"
#include "tenon/tensor.h"

namespace tenon {

// One tensor, or a part of it as RestoreV2 asks for.
struct TensorRequest {
  std::string name;
  std::optional<ShapeAndSlice> part;
};

struct BulkOptions {
  bool mapped = false;                // tensors of numbers lie in the mapped file, where it allows that
  bool check_mapped = false;          // sum them nevertheless, which reads the file
  ProgressMeter* progress = nullptr;  // told the bytes read
};

class BundleReader {
 public:
  // Opens and checks the index. Throws NotFound if there is none, DataLoss for a damaged one, InvalidArgument for one
  // of a newer format.
  explicit BundleReader(std::string prefix);
  // The same with the bytes of another index, for the data files of one that is damaged.
  BundleReader(std::string prefix, std::string index);

  const std::string& prefix() const { return prefix_; }
  const BundleHeader& header() const { return header_; }

  // The names of the tensors, sorted by their bytes; pieces of partitioned ones are not among them.
  const std::vector<std::string>& keys() const { return keys_; }
  bool contains(std::string_view name) const { return table_->find(name) != nullptr && !name.empty(); }
  std::optional<BundleEntry> find(std::string_view name) const;
  BundleEntry entry(std::string_view name) const;  // throws NotFound, with the nearest names

  // The whole tensor. Throws NotFound (no such key, no such data file), OutOfRange (data cut short) or DataLoss.
  Tensor read(std::string_view name) const;

  // A part of it, as RestoreV2 asks for: stored in one piece, or in pieces that need not be cut in the same way.
  // Throws InvalidArgument too: the stored shape is not `part.full`, or the pieces do not cover the part.
  Tensor read(std::string_view name, const ShapeAndSlice& part) const;

  // Many tensors at once, by several threads in the order of the files; each large one in pieces. Throws as read().
  std::vector<Tensor> read_all(std::span<const TensorRequest> requests, const BulkOptions& options = {}) const;

  // Into the memory of `tensor`, whose type and shape must be the stored ones (else InvalidArgument).
  void read_into(std::string_view name, Tensor& tensor) const;

  // That read() would succeed, without keeping the values: throws what it does.
  void verify(std::string_view name) const;

  // Opens all data files now, so that reads cannot fail later because somebody removed them, and makes sure that they
  // belong to the index. False: the checkpoint was overwritten since the index was read, and must be opened anew.
  bool open_data() const;

 private:
  friend class BulkRead;
  BundleReader(std::string prefix, std::unique_ptr<RandomFile> index);

  struct Shard {
    std::mutex mutex;
    std::unique_ptr<RandomFile> file;
    std::shared_ptr<MappedFile> mapping;
  };

  const RandomFile& shard(int number) const;
  std::shared_ptr<MappedFile> mapped_shard(int number) const;
  void check_place(std::string_view key, const BundleEntry& entry) const;
  void read_bytes(std::string_view key, const BundleEntry& entry, Tensor& into) const;
  template <typename Place>
  void read_checked(std::string_view key, const BundleEntry& entry, Place place) const;
  void check_sum(std::string_view key, const BundleEntry& entry, std::uint32_t crc) const;
  void finish_numbers(Tensor& tensor) const;
  Tensor read_encoded(std::string_view key, const BundleEntry& entry) const;
  Tensor read_stored(std::string_view key, const BundleEntry& entry) const;
  void check_part_fits(std::string_view name, const BundleEntry& entry, const Box& part) const;
  Tensor assemble(std::string_view name, const BundleEntry& entry, const Box& part) const;
  std::string described(std::string_view key, const BundleEntry& entry) const;

  std::string prefix_;
  std::string index_path_;
  std::unique_ptr<RandomFile> index_file_;  // null if the index came as bytes
  std::unique_ptr<Table> table_;
  BundleHeader header_;
  std::vector<std::string> keys_;
  mutable std::vector<Shard> shards_;
};

// "float", "double", "half", ...: how TensorFlow's C++ messages name types.
std::string message_dtype(DType type);

}  // namespace tenon
