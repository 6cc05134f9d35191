// One attribute as it lies in a file: the bytes of an AttrValue, looked at without making the message.
//
//   const AttrView attr = AttrView::of(bytes);
//   if (attr.kind == AttrKind::Int) attr.number;
//   for_each_type(attr, [](DType type) { ... });
//
// REQUIRES throughout: the bytes are an AttrValue of one field, as AttrBytes keeps them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "formats/message/wire.h"
#include "tenon/dtype.h"

namespace tenon {

// The field numbers of AttrValue; Unset is none.
enum class AttrKind : std::uint8_t {
  Unset = 0,
  List = 1,
  String = 2,
  Int = 3,
  Float = 4,
  Bool = 5,
  Type = 6,
  Shape = 7,
  Tensor = 8,
  Placeholder = 9,
  Func = 10,
};

// The field numbers of AttrValue.ListValue.
enum class ListKind : std::uint8_t { Empty = 0, String = 2, Int, Float, Bool, Type, Shape, Tensor, Func };

struct AttrView {
  AttrKind kind = AttrKind::Unset;
  std::uint64_t number = 0;  // Int, Float (its bits), Bool, Type
  std::string_view bytes;    // List, String, Shape, Tensor, Placeholder, Func

  static AttrView of(std::string_view value);
  std::int64_t as_int() const { return static_cast<std::int64_t>(number); }
  float as_float() const { return float_of(number); }
  bool as_bool() const { return number != 0; }
  DType as_type() const { return static_cast<DType>(static_cast<int>(number)); }
};

// Whether the bytes are an AttrValue of at most one field that this version of the message knows, in its shortest form.
bool is_plain_attr(std::string_view value);

// What a list holds, by its first elements; how many.
ListKind list_kind(const AttrView& list);
std::int64_t list_size(const AttrView& list);

// "int", "list(type)", ... as an OpDef says it; "" for Unset, "list()" for an empty list.
std::string_view attr_kind(const AttrView& attr);

// Calls visit(number) for the elements of a list of ints, bools or types, packed or not; visit(field) for those of
// other lists.
template <typename Visit>
void for_each_number(const AttrView& list, ListKind kind, Visit&& visit) {
  WireReader reader(list.bytes);
  for (WireField field; reader.next(field);) {
    if (field.number != static_cast<int>(kind)) continue;
    if (field.is_varint()) visit(field.value);
    if (!field.is_bytes()) continue;
    const char* at = field.bytes.data();
    const char* end = at + field.bytes.size();
    for (std::uint64_t value = 0; at != end && read_varint(at, end, value);) visit(value);
  }
}

template <typename Visit>
void for_each_type(const AttrView& list, Visit&& visit) {
  for_each_number(list, ListKind::Type,
                  [&](std::uint64_t number) { visit(static_cast<DType>(static_cast<int>(number))); });
}

template <typename Visit>
void for_each_float(const AttrView& list, Visit&& visit) {
  WireReader reader(list.bytes);
  for (WireField field; reader.next(field);) {
    if (field.number != static_cast<int>(ListKind::Float)) continue;
    if (field.is_fixed32()) visit(float_of(field.value));
    if (!field.is_bytes()) continue;
    for (std::size_t at = 0; at + sizeof(float) <= field.bytes.size(); at += sizeof(float)) {
      float value = 0;
      std::memcpy(&value, field.bytes.data() + at, sizeof value);
      visit(value);
    }
  }
}

template <typename Visit>
void for_each_bytes(const AttrView& list, ListKind kind, Visit&& visit) {
  WireReader reader(list.bytes);
  for (WireField field; reader.next(field);) {
    if (field.number == static_cast<int>(kind) && field.is_bytes()) visit(field.bytes);
  }
}

}  // namespace tenon
