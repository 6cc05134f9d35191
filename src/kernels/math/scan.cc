// Cumsum, Cumprod.
#include "base/parallel_for.h"
#include "kernels/elements.h"

namespace tenon {
namespace {

struct Sum {
  template <typename T>
  static constexpr T start = T(0);
  template <typename T>
  static T apply(T a, T b) {
    if constexpr (std::is_integral_v<T>) {
      using U = std::conditional_t<(sizeof(T) < 4), std::uint32_t, std::make_unsigned_t<T>>;
      return static_cast<T>(static_cast<U>(a) + static_cast<U>(b));
    } else {
      return a + b;
    }
  }
};
struct Product {
  template <typename T>
  static constexpr T start = T(1);
  template <typename T>
  static T apply(T a, T b) {
    if constexpr (std::is_integral_v<T>) {
      using U = std::conditional_t<(sizeof(T) < 4), std::uint32_t, std::make_unsigned_t<T>>;
      return static_cast<T>(static_cast<U>(a) * static_cast<U>(b));
    } else {
      return a * b;
    }
  }
};

template <typename Op>
struct ScanOf {
  template <typename T>
  class Scan final : public Kernel {
   public:
    Scan(bool exclusive, bool reverse) : exclusive_(exclusive), reverse_(reverse) {}

    void prepare(PrepareContext& c) override {
      const Shape& shape = c.input_shape(0);
      c.require(c.input_shape(1).rank() == 0,
                fmt::format("ScanOp: axis must be a scalar, not {}", c.input_shape(1).to_string()));
      const std::int64_t given = index_at(c.input_value(1), 0);
      const std::int64_t axis = given < 0 ? given + shape.rank() : given;
      if (axis < 0 || axis >= shape.rank()) {
        c.fail(fmt::format("ScanOp: Expected scan axis in the range [{}, {}), but got {}", -shape.rank(), shape.rank(),
                           given));
      }
      outer_ = inner_ = 1;
      for (int d = 0; d < shape.rank(); ++d) {
        if (d != axis) (d < axis ? outer_ : inner_) *= shape[d];
      }
      n_ = shape[static_cast<int>(axis)];
      c.set_output(0, shape);
    }

    void run(RunContext& c) override {
      const T* x = c.input(0).template data<T>();
      T* y = c.output(0).template data<T>();
      parallel_for(outer_, std::max<std::int64_t>(1, 32768 / std::max<std::int64_t>(1, n_ * inner_)),
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t o = begin; o < end; ++o) scan(x + o * n_ * inner_, y + o * n_ * inner_);
                   });
    }

   private:
    void scan(const T* x, T* y) const {
      for (std::int64_t column = 0; column < inner_; ++column) {
        Calc<T> total = Op::template start<Calc<T>>;
        for (std::int64_t i = 0; i < n_; ++i) {
          const std::int64_t at = (reverse_ ? n_ - 1 - i : i) * inner_ + column;
          const Calc<T> next = Op::apply(total, load(x[at]));
          y[at] = static_cast<T>(exclusive_ ? total : next);
          total = next;
        }
      }
    }

    const bool exclusive_, reverse_;
    std::int64_t outer_ = 1, n_ = 1, inner_ = 1;
  };
};

template <typename Op>
std::unique_ptr<Kernel> make(const KernelSetup& setup) {
  const bool exclusive = setup.node.attr_or<bool>("exclusive", false);
  const bool reverse = setup.node.attr_or<bool>("reverse", false);
  return make_typed<ScanOf<Op>::template Scan, NumberTypes>(setup, type_attr(setup, "T"), exclusive, reverse);
}

}  // namespace

KernelMaker make_cumsum, make_cumprod;

std::unique_ptr<Kernel> make_cumsum(const KernelSetup& setup) { return make<Sum>(setup); }
std::unique_ptr<Kernel> make_cumprod(const KernelSetup& setup) { return make<Product>(setup); }

}  // namespace tenon
