// RandomShuffle, Multinomial.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/random/distributions.h"

namespace tenon {
namespace {

class ShuffleKernel final : public Kernel {
 public:
  explicit ShuffleKernel(std::shared_ptr<PhiloxState> state) : state_(std::move(state)) {}

  void prepare(PrepareContext& c) override { c.set_output(0, c.input_shape(0)); }

  void run(RunContext& c) override {
    const Tensor& x = c.input(0);
    const std::int64_t rows = x.rank() == 0 ? 1 : x.shape()[0];
    std::vector<std::int64_t> order(static_cast<std::size_t>(rows));
    std::iota(order.begin(), order.end(), 0);
    if (x.elements() > 1 && rows > 1) shuffle(order);
    if (rows == 0) return;
    const std::int64_t inner = x.elements() / rows;
    visit_storage(x.dtype(), [&]<typename T>() {
      T* to = storage<T>(c.output(0));
      for (std::int64_t from : order) {
        copy_elements(storage<T>(x) + from * inner, inner, to);
        to += inner;
      }
    });
  }

 private:
  void shuffle(std::vector<std::int64_t>& order) const {
    const std::size_t n = order.size();
    PhiloxStream stream(state_->reserve((n - 1 + 3) / 4));
    for (std::size_t i = 0; i + 1 < n; ++i)
      std::swap(order[i], order[i + stream() % static_cast<std::uint32_t>(n - i)]);
  }

  const std::shared_ptr<PhiloxState> state_;
};

template <typename T>
class MultinomialKernel final : public Kernel {
 public:
  explicit MultinomialKernel(std::shared_ptr<PhiloxState> state) : state_(std::move(state)) {}

  void prepare(PrepareContext& c) override {
    const Shape& logits = c.input_shape(0);
    c.require(logits.rank() == 2, "logits should be a matrix, got shape " + logits.to_string());
    c.require(c.input_shape(1).rank() == 0,
              "num_samples should be a scalar, got shape " + c.input_shape(1).to_string());
    samples_ = index_at(c.input_value(1), 0);
    c.require(samples_ >= 0, fmt::format("num_samples should be nonnegative, got {}", samples_));
    c.require(logits[1] > 0 || samples_ == 0 || logits[0] == 0,
              fmt::format("num_classes should be positive, got {}", logits[1]));
    const std::int64_t out[] = {logits[0], samples_};
    c.set_output(0, Shape::make(out));
  }

  void run(RunContext& c) override {
    Tensor& out = c.output(0);
    if (out.elements() == 0) return;
    const std::int64_t rows = c.input(0).shape()[0];
    const std::int64_t classes = c.input(0).shape()[1];
    // Two numbers for each sample, in groups of four, with 256 blocks for each of those.
    const std::int64_t reserved = rows * ((samples_ + 3) / 4 * 4 * 2) * 256;
    PhiloxStream stream(state_->reserve(static_cast<std::uint64_t>(reserved)));
    std::vector<double> cumulated(static_cast<std::size_t>(classes));
    visit<IndexTypes>(out.dtype(), [&]<typename I>() {
      I* to = out.data<I>();
      for (std::int64_t row = 0; row < rows; ++row) {
        cumulate(c.input(0).template data<T>() + row * classes, cumulated);
        for (std::int64_t i = 0; i < samples_; ++i) {
          const std::uint32_t high = stream();
          const double at = unit_double(high, stream()) * cumulated.back();
          *to++ = static_cast<I>(std::upper_bound(cumulated.begin(), cumulated.end(), at) - cumulated.begin());
        }
      }
    });
  }

 private:
  // Sums of the classes' weights up to each; infinite logits and NaN weigh nothing.
  static void cumulate(const T* logits, std::vector<double>& cumulated) {
    double largest = std::numeric_limits<double>::lowest();
    for (std::size_t i = 0; i < cumulated.size(); ++i) {
      const auto logit = static_cast<double>(load(logits[i]));
      if (std::isfinite(logit)) largest = std::max(largest, logit);
    }
    double total = 0;
    for (std::size_t i = 0; i < cumulated.size(); ++i) {
      const auto logit = static_cast<double>(load(logits[i]));
      if (std::isfinite(logit)) total += std::exp(logit - largest);
      cumulated[i] = total;
    }
  }

  const std::shared_ptr<PhiloxState> state_;
  std::int64_t samples_ = 0;
};

}  // namespace

KernelMaker make_random_shuffle, make_multinomial;

std::unique_ptr<Kernel> make_random_shuffle(const KernelSetup& setup) {
  return std::make_unique<ShuffleKernel>(philox_state(setup));
}
std::unique_ptr<Kernel> make_multinomial(const KernelSetup& setup) {
  return make_typed<MultinomialKernel, RealTypes>(setup, type_attr(setup, "T"), philox_state(setup));
}

}  // namespace tenon
