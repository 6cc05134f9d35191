#include "formats/meta_graph/bytes_list.h"

#include <algorithm>

#include "formats/message/wire.h"
#include "meta_graph.pb.h"

namespace tenon {
namespace {

// The content of a message's only field; false if it has others, or is that of another kind.
bool read_only_field(std::string_view message, int number, std::string_view& content) {
  WireReader reader(message);
  WireField field;
  if (!reader.next(field) || field.number != number || !field.is_bytes()) return false;
  content = field.bytes;
  return field.whole.size() == message.size();
}

// Others would have to be UTF-8.
bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

bool read_bytes_list(std::string_view entry, BytesList& list) {
  WireReader reader(entry);
  WireField key, value;
  if (!reader.next(key) || key.number != kMapKey || !key.is_bytes() || !is_ascii(key.bytes)) return false;
  if (!reader.next(value) || value.number != kMapValue || !value.is_bytes()) return false;
  if (key.whole.size() + value.whole.size() != entry.size()) return false;
  std::string_view bytes_list;
  if (!read_only_field(value.bytes, proto::CollectionDef::kBytesListFieldNumber, bytes_list)) return false;
  list.collection = key.bytes;
  list.items.clear();
  WireReader items(bytes_list);
  for (WireField item; items.next(item);) {
    if (item.number != proto::CollectionDef::BytesList::kValueFieldNumber || !item.is_bytes()) return false;
    list.items.push_back(item.bytes);
  }
  return !items.failed();
}

}  // namespace tenon
