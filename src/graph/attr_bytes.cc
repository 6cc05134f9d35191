#include "graph/attr_bytes.h"

#include <algorithm>
#include <map>

#include "formats/message/message_io.h"
#include "graph.pb.h"

namespace tenon {
namespace {

constexpr int kAttr = proto::NodeDef::kAttrFieldNumber;
constexpr char kEntryTag = kAttr << 3 | 2, kKeyTag = kMapKey << 3 | 2, kValueTag = kMapValue << 3 | 2;

// Takes a run of bytes behind a tag; false if something else is there.
bool take_run(const char*& at, const char* end, char tag, std::string_view& run) {
  std::uint64_t size = 0;
  if (at == end || *at++ != tag || !read_varint(at, end, size) || size > static_cast<std::uint64_t>(end - at))
    return false;
  run = {at, static_cast<std::size_t>(size)};
  at += size;
  return true;
}

// An entry as put_attr_entry writes it, the value being of one field; false for the other forms that protobuf allows.
bool read_canonical(const WireField& field, AttrEntry& entry) {
  const char* at = field.bytes.data();
  const char* end = at + field.bytes.size();
  if (field.whole[0] != kEntryTag || !take_run(at, end, kKeyTag, entry.key)) return false;
  if (!take_run(at, end, kValueTag, entry.value) || at != end || !is_plain_attr(entry.value)) return false;
  entry.whole = field.whole;
  return true;
}

const char* end_of(std::string_view bytes) { return bytes.data() + bytes.size(); }

}  // namespace

void put_attr_entry(std::string& out, std::string_view key, std::string_view value) {
  begin_bytes_field(out, kAttr, bytes_field_size(key.size()) + bytes_field_size(value.size()));
  put_bytes_field(out, kMapKey, key);
  put_bytes_field(out, kMapValue, value);
}

std::optional<std::string_view> AttrBytes::find(std::string_view key) const {
  for (const std::string_view part : {first_, second_}) {
    std::string_view rest = part;
    while (!rest.empty()) {
      const AttrEntry entry = take_entry(rest);
      const int order = entry.key.compare(key);
      if (order == 0) return entry.value;
      if (order > 0) return std::nullopt;
    }
  }
  return std::nullopt;
}

std::string& AttrBytes::own() {
  if (first_.data() != own_.str().data() || !second_.empty()) {
    std::string all;
    all.reserve(first_.size() + second_.size());
    all.append(first_).append(second_);
    own_.edit() = std::move(all);
    see_own();
  }
  return own_.edit();
}

void AttrBytes::set(std::string_view key, const proto::AttrValue& value) { set_bytes(key, to_binary(value)); }

void AttrBytes::set_bytes(std::string_view key, std::string_view value) {
  std::string entry;
  put_attr_entry(entry, key, value);
  std::string& all = own();
  std::string_view rest = all;
  std::size_t at = 0, replaced = 0;
  while (!rest.empty()) {
    const AttrEntry next = take_entry(rest);
    if (next.key == key) replaced = next.whole.size();
    if (next.key >= key) break;
    at = all.size() - rest.size();
  }
  all.replace(at, replaced, entry);
  see_own();
}

void AttrBytes::erase(std::string_view key) {
  if (!find(key)) return;
  std::string& all = own();
  std::string_view rest = all;
  while (!rest.empty()) {
    const std::size_t at = all.size() - rest.size();
    const AttrEntry entry = take_entry(rest);
    if (entry.key != key) continue;
    all.erase(at, entry.whole.size());
    break;
  }
  see_own();
}

std::optional<std::string_view> AttrBytes::read(std::string_view node, std::string_view attrs, std::string_view hidden,
                                                std::string& scratch) {
  AttrEntry last, found;
  const char* begin = nullptr;
  bool sorted = true;
  WireReader reader(attrs);
  for (WireField field; reader.next(field);) {
    if (field.number != kAttr || !field.is_bytes()) continue;
    AttrEntry entry;
    if (!read_canonical(field, entry)) return take_parsed(node, hidden, scratch);
    if (begin == nullptr) begin = entry.whole.data();
    else sorted &= last.key < entry.key && end_of(last.whole) == entry.whole.data();
    if (entry.key == hidden) found = entry;
    last = entry;
  }
  if (begin == nullptr) return std::nullopt;
  if (!sorted) return take_unsorted(attrs, hidden);
  const auto run = [](const char* from, const char* to) {
    return std::string_view(from, static_cast<std::size_t>(to - from));
  };
  if (found.whole.empty()) {
    first_ = run(begin, end_of(last.whole));
    return std::nullopt;
  }
  first_ = run(begin, found.whole.data());
  second_ = run(end_of(found.whole), end_of(last.whole));
  return found.value;
}

// The last of several entries of one key counts, as in any map. REQUIRES: all are canonical
std::optional<std::string_view> AttrBytes::take_unsorted(std::string_view attrs, std::string_view hidden) {
  std::vector<AttrEntry> entries;
  WireReader reader(attrs);
  for (WireField field; reader.next(field);) {
    if (field.number == kAttr && field.is_bytes()) read_canonical(field, entries.emplace_back());
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const AttrEntry& a, const AttrEntry& b) { return a.key < b.key; });
  std::optional<std::string_view> found;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i + 1 < entries.size() && entries[i + 1].key == entries[i].key) continue;
    if (entries[i].key == hidden) found = entries[i].value;
    else own_.edit() += entries[i].whole;
  }
  see_own();
  return found;
}

// By way of the message: whatever protobuf understands.
std::optional<std::string_view> AttrBytes::take_parsed(std::string_view node, std::string_view hidden,
                                                       std::string& scratch) {
  proto::NodeDef def;
  parse_binary(node, def);
  std::map<std::string_view, std::string> values;
  for (const auto& [key, value] : def.attr()) values.emplace(key, to_binary(value));
  std::optional<std::string_view> found;
  for (auto& [key, value] : values) {
    if (key == hidden) found = scratch = std::move(value);
    else put_attr_entry(own_.edit(), key, value);
  }
  see_own();
  return found;
}

}  // namespace tenon
