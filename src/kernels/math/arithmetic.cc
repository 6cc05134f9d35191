// Add, Sub, Mul, divisions, Maximum, Minimum, SquaredDifference.
#include <cmath>

#include "kernels/math/binary_kernel.h"

namespace tenon {
namespace {

struct Plus {
  template <typename T>
  static T apply(const T& a, const T& b) {
    if constexpr (std::is_integral_v<T>) {
      return static_cast<T>(static_cast<Wrapping<T>>(a) + static_cast<Wrapping<T>>(b));
    } else {
      return a + b;
    }
  }
};

struct Minus {
  template <typename T>
  static T apply(T a, T b) {
    if constexpr (std::is_integral_v<T>) {
      return static_cast<T>(static_cast<Wrapping<T>>(a) - static_cast<Wrapping<T>>(b));
    } else {
      return a - b;
    }
  }
};

struct Times {
  template <typename T>
  static T apply(T a, T b) {
    if constexpr (std::is_integral_v<T>) {
      return static_cast<T>(static_cast<Wrapping<T>>(a) * static_cast<Wrapping<T>>(b));
    } else {
      return a * b;
    }
  }
};

struct TimesNoNan {
  template <typename T>
  static T apply(T a, T b) {
    return b == T(0) ? T(0) : a * b;
  }
};

struct Quotient {
  template <typename T>
  static T apply(T a, T b) {
    return a / b;
  }
};

struct QuotientNoNan {
  template <typename T>
  static T apply(T a, T b) {
    return b == T(0) ? T(0) : a / b;
  }
};

// The integer quotient, truncated.
struct Truncated {
  static constexpr bool kChecked = true;
  template <typename T>
  static bool allowed(T b) {
    return b != T(0);
  }
  template <typename T>
  static T apply(T a, T b) {
    if constexpr (std::is_signed_v<T>) {
      if (b == T(-1)) return Minus::apply(T(0), a);  // the smallest integer / -1 would trap
    }
    return static_cast<T>(a / b);
  }
};

// NaN if either is; the first of two equals.
struct Larger {
  template <typename T>
  static T apply(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
      const T larger = a < b ? b : a;
      return b != b ? b : larger;
    } else {
      return a < b ? b : a;
    }
  }
};

struct Smaller {
  template <typename T>
  static T apply(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
      const T smaller = b < a ? b : a;
      return b != b ? b : smaller;
    } else {
      return b < a ? b : a;
    }
  }
};

struct DifferenceSquared {
  template <typename T>
  static T apply(T a, T b) {
    const T difference = Minus::apply(a, b);
    if constexpr (is_complex_type<T>) {
      return difference * std::conj(difference);
    } else {
      return Times::apply(difference, difference);
    }
  }
};

using AddTypes = Join<NumberTypes, Types<std::string>>;
constexpr const char* kDivisionByZero = "Integer division by zero";

template <typename Op, typename List>
std::unique_ptr<Kernel> make(const KernelSetup& setup, BinaryOptions options = {}) {
  return make_binary(setup, find_loop<Op, List>(type_attr(setup, "T")), options);
}

}  // namespace

KernelMaker make_add, make_sub, make_mul, make_mul_no_nan, make_real_div, make_div_no_nan, make_div, make_maximum,
    make_minimum, make_squared_difference;

std::unique_ptr<Kernel> make_add(const KernelSetup& setup) { return make<Plus, AddTypes>(setup); }
std::unique_ptr<Kernel> make_sub(const KernelSetup& setup) { return make<Minus, NumberTypes>(setup); }
std::unique_ptr<Kernel> make_mul(const KernelSetup& setup) { return make<Times, NumberTypes>(setup); }
std::unique_ptr<Kernel> make_maximum(const KernelSetup& setup) { return make<Larger, RealTypes>(setup); }
std::unique_ptr<Kernel> make_minimum(const KernelSetup& setup) { return make<Smaller, RealTypes>(setup); }
std::unique_ptr<Kernel> make_mul_no_nan(const KernelSetup& setup) {
  return make<TimesNoNan, Join<FloatTypes, ComplexTypes>>(setup);
}
std::unique_ptr<Kernel> make_div_no_nan(const KernelSetup& setup) {
  return make<QuotientNoNan, Join<FloatTypes, ComplexTypes>>(setup);
}
std::unique_ptr<Kernel> make_real_div(const KernelSetup& setup) {
  return make<Quotient, Join<FloatTypes, ComplexTypes>>(setup);
}
// Div and TruncateDiv.
std::unique_ptr<Kernel> make_div(const KernelSetup& setup) {
  if (is_integer(type_attr(setup, "T"))) return make<Truncated, IntTypes>(setup, {.loop_error = kDivisionByZero});
  return make<Quotient, Join<FloatTypes, ComplexTypes>>(setup);
}
std::unique_ptr<Kernel> make_squared_difference(const KernelSetup& setup) {
  return make<DifferenceSquared, NumberTypes>(setup);
}

}  // namespace tenon
