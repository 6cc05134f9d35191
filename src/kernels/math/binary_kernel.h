// Two inputs that broadcast against each other, one result: the kernel, and how its loops are made from an
// operator of one element.
//
//   struct Plus { template <typename T> static T apply(T a, T b) { return a + b; } };
//   make_binary(setup, find_loop<Plus, RealTypes>(type));
//
// This header is for .cc files that hold such operators: the loops are local to each.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/parallel_for.h"
#include "base/simd.h"
#include "kernels/broadcast.h"
#include "kernels/elements.h"

namespace tenon {

// n elements; a stride of 0 repeats the operand's one element. False: an operand is not allowed (division by zero).
using BinaryLoop = bool (*)(const void* a, std::int64_t a_stride, const void* b, std::int64_t b_stride, void* out,
                            std::int64_t n);

struct BinaryLoopSetup {
  BinaryLoop loop = nullptr;
  std::size_t in_size = 0;
  std::size_t out_size = 0;
};

struct BinaryOptions {
  const char* loop_error = "";             // what a false of the loop means
  bool same_shape = false;                 // the inputs must not broadcast
  const bool* if_incompatible = nullptr;   // Equal, NotEqual: this scalar instead of an error
  std::int64_t grain = 32768;              // elements worth a thread of their own
};

std::unique_ptr<Kernel> make_binary(const KernelSetup& setup, const BinaryLoopSetup& loop, BinaryOptions options = {});

namespace {

// Operators say kCheck = true if they have bool allowed(b).
template <typename Op>
concept Checked = requires { Op::kChecked; };
// Operators whose result is bool.
template <typename Op>
concept Predicate = requires { Op::kPredicate; };
template <typename Op, typename T>
using ResultOf = std::conditional_t<Predicate<Op>, bool, T>;

template <typename Op, typename T>
TENON_MULTIVERSION void loop_both(const T* a, const T* b, ResultOf<Op, T>* out, std::int64_t n) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < n; ++i) out[i] = Op::apply(a[i], b[i]);
}
template <typename Op, typename T>
TENON_MULTIVERSION void loop_first_repeats(T a, const T* b, ResultOf<Op, T>* out, std::int64_t n) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < n; ++i) out[i] = Op::apply(a, b[i]);
}
template <typename Op, typename T>
TENON_MULTIVERSION void loop_second_repeats(const T* a, T b, ResultOf<Op, T>* out, std::int64_t n) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < n; ++i) out[i] = Op::apply(a[i], b);
}

template <typename Op, typename T>
bool vector_loop(const void* a, std::int64_t a_stride, const void* b, std::int64_t b_stride, void* out,
                 std::int64_t n) {
  const T* x = static_cast<const T*>(a);
  const T* y = static_cast<const T*>(b);
  auto* z = static_cast<ResultOf<Op, T>*>(out);
  if (a_stride == 1 && b_stride == 1) {
    loop_both<Op, T>(x, y, z, n);
  } else if (b_stride == 0) {
    loop_second_repeats<Op, T>(x, *y, z, n);
  } else {
    loop_first_repeats<Op, T>(*x, y, z, n);
  }
  return true;
}

template <typename Op, typename T>
bool plain_loop(const void* a, std::int64_t a_stride, const void* b, std::int64_t b_stride, void* out,
                std::int64_t n) {
  const T* x = static_cast<const T*>(a);
  const T* y = static_cast<const T*>(b);
  auto* z = static_cast<ResultOf<Op, T>*>(out);
  if constexpr (Checked<Op> && !is_real_float<T>) {
    for (std::int64_t i = 0; i < (b_stride ? n : 1); ++i) {
      if (!Op::allowed(y[i])) return false;
    }
  }
  for (std::int64_t i = 0; i < n; ++i) {
    z[i] = static_cast<ResultOf<Op, T>>(Op::apply(load(x[i * a_stride]), load(y[i * b_stride])));
  }
  return true;
}

template <typename Op, typename List>
BinaryLoopSetup find_loop(DType type) {
  BinaryLoopSetup setup;
  visit<List>(type, [&]<typename T>() {
    constexpr bool fast = std::is_floating_point_v<T> && !Checked<Op>;
    if constexpr (fast) {
      setup = {&vector_loop<Op, T>, sizeof(T), sizeof(ResultOf<Op, T>)};
    } else {
      setup = {&plain_loop<Op, T>, sizeof(T), sizeof(ResultOf<Op, T>)};
    }
  });
  return setup;
}

// As an unsigned integer at least as wide as int: arithmetic that wraps around, as TensorFlow's does in effect.
template <typename T>
using Wrapping = std::conditional_t<(sizeof(T) < 4), std::uint32_t, std::make_unsigned_t<T>>;

}  // namespace
}  // namespace tenon
