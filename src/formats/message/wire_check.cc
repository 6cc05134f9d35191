#include "formats/message/wire_check.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include <google/protobuf/descriptor.h>

#include "formats/message/message_io.h"
#include "formats/message/wire.h"

namespace tenon {

namespace pb = google::protobuf;

namespace {

// What the bytes of one field must look like. A field of another wire type is an unknown field.
struct Rule {
  enum class Content : std::uint8_t { Unknown, Plain, Text, Message, Packed };
  Content content = Content::Unknown;       // of a field of wire type Bytes
  WireType element = WireType::Varint;      // of a packed list
  const MessageSchema* message = nullptr;
};

}  // namespace

// The rules by field number.
struct MessageSchema {
  std::vector<Rule> rules;
};

namespace {

WireType wire_type(pb::FieldDescriptor::Type type) {
  switch (type) {
    case pb::FieldDescriptor::TYPE_DOUBLE:
    case pb::FieldDescriptor::TYPE_FIXED64:
    case pb::FieldDescriptor::TYPE_SFIXED64: return WireType::Fixed64;
    case pb::FieldDescriptor::TYPE_FLOAT:
    case pb::FieldDescriptor::TYPE_FIXED32:
    case pb::FieldDescriptor::TYPE_SFIXED32: return WireType::Fixed32;
    default: return WireType::Varint;
  }
}

// Schemas of the types that were asked for, and of those inside them.
class Schemas {
 public:
  static Schemas& instance() {
    static Schemas schemas;
    return schemas;
  }

  const MessageSchema& of(const pb::Descriptor& type) {
    const std::lock_guard lock(mutex_);
    return make(type);
  }

 private:
  MessageSchema& make(const pb::Descriptor& type) {
    const auto [found, added] = known_.try_emplace(&type);
    if (!added) return *found->second;
    found->second = std::make_unique<MessageSchema>();
    MessageSchema& schema = *found->second;
    for (int i = 0; i < type.field_count(); ++i) {
      const pb::FieldDescriptor& field = *type.field(i);
      const auto number = static_cast<std::size_t>(field.number());
      if (schema.rules.size() <= number) schema.rules.resize(number + 1);
      schema.rules[number] = rule(field);
    }
    return schema;
  }

  Rule rule(const pb::FieldDescriptor& field) {
    switch (field.type()) {
      case pb::FieldDescriptor::TYPE_STRING: return {Rule::Content::Text, {}, nullptr};
      case pb::FieldDescriptor::TYPE_BYTES: return {Rule::Content::Plain, {}, nullptr};
      case pb::FieldDescriptor::TYPE_MESSAGE: return {Rule::Content::Message, {}, &make(*field.message_type())};
      default:
        if (field.is_repeated()) return {Rule::Content::Packed, wire_type(field.type()), nullptr};
        return {};
    }
  }

  std::mutex mutex_;
  std::unordered_map<const pb::Descriptor*, std::unique_ptr<MessageSchema>> known_;
};

template <typename Word>
bool is_ascii(const char* at) {
  Word word = 0;
  std::memcpy(&word, at, sizeof word);
  return (word & static_cast<Word>(0x8080808080808080)) == 0;
}

// Whole words, the last two of which may overlap.
bool is_ascii(std::string_view text) {
  const char* at = text.data();
  const char* end = at + text.size();
  if (text.size() >= 8) {
    for (; end - at > 8; at += 8) {
      if (!is_ascii<std::uint64_t>(at)) return false;
    }
    return is_ascii<std::uint64_t>(end - 8);
  }
  if (text.size() >= 4) return is_ascii<std::uint32_t>(at) && is_ascii<std::uint32_t>(end - 4);
  return std::all_of(at, end, [](char c) { return static_cast<std::uint8_t>(c) < 0x80; });
}

bool is_utf8(std::string_view text) {
  if (is_ascii(text)) return true;
  const auto* at = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto* end = at + text.size();
  while (at != end) {
    if (*at < 0x80) {
      ++at;
      continue;
    }
    const int length = *at >= 0xf0 ? 4 : *at >= 0xe0 ? 3 : 2;
    if (*at < 0xc2 || *at > 0xf4 || end - at < length) return false;
    for (int i = 1; i < length; ++i) {
      if ((at[i] & 0xc0) != 0x80) return false;
    }
    // Longer than needed, surrogates, beyond U+10FFFF.
    if ((*at == 0xe0 && at[1] < 0xa0) || (*at == 0xed && at[1] > 0x9f)) return false;
    if ((*at == 0xf0 && at[1] < 0x90) || (*at == 0xf4 && at[1] > 0x8f)) return false;
    at += length;
  }
  return true;
}

bool is_packed(std::string_view bytes, WireType element) {
  if (element == WireType::Fixed32) return bytes.size() % 4 == 0;
  if (element == WireType::Fixed64) return bytes.size() % 8 == 0;
  const char* at = bytes.data();
  const char* end = at + bytes.size();
  std::uint64_t value = 0;
  while (at != end) {
    if (!read_varint(at, end, value)) return false;
  }
  return true;
}

bool check(const char* at, const char* end, const MessageSchema& schema, int levels);

// The bytes of a field.
bool check_content(std::size_t number, std::string_view bytes, const MessageSchema& schema, int levels) {
  if (number >= schema.rules.size()) return true;
  const Rule& rule = schema.rules[number];
  switch (rule.content) {
    case Rule::Content::Message:
      return levels > 0 && check(bytes.data(), bytes.data() + bytes.size(), *rule.message, levels - 1);
    case Rule::Content::Text: return is_utf8(bytes);
    case Rule::Content::Packed: return is_packed(bytes, rule.element);
    default: return true;
  }
}

bool check(const char* at, const char* end, const MessageSchema& schema, int levels) {
  while (at != end) {
    std::uint64_t tag = 0, value = 0;
    if (!read_varint(at, end, tag) || tag < 8 || tag > UINT32_MAX) return false;
    const auto type = static_cast<WireType>(tag & 7);
    if (type == WireType::Varint) {
      if (!read_varint(at, end, value)) return false;
      continue;
    }
    const std::size_t number = tag >> 3;
    if (type != WireType::Bytes) {
      at = read_rare(type, static_cast<int>(number), at, end).end;
      if (at == nullptr) return false;
      continue;
    }
    if (!read_varint(at, end, value) || value > static_cast<std::uint64_t>(end - at)) return false;
    if (!check_content(number, {at, static_cast<std::size_t>(value)}, schema, levels)) return false;
    at += value;
  }
  return true;
}

}  // namespace

MessageCheck::MessageCheck(const pb::Descriptor& type) : schema_(Schemas::instance().of(type)) {}

bool MessageCheck::operator()(std::string_view bytes, int levels) const {
  return check(bytes.data(), bytes.data() + bytes.size(), schema_, levels);
}

bool MessageCheck::content(int number, std::string_view bytes, int levels) const {
  return check_content(static_cast<std::size_t>(number), bytes, schema_, levels);
}

}  // namespace tenon
