// What is to be restored from a checkpoint: checked as a whole before anything is read.
//
//   const auto reader = open_checkpoint("model.ckpt");
//   std::vector<Tensor> values = restore_values(*reader, {{"w", "", float32}, {"b", "", float32}});
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "formats/checkpoint/checkpoint_reader.h"
#include "tenon/tensor.h"

namespace tenon {

// By its name, or TensorFlow's pattern for V1 shards; with all its files open. Throws NotFound if there is no
// checkpoint of that name, DataLoss or InvalidArgument for one that cannot be used.
std::unique_ptr<CheckpointReader> open_checkpoint(const std::string& prefix);

struct WantedTensor {
  std::string key;
  std::string slice;  // as RestoreV2 takes it, "" for the whole tensor
  DType dtype = DType::Invalid;
};

// What is wrong with one wanted tensor; nothing if it can be read.
struct Misfit {
  enum class Kind { Missing, DType, Shape };
  Kind kind = Kind::Missing;
  std::string key;
  std::string text;             // TensorFlow's words
  std::string expected, found;  // types or shapes
};
// `stored` is what source.find(wanted.key) says.
std::optional<Misfit> check_wanted(const CheckpointReader& source, const WantedTensor& wanted,
                                   const std::optional<CheckpointEntry>& stored);

// The shape that read(key, slice) gives. REQUIRES: check_wanted() found nothing wrong.
Shape restored_shape(const WantedTensor& wanted, const CheckpointEntry& stored);

// Throws what does not fit in one message, with the nearest names and `advice` at the end: NotFound if a key is
// missing, else InvalidArgument.
void throw_misfits(const CheckpointReader& source, const std::vector<Misfit>& misfits, std::size_t wanted,
                   const std::string& advice = {});

// Reads all, several at a time. Throws as check_wanted() says, before reading anything, and DataLoss or OutOfRange for
// damaged files.
std::vector<Tensor> restore_values(const CheckpointReader& source, const std::vector<WantedTensor>& wanted,
                                   const BulkOptions& options = {});

}  // namespace tenon
