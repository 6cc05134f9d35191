// A checkpoint to restore from, whatever its format.
//
//   std::unique_ptr<CheckpointSource> source = open_checkpoint("model.ckpt");
//   std::vector<Tensor> values = restore_values(*source, {{"w", "", float32}, {"b", "", float32}});
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tenon/shape.h"
#include "tenon/tensor.h"

namespace tenon {

struct StoredTensor {
  DType dtype = DType::Invalid;
  Shape shape;  // of the whole tensor, also of a partitioned one
};

// Safe to use from many threads.
class CheckpointSource {
 public:
  virtual ~CheckpointSource() = default;
  virtual const std::string& name() const = 0;
  virtual std::vector<std::string> keys() const = 0;
  virtual std::optional<StoredTensor> find(const std::string& key) const = 0;
  // `slice` as RestoreV2 takes it, "" for the whole tensor. REQUIRES: find(key) found something.
  virtual Tensor read(const std::string& key, const std::string& slice) const = 0;
};

// Throws NotFound if there is no checkpoint of that name, DataLoss or InvalidArgument for one that cannot be used.
std::unique_ptr<CheckpointSource> open_checkpoint(const std::string& prefix);

struct WantedTensor {
  std::string key;
  std::string slice;
  DType dtype = DType::Invalid;
};

// What is wrong with one wanted tensor; nothing if it can be read.
struct Misfit {
  bool missing = false;
  std::string text;
};
std::optional<Misfit> check_wanted(const CheckpointSource& source, const WantedTensor& wanted);

// The shape that read(key, slice) gives. REQUIRES: check_wanted() found nothing wrong.
Shape restored_shape(const CheckpointSource& source, const WantedTensor& wanted);

// Throws the first errors of all that do not fit, in one message: NotFound if a key is missing, else InvalidArgument.
void throw_misfits(const CheckpointSource& source, const std::vector<Misfit>& misfits, std::size_t wanted);

// Reads all, several at a time. Throws as check_wanted() says, before reading anything, and DataLoss or OutOfRange for
// damaged files.
std::vector<Tensor> restore_values(const CheckpointSource& source, const std::vector<WantedTensor>& wanted);

}  // namespace tenon
