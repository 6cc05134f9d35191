// OneHot.
#include "kernels/elements.h"

namespace tenon {
namespace {

class OneHotKernel final : public Kernel {
 public:
  explicit OneHotKernel(std::int64_t axis) : given_(axis) {}

  void prepare(PrepareContext& c) override {
    const Shape& indices = c.input_shape(0);
    if (given_ < -1 || given_ > indices.rank()) {
      c.fail(fmt::format("Expected axis to be -1 or between [0, {}).  But received: {}", indices.rank() + 1, given_));
    }
    static constexpr const char* kNames[] = {"indices", "depth", "on_value", "off_value"};
    for (int i = 1; i < 4; ++i) {
      if (c.input_shape(i).rank() == 0) continue;
      c.fail(fmt::format("{} must be a scalar, but got: {}", kNames[i], c.input_shape(i).to_string()));
    }
    depth_ = index_at(c.input_value(1), 0);
    c.require(depth_ >= 0, fmt::format("depth must be non-negative, got: {}", depth_));
    const int axis = given_ == -1 ? indices.rank() : static_cast<int>(given_);
    std::vector<std::int64_t> out;
    outer_ = inner_ = 1;
    for (int d = 0; d <= indices.rank(); ++d) {
      if (d == axis) out.push_back(depth_);
      if (d == indices.rank()) break;
      out.push_back(indices[d]);
      (d < axis ? outer_ : inner_) *= indices[d];
    }
    c.set_output(0, Shape::make(out));
  }

  void run(RunContext& c) override {
    Tensor& out = c.output(0);
    visit_storage(out.dtype(), [&]<typename T>() {
      const T on = *storage<T>(c.input(2));
      const T off = *storage<T>(c.input(3));
      T* to = storage<T>(out);
      std::fill_n(to, out.elements(), off);
      visit<IntTypes>(c.input(0).dtype(), [&]<typename I>() {
        const I* indices = c.input(0).data<I>();
        for (std::int64_t i = 0; i < outer_ * inner_; ++i) {
          const auto index = static_cast<std::int64_t>(indices[i]);
          if (index >= 0 && index < depth_) to[(i / inner_ * depth_ + index) * inner_ + i % inner_] = on;
        }
      });
    });
  }

 private:
  const std::int64_t given_;
  std::int64_t depth_ = 0, outer_ = 1, inner_ = 1;
};

}  // namespace

KernelMaker make_one_hot;

std::unique_ptr<Kernel> make_one_hot(const KernelSetup& setup) {
  return std::make_unique<OneHotKernel>(setup.node.attr_or<std::int64_t>("axis", -1));
}

}  // namespace tenon
