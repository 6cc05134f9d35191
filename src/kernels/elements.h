// Choosing code by element type: a kernel names the types it takes as a list, and visit() calls its code with one.
//
//   const bool known = visit<RealTypes>(x.dtype(), [&]<typename T>() { square(x.data<T>(), y.data<T>(), n); });
#pragma once

#include <complex>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <type_traits>

#include <fmt/format.h>

#include "kernels/kernel.h"
#include "tenon/dtype.h"
#include "tenon/tensor.h"

namespace tenon {

template <typename... T>
struct Types {};

template <typename A, typename B>
struct JoinTypes;
template <typename... A, typename... B>
struct JoinTypes<Types<A...>, Types<B...>> {
  using type = Types<A..., B...>;
};
template <typename A, typename B>
using Join = typename JoinTypes<A, B>::type;

using FloatTypes = Types<float, double, Half, BFloat16>;
using IntTypes = Types<std::int32_t, std::int64_t, std::uint8_t, std::int8_t, std::int16_t, std::uint16_t,
                       std::uint32_t, std::uint64_t>;
using IndexTypes = Types<std::int32_t, std::int64_t>;
using ComplexTypes = Types<std::complex<float>, std::complex<double>>;
using RealTypes = Join<FloatTypes, IntTypes>;
using NumberTypes = Join<RealTypes, ComplexTypes>;
using PlainTypes = Join<NumberTypes, Types<bool>>;

// Calls fn.operator()<T>() for the T of `type` in the list; false if it is not there.
template <typename List, typename Fn>
bool visit(DType type, Fn&& fn) {
  return [&]<typename... T>(Types<T...>) {
    return ((type == dtype_of<T>() ? (fn.template operator()<T>(), true) : false) || ...);
  }(List{});
}

// The type in which a kernel calculates with elements of type T.
template <typename T>
using Calc = std::conditional_t<std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>, float, T>;

template <typename T>
inline constexpr bool is_small_float = std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>;
template <typename T>
inline constexpr bool is_real_float = std::is_floating_point_v<T> || is_small_float<T>;
template <typename T>
inline constexpr bool is_complex_type =
    std::is_same_v<T, std::complex<float>> || std::is_same_v<T, std::complex<double>>;

template <typename T>
inline Calc<T> load(const T& x) {
  return static_cast<Calc<T>>(x);
}

// Elements that are only moved: their size is all that counts.
using ObjectRef = std::shared_ptr<Object>;
struct Bytes16 {
  std::uint64_t part[2];
};

template <typename T>
T* storage(Tensor& tensor) {
  return reinterpret_cast<T*>(tensor.raw());
}
template <typename T>
const T* storage(const Tensor& tensor) {
  return reinterpret_cast<const T*>(tensor.raw());
}

// Calls fn.operator()<T>() with a T as large as an element of `type` (std::string and ObjectRef for what is not
// plain bytes); false for unknown types.
template <typename Fn>
bool visit_storage(DType type, Fn&& fn) {
  if (type == DType::String) return fn.template operator()<std::string>(), true;
  if (type == DType::Resource || type == DType::Variant) return fn.template operator()<ObjectRef>(), true;
  switch (dtype_size(type)) {
    case 1: return fn.template operator()<std::uint8_t>(), true;
    case 2: return fn.template operator()<std::uint16_t>(), true;
    case 4: return fn.template operator()<std::uint32_t>(), true;
    case 8: return fn.template operator()<std::uint64_t>(), true;
    case 16: return fn.template operator()<Bytes16>(), true;
    default: return false;
  }
}

template <typename T>
void copy_elements(const T* from, std::int64_t count, T* to) {
  if constexpr (std::is_trivially_copyable_v<T>) {
    if (count > 0) std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(T));
  } else {
    std::copy_n(from, count, to);
  }
}

[[noreturn]] inline void throw_no_kernel(const Node& node, DType type) {
  throw Error(Code::Unimplemented, fmt::format("{}: there is no CPU kernel for {}", describe(node), dtype_name(type)));
}

// The type of the node's attribute `attr`, a reference's value type if it is one.
inline DType type_attr(const KernelSetup& setup, std::string_view attr) {
  return base_dtype(setup.node.attr<DType>(attr));
}

// Makes the kernel K<T> for the T of `type`; throws Unimplemented if the list has none.
template <template <typename> class K, typename List, typename... Args>
std::unique_ptr<Kernel> make_typed(const KernelSetup& setup, DType type, Args&&... args) {
  std::unique_ptr<Kernel> made;
  if (!visit<List>(type, [&]<typename T>() { made = std::make_unique<K<T>>(args...); })) {
    throw_no_kernel(setup.node, type);
  }
  return made;
}

// Scalars and vectors of int32 or int64, as axes and shapes come.
inline std::int64_t index_at(const Tensor& tensor, std::int64_t i) {
  switch (tensor.dtype()) {
    case DType::Int32: return tensor.data<std::int32_t>()[i];
    case DType::Int64: return tensor.data<std::int64_t>()[i];
    case DType::Int16: return tensor.data<std::int16_t>()[i];
    default:
      throw Error(Code::InvalidArgument,
                  fmt::format("indices must be int32 or int64, but are {}", dtype_name(tensor.dtype())));
  }
}

inline Dims indices_of(const Tensor& tensor) {
  Dims dims;
  for (std::int64_t i = 0; i < tensor.elements(); ++i) dims.push_back(index_at(tensor, i));
  return dims;
}

}  // namespace tenon
