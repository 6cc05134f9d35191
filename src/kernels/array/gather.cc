// GatherV2, Gather, GatherNd.
#include "base/parallel_for.h"
#include "kernels/array/index_text.h"
#include "kernels/elements.h"

namespace tenon {
namespace {

// The first index that is not in [0, limit), or -1.
template <typename I>
std::int64_t first_bad(const I* indices, std::int64_t count, std::int64_t limit) {
  for (std::int64_t i = 0; i < count; ++i) {
    if (static_cast<std::uint64_t>(static_cast<std::int64_t>(indices[i])) >= static_cast<std::uint64_t>(limit))
      return i;
  }
  return -1;
}

class GatherKernel final : public Kernel {
 public:
  explicit GatherKernel(std::int64_t batch_dims) : given_batch_dims_(batch_dims) {}

  void prepare(PrepareContext& c) override {
    const Shape& params = c.input_shape(0);
    const Shape& indices = c.input_shape(1);
    c.require(params.rank() >= 1, "params must be at least 1 dimensional");
    const bool has_axis = c.num_inputs() > 2;
    c.require(!has_axis || c.input_shape(2).elements() == 1, "axis must be scalar");
    const std::int64_t given = has_axis ? index_at(c.input_value(2), 0) : 0;
    const std::int64_t axis = given < 0 ? given + params.rank() : given;
    if (axis < 0 || axis >= params.rank()) {
      c.fail(fmt::format("Expected axis in the range [{}, {}), but got {}", -params.rank(), params.rank(), given));
    }
    const int batch = checked_batch_dims(c, static_cast<int>(axis));
    batches_ = outer_ = inner_ = per_batch_ = 1;
    std::vector<std::int64_t> out;
    for (int d = 0; d < axis; ++d) {
      (d < batch ? batches_ : outer_) *= params[d];
      out.push_back(params[d]);
    }
    for (int d = batch; d < indices.rank(); ++d) {
      per_batch_ *= indices[d];
      out.push_back(indices[d]);
    }
    for (int d = static_cast<int>(axis) + 1; d < params.rank(); ++d) {
      inner_ *= params[d];
      out.push_back(params[d]);
    }
    limit_ = params[static_cast<int>(axis)];
    c.set_output(0, Shape::make(out));
  }

  void run(RunContext& c) override {
    const Tensor& indices = c.input(1);
    visit<Types<std::int32_t, std::int64_t, std::int16_t>>(indices.dtype(), [&]<typename I>() {
      const I* at = indices.data<I>();
      const std::int64_t bad = first_bad(at, indices.elements(), limit_);
      if (bad >= 0) {
        c.fail(fmt::format("indices{} = {} is not in [0, {})", index_text(indices.shape(), bad), at[bad], limit_));
      }
      visit_storage(c.output(0).dtype(),
                    [&]<typename T>() { gather(storage<T>(c.input(0)), at, storage<T>(c.output(0))); });
    });
  }

 private:
  int checked_batch_dims(const PrepareContext& c, int axis) const {
    const Shape& params = c.input_shape(0);
    const Shape& indices = c.input_shape(1);
    const std::int64_t batch = given_batch_dims_ < 0 ? given_batch_dims_ + indices.rank() : given_batch_dims_;
    if (batch < 0 || batch > indices.rank()) {
      c.fail(fmt::format("Expected batch_dims in the range [{}, {}], but got {}", -indices.rank(), indices.rank(),
                         given_batch_dims_));
    }
    if (batch >= params.rank()) {
      c.fail(fmt::format("batch_dims ({}) must be less than rank(params) ({}).", batch, params.rank()));
    }
    if (axis < batch) c.fail(fmt::format("batch_dims ({}) must be less than or equal to axis ({}).", batch, axis));
    for (int d = 0; d < batch; ++d) {
      if (params[d] == indices[d]) continue;
      c.fail(fmt::format("params.shape[{}]: {} should be equal to indices.shape[{}]: {}", d, params[d], d, indices[d]));
    }
    return static_cast<int>(batch);
  }

  // Result rows are numbered (batch, outer, index).
  template <typename T, typename I>
  void gather(const T* params, const I* indices, T* out) const {
    const std::int64_t rows = batches_ * outer_ * per_batch_;
    parallel_for(rows, std::max<std::int64_t>(1, 16384 / std::max<std::int64_t>(1, inner_)),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t row = begin; row < end; ++row) {
                     const std::int64_t slab = row / per_batch_;
                     const std::int64_t batch = slab / outer_;
                     const std::int64_t index = indices[batch * per_batch_ + row % per_batch_];
                     copy_elements(params + (slab * limit_ + index) * inner_, inner_, out + row * inner_);
                   }
                 });
  }

  const std::int64_t given_batch_dims_;
  std::int64_t batches_ = 1, outer_ = 1, per_batch_ = 1, limit_ = 0, inner_ = 1;
};

class GatherNdKernel final : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    const Shape& params = c.input_shape(0);
    const Shape& indices = c.input_shape(1);
    c.require(params.rank() >= 1, "params must be at least a vector");
    c.require(indices.rank() >= 1, "indices must be at least a vector");
    depth_ = indices.back();
    if (depth_ > params.rank()) {
      c.fail(fmt::format("index innermost dimension length must be <= params rank; saw: {} vs. {}", depth_,
                         params.rank()));
    }
    inner_ = 1;
    std::vector<std::int64_t> out(indices.begin(), indices.end() - 1);
    for (int d = static_cast<int>(depth_); d < params.rank(); ++d) {
      out.push_back(params[d]);
      inner_ *= params[d];
    }
    c.set_output(0, Shape::make(out));
  }

  void run(RunContext& c) override {
    const Tensor& params = c.input(0);
    const Tensor& indices = c.input(1);
    const std::int64_t rows = inner_ == 0 ? 0 : c.output(0).elements() / inner_;
    visit_storage(params.dtype(), [&]<typename T>() {
      for (std::int64_t row = 0; row < rows; ++row) {
        std::int64_t at = 0;
        for (std::int64_t d = 0; d < depth_; ++d) {
          const std::int64_t index = index_at(indices, row * depth_ + d);
          const std::int64_t limit = params.shape()[static_cast<int>(d)];
          if (index < 0 || index >= limit) fail_index(c, row);
          at = at * limit + index;
        }
        copy_elements(storage<T>(params) + at * inner_, inner_, storage<T>(c.output(0)) + row * inner_);
      }
    });
  }

 private:
  [[noreturn]] void fail_index(RunContext& c, std::int64_t row) const {
    const Tensor& indices = c.input(1);
    c.fail(fmt::format("indices{} = {} does not index into param shape {}", row_text(indices.shape(), row),
                       row_values(indices, row), c.input(0).shape().to_string()));
  }

  std::int64_t depth_ = 0;
  std::int64_t inner_ = 1;
};

}  // namespace

KernelMaker make_gather, make_gather_nd;

// Gather and GatherV2.
std::unique_ptr<Kernel> make_gather(const KernelSetup& setup) {
  return std::make_unique<GatherKernel>(setup.node.attr_or<std::int64_t>("batch_dims", 0));
}
std::unique_ptr<Kernel> make_gather_nd(const KernelSetup&) { return std::make_unique<GatherNdKernel>(); }

}  // namespace tenon
