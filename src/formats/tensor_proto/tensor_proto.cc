#include "formats/tensor_proto/tensor_proto.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/byte_reader.h"
#include "formats/message/bool_bytes.h"
#include "formats/message/wire.h"
#include "formats/tensor_proto/value_lists.h"
#include "graph.pb.h"

namespace tenon {
namespace {

const ValueList& list_or_throw(DType type, std::string_view what) {
  const ValueList* list = value_list_of(type);
  if (list != nullptr) return *list;
  const bool known = type == DType::Resource || type == DType::Variant;
  throw Error(known ? Code::Unimplemented : Code::InvalidArgument,
              fmt::format("{}: a constant of type {}{}", what, dtype_name(type),
                          known ? " can only be made while a graph runs" : ", which is no type of values"));
}

// Strings in tensor_content: all lengths as varints, then all bytes.
Tensor strings_from_content(const std::string& content, const Shape& shape, std::string_view what) {
  const std::int64_t count = shape.elements();
  if (count > static_cast<std::int64_t>(content.size())) {
    throw Error(Code::InvalidArgument, fmt::format("{}: tensor_content has {} bytes, too few for {} strings", what,
                                                   content.size(), count));
  }
  Tensor tensor(DType::String, shape);
  ByteReader lengths(content, fmt::format("{}: tensor_content", what));
  for (std::int64_t i = 0; i < count; ++i) lengths.varint64("length of a string");
  ByteReader bytes = lengths;
  lengths = ByteReader(content, lengths.file());
  for (std::string& value : tensor.flat<std::string>()) {
    value = bytes.bytes(lengths.varint64("length of a string"), "a string");
  }
  return tensor;
}

Tensor from_content(const std::string& content, DType type, const Shape& shape, std::string_view what) {
  if (type == DType::String) return strings_from_content(content, shape, what);
  const std::uint64_t elements = content.size() / dtype_size(type);
  if (elements * dtype_size(type) != content.size() || elements != static_cast<std::uint64_t>(shape.elements())) {
    throw Error(Code::InvalidArgument,
                fmt::format("{}: tensor_content has {} bytes; {}{} takes {} elements of {} bytes", what, content.size(),
                            dtype_name(type), shape.to_string(), shape.elements(), dtype_size(type)));
  }
  Tensor tensor(type, shape);
  std::memcpy(tensor.raw(), content.data(), content.size());
  make_bools_valid(tensor);
  return tensor;
}

// Repeats the last of `have` elements up to the end.
void fill_rest(Tensor& tensor, std::int64_t have) {
  if (have == tensor.elements()) return;
  if (tensor.dtype() == DType::String) {
    if (have == 0) return;
    std::string* values = tensor.data<std::string>();
    std::fill(values + have, values + tensor.elements(), values[have - 1]);
    return;
  }
  const std::size_t size = dtype_size(tensor.dtype());
  std::byte* begin = tensor.raw();
  if (have == 0) {
    std::memset(begin, 0, tensor.bytes());
    return;
  }
  const std::byte* last = begin + (have - 1) * size;
  for (std::int64_t i = have; i < tensor.elements(); ++i) std::memcpy(begin + i * size, last, size);
}

// Bytes in memory of one element that is only claimed; a repeated long string costs its length each time.
std::int64_t claimed_size(const proto::TensorProto& proto, DType type) {
  if (type != DType::String) return static_cast<std::int64_t>(dtype_size(type));
  const int count = proto.string_val_size();
  const std::size_t last = count == 0 ? 0 : proto.string_val(count - 1).size();
  return static_cast<std::int64_t>(sizeof(std::string) + last);
}

void check_claim(const proto::TensorProto& proto, DType type, const Shape& shape, std::string_view what,
                 std::int64_t limit) {
  if (shape.elements() <= limit / claimed_size(proto, type)) return;
  throw Error(Code::ResourceExhausted,
              fmt::format("{}: {}{} repeats one value {} times; at most {} bytes are made so", what, dtype_name(type),
                          shape.to_string(), shape.elements(), limit));
}

}  // namespace

Tensor tensor_from_proto(const proto::TensorProto& proto, std::string_view what, std::int64_t max_filled_bytes) {
  const auto type = static_cast<DType>(proto.dtype());
  const ValueList& list = list_or_throw(type, what);
  const Shape shape = shape_from_proto(proto.tensor_shape(), what);
  if (!proto.tensor_content().empty()) return from_content(proto.tensor_content(), type, shape, what);
  if (proto.ByteSizeLong() < static_cast<std::size_t>(shape.elements())) {
    check_claim(proto, type, shape, what, max_filled_bytes);
  }
  Tensor tensor(type, shape);
  fill_rest(tensor, list.read(proto, shape.elements(), tensor));
  return tensor;
}

std::optional<Tensor> scalar_from_bytes(std::string_view bytes) {
  using Proto = proto::TensorProto;
  auto type = DType::Invalid;
  WireField list;
  WireReader reader(bytes);
  for (WireField field; reader.next(field);) {
    if (field.number == Proto::kDtypeFieldNumber && field.is_varint()) {
      type = static_cast<DType>(field.value);
    } else if (field.number == Proto::kTensorShapeFieldNumber && field.is_bytes()) {
      if (!field.bytes.empty()) return std::nullopt;
    } else if (list.number == 0 && field.is_bytes()) {
      list = field;
    } else {
      return std::nullopt;
    }
  }
  const char* at = list.bytes.data();
  const char* end = at + list.bytes.size();
  if (type == DType::Float32 && list.number == Proto::kFloatValFieldNumber && list.bytes.size() == sizeof(float)) {
    float value = 0;
    std::memcpy(&value, at, sizeof value);
    return Tensor(value);
  }
  std::uint64_t value = 0;
  if (type == DType::Int32 && list.number == Proto::kIntValFieldNumber && read_varint(at, end, value) && at == end) {
    return Tensor(static_cast<std::int32_t>(value));
  }
  if (type == DType::String && list.number == Proto::kStringValFieldNumber) return Tensor(std::string(list.bytes));
  return std::nullopt;
}

void tensor_to_proto(const Tensor& tensor, proto::TensorProto* proto) {
  const ValueList& list = list_or_throw(tensor.dtype(), "a tensor for a graph");
  if (!list.content || tensor.elements() <= 1) {
    filled_to_proto(tensor, tensor.shape(), proto);
    return;
  }
  if (tensor.bytes() >= (std::size_t{1} << 31)) {
    throw Error(Code::InvalidArgument, fmt::format("a constant {}{} of {} bytes: a graph holds none of 2 GiB or more",
                                                   dtype_name(tensor.dtype()), tensor.shape().to_string(),
                                                   tensor.bytes()));
  }
  proto->Clear();
  proto->set_dtype(static_cast<proto::DataType>(tensor.dtype()));
  shape_to_proto(tensor.shape(), proto->mutable_tensor_shape());
  proto->set_tensor_content(tensor.raw(), tensor.bytes());
}

void filled_to_proto(const Tensor& values, const Shape& shape, proto::TensorProto* proto) {
  const ValueList& list = list_or_throw(values.dtype(), "a tensor for a graph");
  constexpr std::int64_t kMostValues = (std::int64_t{1} << 30) - 1;
  if (values.elements() > kMostValues) {
    throw Error(Code::InvalidArgument, fmt::format("a constant of {} values: a graph holds at most {} in a list",
                                                   values.elements(), kMostValues));
  }
  proto->Clear();
  proto->set_dtype(static_cast<proto::DataType>(values.dtype()));
  shape_to_proto(shape, proto->mutable_tensor_shape());
  list.write(values, proto);
}

}  // namespace tenon
