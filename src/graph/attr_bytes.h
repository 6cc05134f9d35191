// The attributes of a node: the entries of NodeDef.attr as they lie in a file, sorted by key.
//
//   AttrBytes attrs;
//   attrs.set("T", value);
//   if (const auto bytes = attrs.find("T")) AttrView::of(*bytes).as_type();
//
// The attributes of a node from a file are views into the file's bytes, which the graph keeps; a change copies them.
// So graphs of 100,000 nodes open at once, and what nobody changed is written as it was read.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/rare_string.h"
#include "formats/message/wire.h"
#include "graph/attr_view.h"

namespace tenon {

namespace proto {
class AttrValue;
}

struct AttrEntry {
  std::string_view key;
  std::string_view value;  // an AttrValue
  std::string_view whole;  // with tags and lengths, as in a NodeDef
};

// Appends an entry as it stands in a NodeDef.
void put_attr_entry(std::string& out, std::string_view key, std::string_view value);

class AttrBytes {
 public:
  AttrBytes() = default;
  AttrBytes(const AttrBytes&) = delete;
  AttrBytes& operator=(const AttrBytes&) = delete;

  std::optional<std::string_view> find(std::string_view key) const;
  // Unset if there is no such attribute.
  AttrView view(std::string_view key) const {
    const auto bytes = find(key);
    return bytes ? AttrView::of(*bytes) : AttrView();
  }
  void set(std::string_view key, const proto::AttrValue& value);
  // REQUIRES: value is an AttrValue of at most one field.
  void set_bytes(std::string_view key, std::string_view value);
  void erase(std::string_view key);

  // Calls visit(AttrEntry) in the order of the keys.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const std::string_view part : {first_, second_}) {
      std::string_view rest = part;
      while (!rest.empty()) visit(take_entry(rest));
    }
  }

  // Takes the attributes of a NodeDef, but for `hidden`, whose value it returns (from `node` or `scratch`); `attrs` are
  // the fields of `node` from the first attribute on. What is as we would write it stays in `node`, which must outlive
  // this object.
  std::optional<std::string_view> read(std::string_view node, std::string_view attrs, std::string_view hidden,
                                       std::string& scratch);

 private:
  static AttrEntry take_entry(std::string_view& rest);
  std::optional<std::string_view> take_unsorted(std::string_view attrs, std::string_view hidden);
  std::optional<std::string_view> take_parsed(std::string_view node, std::string_view hidden, std::string& scratch);
  std::string& own();  // makes everything one string of our own
  void see_own() {
    first_ = own_.str();
    second_ = {};
  }

  // Two runs of entries, between which the hidden one may lie.
  std::string_view first_, second_;
  RareString own_;
};

// Entries here are canonical: one byte for each tag, the key, then the value.
inline AttrEntry AttrBytes::take_entry(std::string_view& rest) {
  const char* at = rest.data() + 1;
  const char* end = rest.data() + rest.size();
  std::uint64_t size = 0;
  AttrEntry entry;
  const auto take = [&] {
    read_varint(at, end, size);
    const std::string_view bytes(at, static_cast<std::size_t>(size));
    at += size;
    return bytes;
  };
  const std::string_view inside = take();
  at = inside.data() + 1;
  entry.key = take();
  ++at;
  entry.value = take();
  entry.whole = {rest.data(), static_cast<std::size_t>(at - rest.data())};
  rest.remove_prefix(entry.whole.size());
  return entry;
}

}  // namespace tenon
