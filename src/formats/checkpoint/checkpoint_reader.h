// Reads checkpoints of both formats.
//
//   std::unique_ptr<CheckpointReader> reader = CheckpointReader::open("model.ckpt");
//   for (const std::string& name : reader->keys()) fmt::print("{}\n", name);
//   if (reader->has("step")) use(reader->read("step"));
//
// A reader may be used from many threads. Everything read is checked: size, type and checksum.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/bundle/bundle_reader.h"
#include "formats/checkpoint/checkpoint_entry.h"
#include "formats/checkpoint/checkpoint_path.h"
#include "tenon/tensor.h"

namespace tenon {

class CheckpointReader {
 public:
  // A checkpoint's name, any of its files, or a folder with a state file (checkpoint_path.h). Throws NotFound if there
  // is none, DataLoss for a damaged one, InvalidArgument for one of a newer format.
  static std::unique_ptr<CheckpointReader> open(const std::string& path);
  static std::unique_ptr<CheckpointReader> open(const CheckpointPath& path);
  // With all its files open, which are all of one save.
  static std::unique_ptr<CheckpointReader> open_with_data(const CheckpointPath& path);
  virtual ~CheckpointReader() = default;

  virtual CheckpointFormat format() const = 0;
  virtual const std::string& prefix() const = 0;
  virtual int num_shards() const = 0;
  virtual const std::vector<std::string>& keys() const = 0;  // sorted by their bytes

  virtual bool has(std::string_view name) const = 0;
  virtual std::optional<CheckpointEntry> find(std::string_view name) const = 0;
  virtual CheckpointEntry entry(std::string_view name) const = 0;         // throws NotFound, with the nearest names
  virtual std::uint64_t stored_bytes(std::string_view name) const = 0;    // of the elements; V1 has none for strings

  // The whole tensor, or a part of it as RestoreV2 asks for. Throw NotFound, DataLoss, OutOfRange (file cut short), and
  // InvalidArgument if the shape is another or the stored pieces do not cover the part.
  virtual Tensor read(std::string_view name) const = 0;
  virtual Tensor read(std::string_view name, const ShapeAndSlice& part) const = 0;

  // That read() would succeed, without keeping the values: throws what it does.
  virtual void verify(std::string_view name) const = 0;
  virtual std::vector<std::string> files() const = 0;

  // Many at once, by several threads. Throws as read(). V1 files are never mapped.
  virtual std::vector<Tensor> read_all(std::span<const TensorRequest> requests,
                                       const BulkOptions& options = {}) const = 0;

  // Opens all files now, so that reads cannot fail later because somebody removed them. False: the checkpoint has been
  // overwritten meanwhile.
  virtual bool open_data() const = 0;
};

}  // namespace tenon
