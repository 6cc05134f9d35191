// AddN: the sum of tensors of one shape.
#include "base/parallel_for.h"
#include "base/simd.h"
#include "kernels/elements.h"

namespace tenon {
namespace {

template <typename T>
T plus(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    using U = std::conditional_t<(sizeof(T) < 4), std::uint32_t, std::make_unsigned_t<T>>;
    return static_cast<T>(static_cast<U>(a) + static_cast<U>(b));
  } else {
    return a + b;
  }
}

template <typename T>
TENON_MULTIVERSION void add_fast(const T* a, const T* b, T* out, std::int64_t n) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < n; ++i) out[i] = a[i] + b[i];
}

template <typename T>
void add(const T* a, const T* b, T* out, std::int64_t n) {
  if constexpr (std::is_floating_point_v<T>) {
    add_fast(a, b, out, n);
  } else {
    for (std::int64_t i = 0; i < n; ++i) out[i] = static_cast<T>(plus(load(a[i]), load(b[i])));
  }
}

template <typename T>
class AddNKernel final : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    const Shape& shape = c.input_shape(0);
    for (int i = 1; i < c.num_inputs(); ++i) {
      if (c.input_shape(i) == shape) continue;
      c.fail(fmt::format("Inputs to operation {} of type AddN must have the same size and shape.  Input 0: {} != "
                         "input {}: {}",
                         c.node().name, shape.to_string(), i, c.input_shape(i).to_string()));
    }
    c.set_output(0, shape);
    c.may_overwrite(0, 0);
  }

  void run(RunContext& c) override {
    T* out = c.output(0).data<T>();
    parallel_for(c.input(0).elements(), 32768, [&](std::int64_t begin, std::int64_t end) {
      constexpr std::int64_t kChunk = 4096;  // stays in the first-level cache from input to input
      for (; begin < end; begin += kChunk) {
        const std::int64_t n = std::min(kChunk, end - begin);
        const T* first = c.input(0).template data<T>() + begin;
        if (c.num_inputs() == 1 && first != out + begin) copy_elements(first, n, out + begin);
        for (int i = 1; i < c.num_inputs(); ++i) {
          add(i == 1 ? first : out + begin, c.input(i).template data<T>() + begin, out + begin, n);
        }
      }
    });
  }
};

}  // namespace

KernelMaker make_add_n;

std::unique_ptr<Kernel> make_add_n(const KernelSetup& setup) {
  return make_typed<AddNKernel, NumberTypes>(setup, type_attr(setup, "T"));
}

}  // namespace tenon
