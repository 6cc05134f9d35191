#include <cstring>

#include <fmt/format.h>

#include "kernels/control/tensor_array.h"
#include "kernels/kernel.h"

namespace tenon {
namespace {

// "flow" is a float scalar whose only use is to order reads after writes.
void set_flow(RunContext& c, int i) { c.output(i).data<float>()[0] = 0.f; }

std::int64_t index_of(RunContext& c, int i) { return c.input(i).scalar<std::int32_t>(); }

// Copies whole rows between one tensor and many of equal size.
void copy_rows(const Tensor& from, std::int64_t from_row, Tensor& to, std::int64_t to_row, std::int64_t row_elements) {
  if (from.dtype() == DType::String) {
    for (std::int64_t i = 0; i < row_elements; ++i) {
      to.at<std::string>(to_row * row_elements + i) = from.at<std::string>(from_row * row_elements + i);
    }
    return;
  }
  const std::size_t bytes = static_cast<std::size_t>(row_elements) * dtype_size(from.dtype());
  if (bytes > 0) std::memcpy(to.raw() + to_row * bytes, from.raw() + from_row * bytes, bytes);
}

Shape without_first(const Shape& shape) {
  return Shape(std::span<const std::int64_t>(shape.data() + 1, shape.rank() - 1));
}

Shape with_first(std::int64_t first, const Shape& rest) {
  Shape shape{first};
  for (std::int64_t dim : rest) shape.push_back(dim);
  return shape;
}

class Make final : public Kernel {
 public:
  explicit Make(const Node& node) {
    options_.name = node.attr_or<std::string>("tensor_array_name", "");
    if (options_.name.empty()) options_.name = node.name;
    options_.type = node.attr<DType>("dtype");
    options_.element_shape = node.attr_or<PartialShape>("element_shape", {});
    options_.dynamic_size = node.attr_or<bool>("dynamic_size", false);
    options_.clear_after_read = node.attr_or<bool>("clear_after_read", true);
  }
  void prepare(PrepareContext& c) override {
    c.dynamic_output(0);
    c.set_output(1, {});
  }
  void run(RunContext& c) override {
    const std::int64_t size = c.input(0).scalar<std::int32_t>();
    if (size < 0) c.fail(fmt::format("Size should be >= 0, got {}", size));
    c.set_output(0, Tensor::object(DType::Resource, std::make_shared<TensorArray>(options_, size)));
    set_flow(c, 1);
  }

 private:
  TensorArray::Options options_;
};

class Grad final : public Kernel {
 public:
  explicit Grad(std::string source) : source_(std::move(source)) {}
  void prepare(PrepareContext& c) override {
    c.dynamic_output(0);
    c.set_output(1, {});
  }
  void run(RunContext& c) override {
    c.set_output(0, Tensor::object(DType::Resource, c.object<TensorArray>(0).gradient(source_)));
    set_flow(c, 1);
  }

 private:
  const std::string source_;
};

class Write final : public Kernel {
 public:
  void prepare(PrepareContext& c) override { c.set_output(0, {}); }
  void run(RunContext& c) override {
    c.object<TensorArray>(0).write(index_of(c, 1), c.keep(2));
    set_flow(c, 0);
  }
};

class Read final : public Kernel {
 public:
  void prepare(PrepareContext& c) override { c.dynamic_output(0); }
  void run(RunContext& c) override { c.set_output(0, c.object<TensorArray>(0).read(index_of(c, 1))); }
};

class Gather final : public Kernel {
 public:
  void prepare(PrepareContext& c) override { c.dynamic_output(0); }
  void run(RunContext& c) override {
    TensorArray& array = c.object<TensorArray>(0);
    const auto indices = c.input(1).flat<std::int32_t>();
    if (indices.empty()) {
      const std::optional<Shape> shape = array.element_shape().try_shape();
      if (!shape) c.fail("TensorArray has size zero, but element shape is not fully defined; it cannot be stacked");
      c.set_output(0, Tensor(array.type(), with_first(0, *shape)));
      return;
    }
    Tensor result;
    for (std::size_t i = 0; i < indices.size(); ++i) {
      const Tensor element = array.read(indices[i]);
      if (i == 0) result = Tensor(array.type(), with_first(indices.size(), element.shape()));
      if (element.shape() != without_first(result.shape())) {
        c.fail(fmt::format("TensorArray has inconsistent shapes. Index 0 has shape: {} but index {} has shape: {}",
                           without_first(result.shape()).to_string(), i, element.shape().to_string()));
      }
      copy_rows(element, 0, result, static_cast<std::int64_t>(i), element.elements());
    }
    c.set_output(0, std::move(result));
  }
};

class Scatter final : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    c.require(
        c.input_shape(2).rank() >= 1 && c.input_shape(1).rank() == 1 && c.input_shape(1)[0] == c.input_shape(2)[0],
        fmt::format("expected one value per index: indices {}, values {}", c.input_shape(1).to_string(),
                    c.input_shape(2).to_string()));
    c.set_output(0, {});
  }
  void run(RunContext& c) override {
    TensorArray& array = c.object<TensorArray>(0);
    const Tensor& value = c.input(2);
    const Shape row = without_first(value.shape());
    const std::int64_t row_elements = row.elements();
    for (std::int64_t i = 0; i < value.shape()[0]; ++i) {
      Tensor element(value.dtype(), row);
      copy_rows(value, i, element, 0, row_elements);
      array.write(c.input(1).data<std::int32_t>()[i], std::move(element));
    }
    set_flow(c, 0);
  }
};

