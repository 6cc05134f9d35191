// TensorArray: a list of tensors of one dtype, written once per index; the arrays of gradients add up instead.
// It lives for one run: TensorArrayV3 makes a new one each time it runs.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "graph/node.h"
#include "tenon/tensor.h"

namespace tenon {

class TensorArray final : public Object {
 public:
  struct Options {
    std::string name;
    DType type = DType::Invalid;
    PartialShape element_shape;
    bool dynamic_size = false;
    bool clear_after_read = true;
    bool accumulate = false;  // the gradient of another array
  };

  TensorArray(Options options, std::int64_t size) : options_(std::move(options)), elements_(size) {}

  DType type() const { return options_.type; }
  std::int64_t size() const { return static_cast<std::int64_t>(elements_.size()); }
  const PartialShape& element_shape() const { return options_.element_shape; }

  // All throw InvalidArgument: an index out of range, another dtype or shape, a second write, a second read of what
  // the first one cleared.
  void write(std::int64_t index, Tensor value);
  Tensor read(std::int64_t index);

  // The array that collects this one's gradients for `source`; made on first use.
  std::shared_ptr<TensorArray> gradient(const std::string& source);

  void close() { elements_.clear(); }
  std::string describe() const override { return "TensorArray " + options_.name; }

 private:
  struct Element {
    Tensor value;
    std::optional<Shape> shape;  // known from the array this one is the gradient of, or from the value
    bool cleared = false;
  };
  Element& element(std::int64_t index, bool for_writing);
  void check_value(std::int64_t index, const Element& element, const Tensor& value) const;
  [[noreturn]] void fail(const std::string& message) const;

  Options options_;
  std::vector<Element> elements_;
  std::map<std::string, std::shared_ptr<TensorArray>> gradients_;
};

}  // namespace tenon
