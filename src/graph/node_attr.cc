// Node::attr<T> and Operation::attr<T>.
#include <fmt/format.h>

#include <limits>

#include "formats/message/message_io.h"
#include "formats/tensor_proto/tensor_proto.h"
#include "graph.pb.h"
#include "graph/attr_value.h"
#include "graph/attr_view.h"
#include "graph/graph_impl.h"
#include "graph/node.h"
#include "tenon/error.h"
#include "tenon/graph.h"

namespace tenon {
namespace {

constexpr int kFunctionName = proto::NameAttrList::kNameFieldNumber;

// One attribute being read: knows whom to blame.
struct Reader {
  const Node& node;
  std::string_view name;
  std::string_view bytes;
  AttrView value;

  [[noreturn]] void fail(std::string_view wanted) const {
    throw Error(Code::InvalidArgument, fmt::format("{}: attribute {} is {} {}, not {}", describe(node), name,
                                                   attr_kind(value), attr_text(bytes), wanted));
  }
  void expect(AttrKind kind, std::string_view wanted) const {
    if (value.kind != kind) fail(wanted);
  }
  std::string where() const { return fmt::format("{}: attribute {}", describe(node), name); }
};

std::string_view function_name(std::string_view function) {
  std::string_view name;
  WireReader reader(function);
  for (WireField field; reader.next(field);) {
    if (field.number == kFunctionName && field.is_bytes()) name = field.bytes;
  }
  return name;
}

PartialShape shape_of(const Reader& reader, std::string_view bytes) {
  try {
    return partial_shape_from_bytes(bytes);
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("{}: {}", reader.where(), error.what()));
  }
}

Tensor tensor_of(const Reader& reader, std::string_view bytes) {
  if (auto scalar = scalar_from_bytes(bytes)) return *std::move(scalar);
  proto::TensorProto tensor;
  parse_binary(bytes, tensor);
  return tensor_from_proto(tensor, reader.where());
}

int to_int(const Reader& reader, std::int64_t value) {
  if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max()) {
    reader.fail("an int of 32 bits");
  }
  return static_cast<int>(value);
}

void read(const Reader& reader, std::string& result) {
  // A function is known by its name.
  if (reader.value.kind == AttrKind::Func) {
    result = function_name(reader.value.bytes);
    return;
  }
  reader.expect(AttrKind::String, "a string");
  result = reader.value.bytes;
}

void read(const Reader& reader, std::int64_t& result) {
  reader.expect(AttrKind::Int, "an int");
  result = reader.value.as_int();
}

void read(const Reader& reader, int& result) {
  reader.expect(AttrKind::Int, "an int");
  result = to_int(reader, reader.value.as_int());
}

void read(const Reader& reader, float& result) {
  reader.expect(AttrKind::Float, "a float");
  result = reader.value.as_float();
}

void read(const Reader& reader, bool& result) {
  reader.expect(AttrKind::Bool, "a bool");
  result = reader.value.as_bool();
}

void read(const Reader& reader, DType& result) {
  reader.expect(AttrKind::Type, "a type");
  result = reader.value.as_type();
}

void read(const Reader& reader, PartialShape& result) {
  reader.expect(AttrKind::Shape, "a shape");
  result = shape_of(reader, reader.value.bytes);
}

void read(const Reader& reader, Tensor& result) {
  reader.expect(AttrKind::Tensor, "a tensor");
  result = tensor_of(reader, reader.value.bytes);
}

// A list without entries does not say of what it is one; nor does a value that is not set.
AttrView list_of(const Reader& reader, ListKind kind, std::string_view wanted) {
  if (reader.value.kind == AttrKind::Unset) return {};
  if (reader.value.kind != AttrKind::List) reader.fail(wanted);
  const ListKind found = list_kind(reader.value);
  if (found != kind && found != ListKind::Empty) reader.fail(wanted);
  return reader.value;
}

void read(const Reader& reader, std::vector<std::string>& result) {
  const bool functions = reader.value.kind == AttrKind::List && list_kind(reader.value) == ListKind::Func;
  if (functions) {
    for_each_bytes(reader.value, ListKind::Func,
                   [&](std::string_view item) { result.emplace_back(function_name(item)); });
    return;
  }
  for_each_bytes(list_of(reader, ListKind::String, "list(string)"), ListKind::String,
                 [&](std::string_view item) { result.emplace_back(item); });
}

