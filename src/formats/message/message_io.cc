#include "formats/message/message_io.h"

#include <climits>

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/unknown_field_set.h>

#include "tenon/error.h"

namespace tenon {
namespace {

namespace pb = google::protobuf;

// Keeps the first error instead of printing it.
class FirstError : public pb::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (text.empty()) text = fmt::format("line {}, column {}: {}", line + 1, column + 1, message);
  }
  void AddWarning(int, int, const std::string&) override {}

  std::string text;
};

bool is_word_char(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

}  // namespace

bool parse_binary(std::string_view bytes, pb::Message& message) {
  message.Clear();
  return merge_binary(bytes, message);
}

bool merge_binary(std::string_view bytes, pb::Message& message) {
  if (bytes.size() > kMostMessageBytes) return false;
  const pb::LogSilencer silent;  // it would tell stderr of strings that are no UTF-8
  pb::io::CodedInputStream stream(reinterpret_cast<const std::uint8_t*>(bytes.data()), static_cast<int>(bytes.size()));
  stream.SetTotalBytesLimit(INT_MAX);
  stream.SetRecursionLimit(kMostMessageLevels);
  return message.MergeFromCodedStream(&stream) && stream.ConsumedEntireMessage();
}

bool parse_text(std::string_view bytes, pb::Message& message, std::string& error, UnknownFields unknown) {
  if (bytes.size() > kMostMessageBytes) {
    error = "2 GiB or more";
    return false;
  }
  const pb::LogSilencer silent;
  pb::io::ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()));
  FirstError errors;
  pb::TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  parser.AllowUnknownField(unknown == UnknownFields::Skip);
  parser.SetRecursionLimit(kMostMessageLevels);
  const bool parsed = parser.Parse(&stream, &message);
  error = errors.text;
  return parsed;
}

void check_message_size(std::size_t size, std::string_view type) {
  if (size <= kMostMessageBytes) return;
  throw Error(Code::InvalidArgument,
              fmt::format("{0} cannot be larger than 2GB: this one has {1} bytes, and no reader takes 2 GiB or more",
                          type, size));
}

std::string to_binary(const pb::Message& message) {
  const pb::LogSilencer silent;
  const std::size_t size = message.ByteSizeLong();
  check_message_size(size, message.GetDescriptor()->name());
  std::string bytes(size, '\0');
  pb::io::ArrayOutputStream array(bytes.data(), static_cast<int>(size));
  pb::io::CodedOutputStream stream(&array);
  stream.SetSerializationDeterministic(true);
  message.SerializeWithCachedSizes(&stream);
  return bytes;
}

std::string to_text(const pb::Message& message) {
  std::string text;
  pb::TextFormat::Printer printer;
  printer.SetHideUnknownFields(true);  // they have no names, so that nobody could read them
  if (!printer.PrintToString(message, &text)) {
    throw Error(Code::Internal, fmt::format("cannot print a {}", message.GetTypeName()));
  }
  return text;
}

bool only_unknown(const pb::Message& message, int allowed) {
  const pb::UnknownFieldSet& fields = message.GetReflection()->GetUnknownFields(message);
  for (int i = 0; i < fields.field_count(); ++i) {
    if (fields.field(i).number() != allowed) return false;
  }
  return true;
}

std::string_view first_word(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (bytes[at] == '#') {
      at = bytes.find('\n', at);
      if (at == std::string_view::npos) return {};
    } else if (bytes[at] == ' ' || bytes[at] == '\t' || bytes[at] == '\n' || bytes[at] == '\r') {
      ++at;
    } else {
      break;
    }
  }
  std::size_t end = at;
  while (end < bytes.size() && is_word_char(bytes[end])) ++end;
  return bytes.substr(at, end - at);
}

}  // namespace tenon
