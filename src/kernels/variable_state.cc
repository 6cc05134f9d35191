#include "kernels/variable_state.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <utility>

#include <fmt/format.h>

#include "tenon/error.h"

namespace tenon {
namespace {

// One sequence for all variables, so that a version alone identifies a value: caches need no second key.
std::uint64_t next_version() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

[[noreturn]] void throw_uninitialised(const std::string& name, bool resource) {
  if (resource) {
    throw Error(
        Code::FailedPrecondition,
        fmt::format("Could not find variable {}. This could mean that the variable has been deleted. In TF1, it "
                    "can also mean the variable is uninitialized.",
                    name));
  }
  throw Error(Code::FailedPrecondition, fmt::format("Attempting to use uninitialized value {}", name));
}

}  // namespace

VariableState::VariableState(std::string name, DType type, PartialShape shape, bool resource)
    : name_(std::move(name)), type_(base_dtype(type)), shape_(std::move(shape)), resource_(resource) {}

bool VariableState::initialised() const {
  std::lock_guard lock(mutex_);
  return value_.defined();
}

Tensor VariableState::read() const { return read(nullptr); }

Tensor VariableState::read(std::uint64_t* version) const {
  std::lock_guard lock(mutex_);
  if (!value_.defined()) throw_uninitialised(name_, resource_);
  if (version) *version = version_;
  return value_;
}

std::optional<Shape> VariableState::shape() const {
  std::lock_guard lock(mutex_);
  if (!value_.defined()) return std::nullopt;
  return value_.shape();
}

void VariableState::assign(Tensor value) {
  Tensor old;  // freed after the lock
  std::lock_guard lock(mutex_);
  const bool same_shape = value_.defined() && value_.shape() == value.shape();
  old = std::exchange(value_, std::move(value));
  if (!same_shape) shape_version_.fetch_add(1, std::memory_order_release);
  version_ = next_version();
}

bool VariableState::clear() {
  Tensor old;  // freed after the lock
  std::lock_guard lock(mutex_);
  if (!value_.defined()) return false;
  old = std::exchange(value_, Tensor());
  shape_version_.fetch_add(1, std::memory_order_release);
  version_ = 0;
  return true;
}

Tensor& VariableState::writable() {
  if (!value_.defined()) throw_uninitialised(name_, resource_);
  if (!value_.unique()) value_ = value_.clone();
  version_ = next_version();
  return value_;
}

void VariableState::update(const std::function<void(Tensor& value)>& fn) {
  std::lock_guard lock(mutex_);
  fn(writable());
}

void VariableState::update_all(std::span<VariableState* const> variables,
                               const std::function<void(std::span<Tensor* const> values)>& fn) {
  constexpr std::size_t kMost = 8;
  if (variables.size() > kMost) {
    throw Error(Code::Internal,
                fmt::format("{} variables in one update, at most {} are possible", variables.size(), kMost));
  }
  // Everybody locks in the order of addresses.
  std::array<VariableState*, kMost> ordered{};
  const auto end = std::copy(variables.begin(), variables.end(), ordered.begin());
  std::sort(ordered.begin(), end, std::less<>());
  std::array<std::unique_lock<std::mutex>, kMost> locks;
  std::size_t held = 0;
  std::for_each(ordered.begin(), std::unique(ordered.begin(), end),
                [&](VariableState* variable) { locks[held++] = std::unique_lock(variable->mutex_); });

  std::array<Tensor*, kMost> values{};
  for (const VariableState* variable : variables) {
    if (!variable->value_.defined()) throw_uninitialised(variable->name_, variable->resource_);
  }
  for (std::size_t i = 0; i < variables.size(); ++i) values[i] = &variables[i]->writable();
  fn({values.data(), variables.size()});
}

std::uint64_t VariableState::version() const {
  std::lock_guard lock(mutex_);
  return version_;
}

}  // namespace tenon
