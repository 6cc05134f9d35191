// Max, Min, All, Any.
#include <limits>

#include "kernels/math/reduction.h"

namespace tenon {
namespace {

template <typename T>
constexpr T lowest() {
  if constexpr (std::is_floating_point_v<T>) return -std::numeric_limits<T>::infinity();
  else return std::numeric_limits<T>::lowest();
}
template <typename T>
constexpr T highest() {
  if constexpr (std::is_floating_point_v<T>) return std::numeric_limits<T>::infinity();
  else return std::numeric_limits<T>::max();
}

// One NaN makes the result NaN.
template <typename E>
struct LargestOf {
  using T = E;
  using Acc = Calc<T>;
  static Acc init() { return lowest<Acc>(); }
  static Acc combine(Acc a, Acc x) {
    const Acc larger = x > a ? x : a;
    return x != x ? x : larger;
  }
  static Acc merge(Acc a, Acc b) { return combine(a, b); }
  static T finish(Acc a, std::int64_t) { return static_cast<T>(a); }
};

template <typename E>
struct SmallestOf {
  using T = E;
  using Acc = Calc<T>;
  static Acc init() { return highest<Acc>(); }
  static Acc combine(Acc a, Acc x) {
    const Acc smaller = x < a ? x : a;
    return x != x ? x : smaller;
  }
  static Acc merge(Acc a, Acc b) { return combine(a, b); }
  static T finish(Acc a, std::int64_t) { return static_cast<T>(a); }
};

// 0 or 1 in a byte: not bool, whose vectors are packed.
template <typename E>
struct AllOf {
  using T = E;
  using Acc = unsigned char;
  static Acc init() { return 1; }
  static Acc combine(Acc a, bool x) { return static_cast<Acc>(a & static_cast<Acc>(x)); }
  static Acc merge(Acc a, Acc b) { return static_cast<Acc>(a & b); }
  static bool finish(Acc a, std::int64_t) { return a != 0; }
};

template <typename E>
struct AnyOf {
  using T = E;
  using Acc = unsigned char;
  static Acc init() { return 0; }
  static Acc combine(Acc a, bool x) { return static_cast<Acc>(a | static_cast<Acc>(x)); }
  static Acc merge(Acc a, Acc b) { return static_cast<Acc>(a | b); }
  static bool finish(Acc a, std::int64_t) { return a != 0; }
};

}  // namespace

KernelMaker make_max, make_min, make_all, make_any;

std::unique_ptr<Kernel> make_max(const KernelSetup& setup) {
  return make_reduction<LargestOf, RealTypes>(setup, type_attr(setup, "T"));
}
std::unique_ptr<Kernel> make_min(const KernelSetup& setup) {
  return make_reduction<SmallestOf, RealTypes>(setup, type_attr(setup, "T"));
}
std::unique_ptr<Kernel> make_all(const KernelSetup& setup) {
  return make_reduction<AllOf, Types<bool>>(setup, DType::Bool);
}
std::unique_ptr<Kernel> make_any(const KernelSetup& setup) {
  return make_reduction<AnyOf, Types<bool>>(setup, DType::Bool);
}

}  // namespace tenon