class Size final : public Kernel {
 public:
  void prepare(PrepareContext& c) override { c.set_output(0, {}); }
  void run(RunContext& c) override {
    c.output(0).data<std::int32_t>()[0] = static_cast<std::int32_t>(c.object<TensorArray>(0).size());
  }
};

class Concat final : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    c.dynamic_output(0);
    c.dynamic_output(1);
  }
  void run(RunContext& c) override {
    TensorArray& array = c.object<TensorArray>(0);
    std::vector<Tensor> parts;
    Tensor lengths(DType::Int64, Shape{array.size()});
    std::int64_t rows = 0;
    for (std::int64_t i = 0; i < array.size(); ++i) {
      parts.push_back(array.read(i));
      const Shape& shape = parts.back().shape();
      if (shape.rank() == 0)
        c.fail(fmt::format("Concat saw a scalar shape at index {} but requires at least vectors", i));
      if (without_first(shape) != without_first(parts[0].shape())) {
        c.fail(
            fmt::format("TensorArray has inconsistent shapes. Index 0 has (excepting dimension 0) shape: {} but index "
                        "{} has: {}",
                        without_first(parts[0].shape()).to_string(), i, without_first(shape).to_string()));
      }
      lengths.data<std::int64_t>()[i] = shape[0];
      rows += shape[0];
    }
    if (parts.empty()) c.fail("Concat of a TensorArray of size zero");
    const Shape row = without_first(parts[0].shape());
    Tensor result(array.type(), with_first(rows, row));
    std::int64_t at = 0;
    for (const Tensor& part : parts) {
      for (std::int64_t i = 0; i < part.shape()[0]; ++i) copy_rows(part, i, result, at++, row.elements());
    }
    c.set_output(0, std::move(result));
    c.set_output(1, std::move(lengths));
  }
};

class Split final : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    c.require(c.input_shape(1).rank() >= 1, "Split requires a value of at least one dimension");
    c.set_output(0, {});
  }
  void run(RunContext& c) override {
    TensorArray& array = c.object<TensorArray>(0);
    const Tensor& value = c.input(1);
    const Shape row = without_first(value.shape());
    std::int64_t at = 0, index = 0;
    for (std::int64_t length : c.input(2).flat<std::int64_t>()) {
      if (length < 0 || at + length > value.shape()[0]) {
        c.fail(fmt::format("the lengths ask for more than the {} rows of the value", value.shape()[0]));
      }
      Tensor part(value.dtype(), with_first(length, row));
      for (std::int64_t i = 0; i < length; ++i) copy_rows(value, at++, part, i, row.elements());
      array.write(index++, std::move(part));
    }
    if (at != value.shape()[0]) {
      c.fail(fmt::format("Expected sum of lengths to be equal to values.shape[0], but sum of lengths is {} and value's "
                         "shape is: {}",
                         at, value.shape().to_string()));
    }
    set_flow(c, 0);
  }
};

class Close final : public Kernel {
 public:
  void prepare(PrepareContext&) override {}
  void run(RunContext& c) override { c.object<TensorArray>(0).close(); }
};

}  // namespace

std::unique_ptr<Kernel> make_tensor_array(const KernelSetup& setup) { return std::make_unique<Make>(setup.node); }
std::unique_ptr<Kernel> make_tensor_array_grad(const KernelSetup& setup) {
  return std::make_unique<Grad>(setup.node.attr<std::string>("source"));
}
std::unique_ptr<Kernel> make_tensor_array_write(const KernelSetup&) { return std::make_unique<Write>(); }
std::unique_ptr<Kernel> make_tensor_array_read(const KernelSetup&) { return std::make_unique<Read>(); }
std::unique_ptr<Kernel> make_tensor_array_gather(const KernelSetup&) { return std::make_unique<Gather>(); }
std::unique_ptr<Kernel> make_tensor_array_scatter(const KernelSetup&) { return std::make_unique<Scatter>(); }
std::unique_ptr<Kernel> make_tensor_array_size(const KernelSetup&) { return std::make_unique<Size>(); }
std::unique_ptr<Kernel> make_tensor_array_concat(const KernelSetup&) { return std::make_unique<Concat>(); }
std::unique_ptr<Kernel> make_tensor_array_split(const KernelSetup&) { return std::make_unique<Split>(); }
std::unique_ptr<Kernel> make_tensor_array_close(const KernelSetup&) { return std::make_unique<Close>(); }

}  // namespace tenon
