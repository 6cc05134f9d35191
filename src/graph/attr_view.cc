#include "graph/attr_view.h"

#include <array>
#include <cstring>

namespace tenon {
namespace {

struct KindOfField {
  WireType type;
  std::string_view name;
};

// By field number.
constexpr std::array<KindOfField, 11> kKinds = {{{WireType::EndGroup, ""},
                                                 {WireType::Bytes, "list()"},
                                                 {WireType::Bytes, "string"},
                                                 {WireType::Varint, "int"},
                                                 {WireType::Fixed32, "float"},
                                                 {WireType::Varint, "bool"},
                                                 {WireType::Varint, "type"},
                                                 {WireType::Bytes, "shape"},
                                                 {WireType::Bytes, "tensor"},
                                                 {WireType::Bytes, "placeholder"},
                                                 {WireType::Bytes, "func"}}};

constexpr std::array<std::string_view, 10> kListNames = {
    "list()",     "",           "list(string)", "list(int)",    "list(float)",
    "list(bool)", "list(type)", "list(shape)",  "list(tensor)", "list(func)"};

// The field at `at`, with a tag of one byte; steps over it.
bool read_value(const char*& at, const char* end, AttrView& view) {
  const auto tag = static_cast<std::uint8_t>(*at++);
  if (tag >> 3 >= static_cast<int>(kKinds.size()) || static_cast<WireType>(tag & 7) != kKinds[tag >> 3].type)
    return false;
  view.kind = static_cast<AttrKind>(tag >> 3);
  if (kKinds[tag >> 3].type == WireType::Fixed32) {
    if (end - at < 4) return false;
    std::uint32_t bits = 0;
    std::memcpy(&bits, at, sizeof bits);
    view.number = bits;
    at += sizeof bits;
    return true;
  }
  std::uint64_t number = 0;
  if (!read_varint(at, end, number)) return false;
  if (kKinds[tag >> 3].type == WireType::Varint) {
    view.number = number;
    return true;
  }
  if (number > static_cast<std::uint64_t>(end - at)) return false;
  view.bytes = {at, static_cast<std::size_t>(number)};
  at += number;
  return true;
}

}  // namespace

AttrView AttrView::of(std::string_view value) {
  AttrView view;
  const char* at = value.data();
  if (value.empty() || !read_value(at, at + value.size(), view)) return {};
  return view;
}

bool is_plain_attr(std::string_view value) {
  AttrView view;
  const char* at = value.data();
  const char* end = at + value.size();
  return value.empty() || (read_value(at, end, view) && at == end);
}

ListKind list_kind(const AttrView& list) {
  int least = 0;
  WireReader reader(list.bytes);
  for (WireField field; reader.next(field);) {
    const bool known = field.number >= 2 && field.number <= static_cast<int>(ListKind::Func);
    const bool empty = field.is_bytes() && field.bytes.empty() && field.number >= 3 && field.number <= 6;
    if (known && !empty && (least == 0 || field.number < least)) least = field.number;
  }
  return static_cast<ListKind>(least);
}

std::int64_t list_size(const AttrView& list) {
  std::int64_t size = 0;
  WireReader reader(list.bytes);
  for (WireField field; reader.next(field);) {
    const auto kind = static_cast<ListKind>(field.number);
    if (!field.is_bytes() || field.number == 2 || field.number > 6) {
      ++size;
    } else if (kind == ListKind::Float) {
      size += static_cast<std::int64_t>(field.bytes.size() / sizeof(float));
    } else {
      // A varint ends with a byte below 0x80.
      for (const char byte : field.bytes) size += static_cast<std::uint8_t>(byte) < 0x80;
    }
  }
  return size;
}

std::string_view attr_kind(const AttrView& attr) {
  if (attr.kind == AttrKind::List) return kListNames[static_cast<std::size_t>(list_kind(attr))];
  return kKinds[static_cast<std::size_t>(attr.kind)].name;
}

}  // namespace tenon