void read(const Reader& reader, std::vector<std::int64_t>& result) {
  for_each_number(list_of(reader, ListKind::Int, "list(int)"), ListKind::Int,
                  [&](std::uint64_t item) { result.push_back(static_cast<std::int64_t>(item)); });
}

void read(const Reader& reader, std::vector<int>& result) {
  for_each_number(list_of(reader, ListKind::Int, "list(int)"), ListKind::Int,
                  [&](std::uint64_t item) { result.push_back(to_int(reader, static_cast<std::int64_t>(item))); });
}

void read(const Reader& reader, std::vector<float>& result) {
  for_each_float(list_of(reader, ListKind::Float, "list(float)"), [&](float item) { result.push_back(item); });
}

void read(const Reader& reader, std::vector<bool>& result) {
  for_each_number(list_of(reader, ListKind::Bool, "list(bool)"), ListKind::Bool,
                  [&](std::uint64_t item) { result.push_back(item != 0); });
}

void read(const Reader& reader, std::vector<DType>& result) {
  for_each_type(list_of(reader, ListKind::Type, "list(type)"), [&](DType item) { result.push_back(item); });
}

void read(const Reader& reader, std::vector<PartialShape>& result) {
  for_each_bytes(list_of(reader, ListKind::Shape, "list(shape)"), ListKind::Shape,
                 [&](std::string_view item) { result.push_back(shape_of(reader, item)); });
}

void read(const Reader& reader, std::vector<Tensor>& result) {
  for_each_bytes(list_of(reader, ListKind::Tensor, "list(tensor)"), ListKind::Tensor,
                 [&](std::string_view item) { result.push_back(tensor_of(reader, item)); });
}

}  // namespace

template <typename T>
T Node::read_attr(std::string_view name, std::string_view bytes) const {
  T result{};
  read(Reader{*this, name, bytes, AttrView::of(bytes)}, result);
  return result;
}

template <typename T>
T Node::attr(std::string_view attr) const {
  const auto bytes = attrs.find(attr);
  if (!bytes) throw Error(Code::NotFound, fmt::format("{} has no attribute {}", describe(*this), attr));
  return read_attr<T>(attr, *bytes);
}

PartialShape Node::tensor_attr_shape(std::string_view attr) const {
  const auto bytes = attrs.find(attr);
  if (!bytes) throw Error(Code::NotFound, fmt::format("{} has no attribute {}", describe(*this), attr));
  const Reader reader{*this, attr, *bytes, AttrView::of(*bytes)};
  reader.expect(AttrKind::Tensor, "a tensor");
  PartialShape shape = PartialShape::scalar();
  WireReader fields(reader.value.bytes);
  for (WireField field; fields.next(field);) {
    if (field.number == proto::TensorProto::kTensorShapeFieldNumber && field.is_bytes()) {
      shape = shape_of(reader, field.bytes);
    }
  }
  return shape;
}

template <typename T>
T Operation::attr(std::string_view name) const {
  return node()->attr<T>(name);
}

#define TENON_ATTR_TYPE(...)                                        \
  template __VA_ARGS__ Node::attr<__VA_ARGS__>(std::string_view) const; \
  template __VA_ARGS__ Node::read_attr<__VA_ARGS__>(std::string_view, std::string_view) const; \
  template __VA_ARGS__ Operation::attr<__VA_ARGS__>(std::string_view) const;

TENON_ATTR_TYPE(std::string)
TENON_ATTR_TYPE(std::int64_t)
TENON_ATTR_TYPE(int)
TENON_ATTR_TYPE(float)
TENON_ATTR_TYPE(bool)
TENON_ATTR_TYPE(DType)
TENON_ATTR_TYPE(PartialShape)
TENON_ATTR_TYPE(Tensor)
TENON_ATTR_TYPE(std::vector<std::string>)
TENON_ATTR_TYPE(std::vector<std::int64_t>)
TENON_ATTR_TYPE(std::vector<int>)
TENON_ATTR_TYPE(std::vector<float>)
TENON_ATTR_TYPE(std::vector<bool>)
TENON_ATTR_TYPE(std::vector<DType>)
TENON_ATTR_TYPE(std::vector<PartialShape>)
TENON_ATTR_TYPE(std::vector<Tensor>)
#undef TENON_ATTR_TYPE

}  // namespace tenon
