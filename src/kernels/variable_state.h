// VariableState: the value of a variable in a session. Reference variables (VariableV2) and resource variables
// (VarHandleOp) are both this.
//
// Readers take a snapshot: read() hands out the tensor, sharing memory. update() writes in place if nobody holds
// a snapshot, and into a copy otherwise. All calls are thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "tenon/tensor.h"

namespace tenon {

class VariableState final : public Object {
 public:
  VariableState(std::string name, DType type, PartialShape shape, bool resource);

  const std::string& name() const { return name_; }
  DType dtype() const { return type_; }
  const PartialShape& declared_shape() const { return shape_; }
  bool initialised() const;
  // Throws FailedPrecondition "Attempting to use uninitialized value NAME" (resource variables: TensorFlow's
  // sentence for those).
  Tensor read() const;
  Tensor read(std::uint64_t* version) const;
  // The value's shape, or nothing if uninitialised.
  std::optional<Shape> shape() const;
  // Replaces the value; the tensor's memory becomes the variable's. REQUIRES: it has the variable's dtype.
  void assign(Tensor value);
  // Takes the value away: the variable is uninitialised again. False if it was.
  bool clear();
  // Calls fn with the value to change in place (a copy of it where snapshots exist). Throws as read().
  void update(const std::function<void(Tensor& value)>& fn);
  // update() of several variables (at most 8) as one step; `values` in the order of `variables`, in which one may be
  // named twice. Steps that share variables never wait for each other for ever, whatever order each names them in.
  static void update_all(std::span<VariableState* const> variables,
                         const std::function<void(std::span<Tensor* const> values)>& fn);
  // Grows with every assign and update; never 0 once initialised.
  std::uint64_t version() const;
  // Grows whenever the value gets another shape, and when it is first set.
  std::uint64_t shape_version() const { return shape_version_.load(std::memory_order_acquire); }

  std::string describe() const override { return "variable " + name_; }

 private:
  Tensor& writable();  // with the lock held

  const std::string name_;
  const DType type_;
  const PartialShape shape_;
  const bool resource_;
  mutable std::mutex mutex_;
  Tensor value_;
  std::uint64_t version_ = 0;
  std::atomic<std::uint64_t> shape_version_ = 0;
};

}  // namespace tenon
