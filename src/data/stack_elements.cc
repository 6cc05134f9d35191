#include <fmt/format.h>

#include <cstring>

#include "data/dataset.h"
#include "tenon/error.h"

namespace tenon {
namespace {

void copy_row(const Tensor& from, Tensor& to, std::int64_t row) {
  const std::int64_t first = row * from.elements();
  if (from.dtype() == DType::String) {
    std::copy_n(from.data<std::string>(), from.elements(), to.data<std::string>() + first);
  } else if (from.dtype() == DType::Variant || from.dtype() == DType::Resource) {
    for (std::int64_t i = 0; i < from.elements(); ++i) to.object_at(first + i) = from.object_at(i);
  } else if (from.bytes() > 0) {
    std::memcpy(to.raw() + static_cast<std::size_t>(row) * from.bytes(), from.raw(), from.bytes());
  }
}

Tensor stack(const std::vector<Element>& elements, std::size_t component) {
  const Tensor& first = elements[0][component];
  std::vector<std::int64_t> dims{static_cast<std::int64_t>(elements.size())};
  dims.insert(dims.end(), first.shape().begin(), first.shape().end());
  Tensor result(first.dtype(), Shape::make(dims));
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const Tensor& element = elements[i][component];
    if (!(element.shape() == first.shape())) {
      throw Error(Code::InvalidArgument,
                  fmt::format("Cannot batch tensors with different shapes in component {}. First element had shape {} "
                              "and element {} had shape {}.",
                              component, first.shape().to_string(), i, element.shape().to_string()));
    }
    copy_row(element, result, static_cast<std::int64_t>(i));
  }
  return result;
}

}  // namespace

std::int64_t DatasetIterator::next_batch(std::int64_t count, Element& batch) {
  std::vector<Element> elements;
  for (Element element; static_cast<std::int64_t>(elements.size()) < count && next(element); element.clear()) {
    elements.push_back(std::move(element));
  }
  batch.clear();
  if (elements.empty()) return 0;
  for (std::size_t i = 0; i < elements[0].size(); ++i) batch.push_back(stack(elements, i));
  return static_cast<std::int64_t>(elements.size());
}

}  // namespace tenon
