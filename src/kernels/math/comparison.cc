// Comparisons, and logic and bits of two operands.
#include "kernels/math/binary_kernel.h"

namespace tenon {
namespace {

struct IsEqual {
  static constexpr bool kPredicate = true;
  template <typename T>
  static bool apply(const T& a, const T& b) {
    return a == b;
  }
};
struct IsNotEqual {
  static constexpr bool kPredicate = true;
  template <typename T>
  static bool apply(const T& a, const T& b) {
    return a != b;
  }
};
struct IsLess {
  static constexpr bool kPredicate = true;
  template <typename T>
  static bool apply(T a, T b) {
    return a < b;
  }
};
struct IsLessEqual {
  static constexpr bool kPredicate = true;
  template <typename T>
  static bool apply(T a, T b) {
    return a <= b;
  }
};
struct IsGreater {
  static constexpr bool kPredicate = true;
  template <typename T>
  static bool apply(T a, T b) {
    return a > b;
  }
};
struct IsGreaterEqual {
  static constexpr bool kPredicate = true;
  template <typename T>
  static bool apply(T a, T b) {
    return a >= b;
  }
};
struct Both {
  static bool apply(bool a, bool b) { return a && b; }
};
struct Either {
  static bool apply(bool a, bool b) { return a || b; }
};
struct BitsAnd {
  template <typename T>
  static T apply(T a, T b) {
    return static_cast<T>(a & b);
  }
};
struct BitsOr {
  template <typename T>
  static T apply(T a, T b) {
    return static_cast<T>(a | b);
  }
};
struct BitsXor {
  template <typename T>
  static T apply(T a, T b) {
    return static_cast<T>(a ^ b);
  }
};

using EqualTypes = Join<PlainTypes, Types<std::string>>;
constexpr bool kTrue = true;
constexpr bool kFalse = false;

template <typename Op>
std::unique_ptr<Kernel> make_equality(const KernelSetup& setup, const bool* if_incompatible) {
  BinaryOptions options;
  if (!setup.node.attr_or<bool>("incompatible_shape_error", true)) options.if_incompatible = if_incompatible;
  return make_binary(setup, find_loop<Op, EqualTypes>(type_attr(setup, "T")), options);
}

template <typename Op, typename List = RealTypes>
std::unique_ptr<Kernel> make(const KernelSetup& setup) {
  return make_binary(setup, find_loop<Op, List>(type_attr(setup, "T")));
}

template <typename Op>
std::unique_ptr<Kernel> make_logical(const KernelSetup& setup) {
  return make_binary(setup, find_loop<Op, Types<bool>>(DType::Bool));
}

}  // namespace

KernelMaker make_equal, make_not_equal, make_less, make_less_equal, make_greater, make_greater_equal, make_logical_and,
    make_logical_or, make_bitwise_and, make_bitwise_or, make_bitwise_xor;

std::unique_ptr<Kernel> make_equal(const KernelSetup& setup) { return make_equality<IsEqual>(setup, &kFalse); }
std::unique_ptr<Kernel> make_not_equal(const KernelSetup& setup) { return make_equality<IsNotEqual>(setup, &kTrue); }
std::unique_ptr<Kernel> make_less(const KernelSetup& setup) { return make<IsLess>(setup); }
std::unique_ptr<Kernel> make_less_equal(const KernelSetup& setup) { return make<IsLessEqual>(setup); }
std::unique_ptr<Kernel> make_greater(const KernelSetup& setup) { return make<IsGreater>(setup); }
std::unique_ptr<Kernel> make_greater_equal(const KernelSetup& setup) { return make<IsGreaterEqual>(setup); }
std::unique_ptr<Kernel> make_logical_and(const KernelSetup& setup) { return make_logical<Both>(setup); }
std::unique_ptr<Kernel> make_logical_or(const KernelSetup& setup) { return make_logical<Either>(setup); }
std::unique_ptr<Kernel> make_bitwise_and(const KernelSetup& setup) { return make<BitsAnd, IntTypes>(setup); }
std::unique_ptr<Kernel> make_bitwise_or(const KernelSetup& setup) { return make<BitsOr, IntTypes>(setup); }
std::unique_ptr<Kernel> make_bitwise_xor(const KernelSetup& setup) { return make<BitsXor, IntTypes>(setup); }

}  // namespace tenon
