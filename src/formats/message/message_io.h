// Protobuf messages from and to bytes and text, without protobuf's own limits and messages on stderr.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <google/protobuf/message.h>

namespace tenon {

// How deep messages may nest, as in TensorFlow.
inline constexpr int kMostMessageLevels = 100;

// Return false if the bytes are no such message.
bool parse_binary(std::string_view bytes, google::protobuf::Message& message);
// The same for more fields of the message.
bool merge_binary(std::string_view bytes, google::protobuf::Message& message);
// On failure `error` says "line 3, column 5: ...".
enum class UnknownFields { Skip, Refuse };
bool parse_text(std::string_view bytes, google::protobuf::Message& message, std::string& error,
                UnknownFields unknown = UnknownFields::Skip);

// Of a message, binary or text: no reader takes 2 GiB or more.
inline constexpr std::uint64_t kMostMessageBytes = 2147483647;
// Throws InvalidArgument for more.
void check_message_size(std::size_t size, std::string_view type);
std::string to_binary(const google::protobuf::Message& message);
std::string to_text(const google::protobuf::Message& message);

// That no field of the message itself is unknown, but for `allowed`.
bool only_unknown(const google::protobuf::Message& message, int allowed);

// The first word of a text message ("node", "meta_info_def"); empty if the bytes do not begin like text.
std::string_view first_word(std::string_view bytes);

}  // namespace tenon
