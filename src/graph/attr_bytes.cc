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
      if (entry.key == key) return entry.value;
      if (entry.key > key) return std::nullopt;
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

std::optional<std::string_view> AttrBytes::read(std::string_view node, std::string_view hidden, std::string& scratch) {
  thread_local std::vector<AttrEntry> entries;
  entries.clear();
  bool sorted = true;
  WireReader reader(node);
  for (WireField field; reader.next(field);) {
    if (field.number != kAttr || !field.is_bytes()) continue;
    AttrEntry entry;
    if (!read_canonical(field, entry)) return take_parsed(node, hidden, scratch);
    if (!entries.empty()) {
      const AttrEntry& last = entries.back();
      sorted &= last.key < entry.key && last.whole.data() + last.whole.size() == entry.whole.data();
    }
    entries.push_back(entry);
  }
  return sorted ? take_sorted(entries, hidden) : take_unsorted(entries, hidden);
}

std::optional<std::string_view> AttrBytes::take_sorted(const std::vector<AttrEntry>& entries, std::string_view hidden) {
  if (entries.empty()) return std::nullopt;
  const char* begin = entries.front().whole.data();
  const char* end = entries.back().whole.data() + entries.back().whole.size();
  const auto run = [](const char* from, const char* to) {
    return std::string_view(from, static_cast<std::size_t>(to - from));
  };
  for (const AttrEntry& entry : entries) {
    if (entry.key != hidden) continue;
    first_ = run(begin, entry.whole.data());
    second_ = run(entry.whole.data() + entry.whole.size(), end);
    return entry.value;
  }
  first_ = run(begin, end);
  return std::nullopt;
}

// The last of several entries of one key counts, as in any map.
std::optional<std::string_view> AttrBytes::take_unsorted(std::vector<AttrEntry>& entries, std::string_view hidden) {
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
