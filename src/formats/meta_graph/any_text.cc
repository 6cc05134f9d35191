#include "formats/meta_graph/any_text.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <google/protobuf/text_format.h>

#include "formats/message/message_io.h"
#include "meta_graph.pb.h"

namespace tenon {
namespace {

namespace pb = google::protobuf;

constexpr std::string_view kOpening = "[type.googleapis.com/";

// The position after the string or comment that begins at `at`, else at + 1.
std::size_t skip_one(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (c == '#') {
    const std::size_t end = text.find('\n', at);
    return end == std::string_view::npos ? text.size() : end;
  }
  if (c != '"' && c != '\'') return at + 1;
  for (++at; at < text.size() && text[at] != c; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at + 1, text.size());
}

// The position of the brace that closes the one at `at`, or npos.
std::size_t closing_brace(std::string_view text, std::size_t at) {
  int depth = 0;
  while (at < text.size()) {
    if (text[at] == '{') ++depth;
    if (text[at] == '}' && --depth == 0) return at;
    at = skip_one(text, at);
  }
  return std::string_view::npos;
}

// The AnyProto text for the type called `name` ("tensorflow.AssetFileDef") with the fields of `body`.
bool any_text(std::string_view name, std::string_view body, std::string& out, std::string& error) {
  std::string own_name = "tenon.proto.";
  if (name.starts_with("tensorflow.")) own_name += name.substr(std::string_view("tensorflow.").size());
  const pb::Descriptor* type = pb::DescriptorPool::generated_pool()->FindMessageTypeByName(own_name);
  if (type == nullptr) {
    error = fmt::format("a message of type {} in an Any: only binary files can hold it", name);
    return false;
  }
  const std::unique_ptr<pb::Message> message(pb::MessageFactory::generated_factory()->GetPrototype(type)->New());
  if (!parse_text(body, *message, error)) {
    error = fmt::format("within an Any of type {}: {}", name, error);
    return false;
  }
  proto::AnyProto any;
  any.set_type_url(fmt::format("type.googleapis.com/{}", name));
  any.set_value(to_binary(*message));
  out += to_text(any);
  return true;
}

}  // namespace

bool expand_any_values(std::string_view text, std::string& expanded, std::string& error) {
  std::size_t copied = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (!text.substr(at).starts_with(kOpening)) {
      at = skip_one(text, at);
      continue;
    }
    const std::size_t bracket = text.find(']', at);
    const std::size_t open =
        bracket == std::string_view::npos ? bracket : text.find_first_not_of(" \t\r\n:", bracket + 1);
    const std::size_t close = open == std::string_view::npos || text[open] != '{' ? std::string_view::npos
                                                                                  : closing_brace(text, open);
    if (close == std::string_view::npos) {
      error = "an Any of which the type or the closing brace is missing";
      return false;
    }
    expanded += text.substr(copied, at - copied);
    const std::string_view name = text.substr(at + kOpening.size(), bracket - at - kOpening.size());
    if (!any_text(name, text.substr(open + 1, close - open - 1), expanded, error)) return false;
    at = copied = close + 1;
  }
  expanded += text.substr(copied);
  return true;
}

}  // namespace tenon
