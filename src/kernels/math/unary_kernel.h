// One input, one result of the same shape, element by element: the kernel, and how its loops are made from an
// operator of one element. For .cc files that hold such operators: the loops are local to each.
#pragma once

#include <cstdint>
#include <memory>

#include "base/parallel_for.h"
#include "base/simd.h"
#include "kernels/elements.h"

namespace tenon {

using UnaryLoop = void (*)(const void* x, void* y, std::int64_t n);

struct UnaryLoopSetup {
  UnaryLoop loop = nullptr;
  std::size_t in_size = 0;
  std::size_t out_size = 0;
  std::int64_t grain = 32768;  // elements worth a thread of their own
};

// `type` is the input's, for the error if there is no loop.
std::unique_ptr<Kernel> make_unary(const KernelSetup& setup, DType type, const UnaryLoopSetup& loop);

namespace {

template <typename Op, typename T>
using UnaryResult = decltype(Op::apply(std::declval<Calc<T>>()));
// What is stored for it: half stays half.
template <typename Op, typename T>
using UnaryStored =
    std::conditional_t<is_small_float<T> && std::is_same_v<UnaryResult<Op, T>, float>, T, UnaryResult<Op, T>>;

template <typename Op, typename T>
TENON_MULTIVERSION void unary_vector(const void* x, void* y, std::int64_t n) {
  const T* in = static_cast<const T*>(x);
  auto* out = static_cast<UnaryStored<Op, T>*>(y);
#pragma GCC ivdep
  for (std::int64_t i = 0; i < n; ++i) out[i] = Op::apply(in[i]);
}

template <typename Op, typename T>
void unary_plain(const void* x, void* y, std::int64_t n) {
  const T* in = static_cast<const T*>(x);
  auto* out = static_cast<UnaryStored<Op, T>*>(y);
  for (std::int64_t i = 0; i < n; ++i) out[i] = static_cast<UnaryStored<Op, T>>(Op::apply(load(in[i])));
}

template <typename Op, typename List>
UnaryLoopSetup find_unary(DType type, std::int64_t grain = 32768) {
  UnaryLoopSetup setup;
  visit<List>(type, [&]<typename T>() {
    if constexpr (std::is_floating_point_v<T>) {
      setup = {&unary_vector<Op, T>, sizeof(T), sizeof(UnaryStored<Op, T>), grain};
    } else {
      setup = {&unary_plain<Op, T>, sizeof(T), sizeof(UnaryStored<Op, T>), grain};
    }
  });
  return setup;
}

}  // namespace
}  // namespace tenon
