#include "formats/meta_graph/damage.h"

#include <functional>
#include <memory>

#include <fmt/format.h>

#include "base/byte_reader.h"
#include "formats/message/message_io.h"
#include "meta_graph.pb.h"
#include "tenon/error.h"

namespace tenon {
namespace {

// Called with number and bytes of each length-delimited field and the place of the bytes in the file; returns what is
// wrong with it, or nothing.
using Visit = std::function<std::string(int field, std::string_view bytes, std::uint64_t at)>;

std::string walk(std::string_view bytes, const std::string& file, std::uint64_t at, const Visit& visit) {
  ByteReader reader(bytes, file, at);
  while (!reader.at_end()) {
    const std::uint64_t tag = reader.varint64("tag of a field");
    const int field = static_cast<int>(tag >> 3 & 0x1fffffff);
    switch (tag & 7) {
      case 0: reader.varint64("a number"); break;
      case 1: reader.skip(8, "a number"); break;
      case 5: reader.skip(4, "a number"); break;
      case 2: {
        const std::uint64_t size = reader.varint64("length of a field");
        const std::uint64_t begin = reader.file_position();
        const std::string problem = visit(field, reader.bytes(size, "a field"), begin);
        if (!problem.empty()) return problem;
        break;
      }
      default: reader.fail(fmt::format("field {} of wire type {}", field, tag & 7));
    }
  }
  return "";
}

std::string guarded(std::string_view bytes, const std::string& file, std::uint64_t at, const Visit& visit) {
  try {
    return walk(bytes, file, at, visit);
  } catch (const Error& error) {
    return std::string(error.what()).substr(file.size() + 2);  // the caller names the file
  }
}

std::string node_name(std::string_view node) {
  std::string name;
  try {
    walk(node, "", 0, [&](int field, std::string_view bytes, std::uint64_t) {
      if (field == 1 && name.empty()) name = bytes;
      return std::string();
    });
  } catch (const Error&) {
    // The name, if it comes first, is known by now.
  }
  return name;
}

std::string damage_in_graph(std::string_view bytes, const std::string& file, std::uint64_t at) {
  int nodes = 0;
  return guarded(bytes, file, at, [&](int field, std::string_view part, std::uint64_t begin) -> std::string {
    if (field == 1) {
      const int number = nodes++;
      proto::NodeDef node;
      if (parse_binary(part, node)) return "";
      return fmt::format("byte {}: node {} (\"{}\") cannot be parsed", begin, number, node_name(part));
    }
    proto::FunctionDefLibrary library;
    if (field == 2 && !parse_binary(part, library))
      return fmt::format("byte {}: the function library cannot be parsed", begin);
    return "";
  });
}

}  // namespace

std::string damage_in_graph_def(std::string_view bytes, const std::string& file) {
  const std::string found = damage_in_graph(bytes, file, 0);
  return found.empty() ? "it cannot be parsed" : found;
}

std::string damage_in_meta_graph(std::string_view bytes, const std::string& file) {
  const auto* type = proto::MetaGraphDef::descriptor();
  std::string found =
      guarded(bytes, file, 0, [&](int field, std::string_view part, std::uint64_t begin) -> std::string {
        const auto* known = type->FindFieldByNumber(field);
        if (known == nullptr) return "";
        if (field == proto::MetaGraphDef::kGraphDefFieldNumber) return damage_in_graph(part, file, begin);
        // Map fields are messages of key and value.
        const std::unique_ptr<google::protobuf::Message> message(
            google::protobuf::MessageFactory::generated_factory()->GetPrototype(known->message_type())->New());
        if (parse_binary(part, *message)) return "";
        return fmt::format("byte {}: field {} cannot be parsed", begin, known->name());
      });
  return found.empty() ? "it cannot be parsed" : found;
}

}  // namespace tenon
