#include "graph/attr_value.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "formats/bundle/bundle_reader.h"
#include "formats/message/message_io.h"
#include "formats/message/wire.h"
#include "formats/tensor_proto/tensor_proto.h"
#include "graph.pb.h"

namespace tenon {
namespace {

using proto::AttrValue;

struct Setter {
  AttrValue* attr;

  void operator()(const std::string& value) const { attr->set_s(value); }
  void operator()(std::int64_t value) const { attr->set_i(value); }
  void operator()(float value) const { attr->set_f(value); }
  void operator()(bool value) const { attr->set_b(value); }
  void operator()(DType value) const { attr->set_type(static_cast<proto::DataType>(value)); }
  void operator()(const PartialShape& value) const { partial_shape_to_proto(value, attr->mutable_shape()); }
  void operator()(const Tensor& value) const { tensor_to_proto(value, attr->mutable_tensor()); }
  void operator()(const AnyAttr& value) const { *attr = *value; }
  void operator()(const FunctionName& value) const { attr->mutable_func()->set_name(value.name); }

  void operator()(const std::vector<std::string>& values) const {
    for (const auto& value : values) list()->add_s(value);
  }
  void operator()(const std::vector<std::int64_t>& values) const {
    for (const auto value : values) list()->add_i(value);
  }
  void operator()(const std::vector<float>& values) const {
    for (const auto value : values) list()->add_f(value);
  }
  void operator()(const std::vector<bool>& values) const {
    for (const bool value : values) list()->add_b(value);
  }
  void operator()(const std::vector<DType>& values) const {
    for (const auto value : values) list()->add_type(static_cast<proto::DataType>(value));
  }
  void operator()(const std::vector<PartialShape>& values) const {
    for (const auto& value : values) partial_shape_to_proto(value, list()->add_shape());
  }
  AttrValue::ListValue* list() const { return attr->mutable_list(); }
};

// Writes the bytes of the commonest values without making the message; false for others.
struct PlainWriter {
  std::string& out;

  bool operator()(const std::string& value) const {
    put_bytes_field(out, AttrValue::kSFieldNumber, value);
    return true;
  }
  bool operator()(std::int64_t value) const { return put(AttrValue::kIFieldNumber, static_cast<std::uint64_t>(value)); }
  bool operator()(bool value) const { return put(AttrValue::kBFieldNumber, value ? 1 : 0); }
  bool operator()(DType value) const { return put(AttrValue::kTypeFieldNumber, static_cast<std::uint64_t>(value)); }
  bool operator()(const std::vector<std::string>& values) const {
    std::string list;
    for (const std::string& value : values) put_bytes_field(list, AttrValue::ListValue::kSFieldNumber, value);
    put_bytes_field(out, AttrValue::kListFieldNumber, list);
    return true;
  }
  template <typename Other>
  bool operator()(const Other&) const { return false; }

  bool put(int field, std::uint64_t number) const { return put_varint_field(out, field, number), true; }
};

template <typename List, typename Format>
std::string list_text(const List& list, Format format) {
  std::vector<std::string> parts;
  for (const auto& item : list) parts.push_back(format(item));
  return fmt::format("[{}]", fmt::join(parts, ", "));
}

std::string type_text(int type) { return dtype_enum_name(static_cast<DType>(type)); }

std::string shape_text(const proto::TensorShapeProto& shape) {
  if (shape.unknown_rank()) return "<unknown>";
  return list_text(shape.dim(), [](const auto& dim) { return dim.size() < 0 ? "?" : fmt::to_string(dim.size()); });
}

std::string list_value_text(const AttrValue::ListValue& list) {
  if (list.s_size()) return list_text(list.s(), [](const std::string& s) { return fmt::format("\"{}\"", s); });
  if (list.i_size()) return list_text(list.i(), [](std::int64_t i) { return fmt::to_string(i); });
  if (list.f_size()) return list_text(list.f(), [](float f) { return fmt::to_string(f); });
  if (list.b_size()) return list_text(list.b(), [](bool b) { return std::string(b ? "true" : "false"); });
  if (list.type_size()) return list_text(list.type(), type_text);
  if (list.shape_size()) return list_text(list.shape(), shape_text);
  if (list.func_size()) return list_text(list.func(), [](const auto& f) { return f.name(); });
  return fmt::format("[{} tensors]", list.tensor_size());
}

}  // namespace

void set_attr_value(const AttrInit& value, AttrValue* attr) {
  attr->Clear();
  // An empty list is a list nevertheless.
  if (value.index() >= AttrInit(std::vector<std::string>()).index()) attr->mutable_list();
  std::visit(Setter{attr}, static_cast<const AttrVariant&>(value));
}

void set_attr(Node& node, std::string_view name, const AttrInit& value) {
  std::string bytes;
  if (std::visit(PlainWriter{bytes}, static_cast<const AttrVariant&>(value))) return node.attrs.set_bytes(name, bytes);
  AttrValue attr;
  set_attr_value(value, &attr);
  node.attrs.set(name, attr);
}

std::string core_dtype_name(DType type) {
  const std::string name = message_dtype(base_dtype(type));
  return is_ref(type) ? name + "_ref" : name;
}

std::string attr_text(const AttrValue& attr) {
  switch (attr.value_case()) {
    case AttrValue::kS: return fmt::format("\"{}\"", attr.s());
    case AttrValue::kI: return fmt::to_string(attr.i());
    case AttrValue::kF: return fmt::to_string(attr.f());
    case AttrValue::kB: return attr.b() ? "true" : "false";
    case AttrValue::kType: return type_text(attr.type());
    case AttrValue::kShape: return shape_text(attr.shape());
    case AttrValue::kTensor: return fmt::format("Tensor<type: {}>", type_text(attr.tensor().dtype()));
    case AttrValue::kFunc: return attr.func().name();
    case AttrValue::kPlaceholder: return "$" + attr.placeholder();
    case AttrValue::kList: return list_value_text(attr.list());
    case AttrValue::VALUE_NOT_SET: break;
  }
  return "<unset>";
}

std::string attr_text(std::string_view attr_value) {
  AttrValue attr;
  parse_binary(attr_value, attr);
  return attr_text(attr);
}

}  // namespace tenon
