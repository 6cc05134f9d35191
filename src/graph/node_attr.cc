// Node::attr<T> and Operation::attr<T>.
#include <fmt/format.h>

#include <limits>

#include "formats/tensor_proto/tensor_proto.h"
#include "graph.pb.h"
#include "graph/attr_value.h"
#include "graph/graph_impl.h"
#include "graph/node.h"
#include "tenon/error.h"
#include "tenon/graph.h"

namespace tenon {
namespace {

using proto::AttrValue;

// One attribute being read: knows whom to blame.
struct Reader {
  const Node& node;
  std::string_view name;
  const AttrValue& value;

  [[noreturn]] void fail(std::string_view wanted) const {
    throw Error(Code::InvalidArgument, fmt::format("{}: attribute {} is {} {}, not {}", describe(node), name,
                                                   attr_kind(value), attr_text(value), wanted));
  }
  void expect(AttrValue::ValueCase kind, std::string_view wanted) const {
    if (value.value_case() != kind) fail(wanted);
  }
  std::string where() const { return fmt::format("{}: attribute {}", describe(node), name); }
};

void read(const Reader& reader, std::string& result) {
  // A function is known by its name.
  if (reader.value.value_case() == AttrValue::kFunc) {
    result = reader.value.func().name();
    return;
  }
  reader.expect(AttrValue::kS, "a string");
  result = reader.value.s();
}

void read(const Reader& reader, std::int64_t& result) {
  reader.expect(AttrValue::kI, "an int");
  result = reader.value.i();
}

int to_int(const Reader& reader, std::int64_t value) {
  if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max()) {
    reader.fail("an int of 32 bits");
  }
  return static_cast<int>(value);
}

void read(const Reader& reader, int& result) {
  reader.expect(AttrValue::kI, "an int");
  result = to_int(reader, reader.value.i());
}

void read(const Reader& reader, float& result) {
  reader.expect(AttrValue::kF, "a float");
  result = reader.value.f();
}

void read(const Reader& reader, bool& result) {
  reader.expect(AttrValue::kB, "a bool");
  result = reader.value.b();
}

void read(const Reader& reader, DType& result) {
  reader.expect(AttrValue::kType, "a type");
  result = static_cast<DType>(reader.value.type());
}

void read(const Reader& reader, PartialShape& result) {
  reader.expect(AttrValue::kShape, "a shape");
  result = partial_shape_from_proto(reader.value.shape(), reader.where());
}

void read(const Reader& reader, Tensor& result) {
  reader.expect(AttrValue::kTensor, "a tensor");
  result = tensor_from_proto(reader.value.tensor(), reader.where());
}

// A list without entries does not say of what it is one.
const AttrValue::ListValue& list_of(const Reader& reader, std::string_view kind) {
  static const AttrValue::ListValue none;
  if (reader.value.value_case() == AttrValue::VALUE_NOT_SET) return none;
  const std::string_view found = attr_kind(reader.value);
  if (found != kind && found != "list()") reader.fail(kind);
  return reader.value.list();
}

void read(const Reader& reader, std::vector<std::string>& result) {
  const bool functions = attr_kind(reader.value) == "list(func)";
  const auto& list = list_of(reader, functions ? "list(func)" : "list(string)");
  for (const auto& item : list.s()) result.push_back(item);
  for (const auto& item : list.func()) result.push_back(item.name());
}

void read(const Reader& reader, std::vector<std::int64_t>& result) {
  const auto& list = list_of(reader, "list(int)").i();
  result.assign(list.begin(), list.end());
}

void read(const Reader& reader, std::vector<int>& result) {
  for (const auto item : list_of(reader, "list(int)").i()) result.push_back(to_int(reader, item));
}

void read(const Reader& reader, std::vector<float>& result) {
  const auto& list = list_of(reader, "list(float)").f();
  result.assign(list.begin(), list.end());
}

void read(const Reader& reader, std::vector<bool>& result) {
  const auto& list = list_of(reader, "list(bool)").b();
  result.assign(list.begin(), list.end());
}

void read(const Reader& reader, std::vector<DType>& result) {
  for (const int item : list_of(reader, "list(type)").type()) result.push_back(static_cast<DType>(item));
}

void read(const Reader& reader, std::vector<PartialShape>& result) {
  for (const auto& item : list_of(reader, "list(shape)").shape()) result.push_back(partial_shape_from_proto(item, reader.where()));
}

void read(const Reader& reader, std::vector<Tensor>& result) {
  for (const auto& item : list_of(reader, "list(tensor)").tensor()) {
    result.push_back(tensor_from_proto(item, reader.where()));
  }
}

}  // namespace

template <typename T>
T Node::attr(std::string_view attr) const {
  const AttrValue* value = find_attr(attr);
  if (!value) throw Error(Code::NotFound, fmt::format("{} has no attribute {}", describe(*this), attr));
  T result{};
  read(Reader{*this, attr, *value}, result);
  return result;
}

template <typename T>
T Operation::attr(std::string_view name) const {
  return node()->attr<T>(name);
}

#define TENON_ATTR_TYPE(...)                                        \
  template __VA_ARGS__ Node::attr<__VA_ARGS__>(std::string_view) const; \
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
