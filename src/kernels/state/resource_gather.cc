// ResourceGather: rows of a variable, chosen by indices.
#include <vector>

#include <fmt/format.h>

#include "base/parallel_for.h"
#include "kernels/elements.h"
#include "kernels/state/handle.h"
#include "kernels/state/row_indices.h"

namespace tenon {
namespace {

class ResourceGather final : public Kernel {
 public:
  ResourceGather(DType type, int batch_dims) : type_(type), batch_dims_(batch_dims) {}

  void prepare(PrepareContext& c) override {
    planned_ = false;
    const std::optional<Shape> params = planned_shape(c);
    if (!params || !problem(*params, c.input_shape(1)).empty()) return;
    c.provide_output(0, output_shape(*params, c.input_shape(1)));
    planned_ = true;
    planned_shape_ = *params;
  }

  void run(RunContext& c) override {
    const VariableState& variable = c.variable(0);
    const Tensor params = variable.read();
    const Tensor& indices = c.input(1);
    if (params.dtype() != type_) {
      c.fail(fmt::format("the variable {} is {}, not {}", variable.name(), dtype_name(params.dtype()),
                         dtype_name(type_)));
    }
    if (const std::string message = problem(params.shape(), indices.shape()); !message.empty()) c.fail(message);
    if (planned_ && params.shape() != planned_shape_) {
      c.fail(Code::FailedPrecondition,
             fmt::format("this run changed the shape of variable {} from {} to {}; assign and gather in two runs",
                         variable.name(), planned_shape_.to_string(), params.shape().to_string()));
    }
    Tensor result(type_, output_shape(params.shape(), indices.shape()));
    gather(c, params, indices, result);
    c.set_output(0, std::move(result));
  }

 private:
  // What is wrong with the shapes; empty if nothing is.
  std::string problem(const Shape& params, const Shape& indices) const {
    const int batch = batch_dims(indices);
    if (params.rank() < 1) return "params must be at least 1 dimensional";
    if (batch < 0 || batch > indices.rank() || batch >= params.rank()) {
      return fmt::format("batch_dims {} does not fit params of shape {} and indices of shape {}", batch_dims_,
                         params.to_string(), indices.to_string());
    }
    for (int d = 0; d < batch; ++d) {
      if (params[d] != indices[d]) {
        return fmt::format("params.shape[{0}]: {1} should be equal to indices.shape[{0}]: {2}", d, params[d],
                           indices[d]);
      }
    }
    return "";
  }

  int batch_dims(const Shape& indices) const { return batch_dims_ < 0 ? batch_dims_ + indices.rank() : batch_dims_; }

  Shape output_shape(const Shape& params, const Shape& indices) const {
    Shape shape = indices;
    for (int d = batch_dims(indices) + 1; d < params.rank(); ++d) shape.push_back(params[d]);
    return shape;
  }

  void gather(const RunContext& c, const Tensor& params, const Tensor& indices, Tensor& result) {
    const int batch = batch_dims(indices.shape());
    std::int64_t batches = 1, row_elements = 1;
    for (int d = 0; d < batch; ++d) batches *= params.shape()[d];
    for (int d = batch + 1; d < params.rank(); ++d) row_elements *= params.shape()[d];
    const std::int64_t limit = params.shape()[batch];
    const std::int64_t count = indices.elements();
    if (count == 0) return;
    const std::int64_t per_batch = count / batches;
    read_row_indices(c, indices, limit, rows_);
    const bool known = visit_storage(type_, [&]<typename T>() {
      const T* from = storage<T>(params);
      T* to = storage<T>(result);
      const std::int64_t grain = 1 + (64 << 10) / (1 + row_elements * static_cast<std::int64_t>(sizeof(T)));
      parallel_for(count, grain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          const std::int64_t row = i / per_batch * limit + rows_[static_cast<std::size_t>(i)];
          copy_elements(from + row * row_elements, row_elements, to + i * row_elements);
        }
      });
    });
    if (!known) throw_no_kernel(c.node(), type_);
  }

  const DType type_;
  const int batch_dims_;
  bool planned_ = false;
  Shape planned_shape_;
  std::vector<std::int64_t> rows_;
};

}  // namespace

std::unique_ptr<Kernel> make_resource_gather(const KernelSetup& setup) {
  return std::make_unique<ResourceGather>(setup.node.attr<DType>("dtype"), setup.node.attr_or<int>("batch_dims", 0));
}

}  // namespace tenon
