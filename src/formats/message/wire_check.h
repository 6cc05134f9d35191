// Whether bytes are a message of some type, found without making the message: the same verdict as parsing them gives.
#pragma once

#include <string_view>

#include "formats/message/message_io.h"

namespace tenon {

struct MessageSchema;

// Checks the fields of messages of one type and of all messages inside: that they end where they should, that texts are
// UTF-8, and that at most so many levels of messages nest inside. Unknown fields are fine. Thread-safe.
class MessageCheck {
 public:
  explicit MessageCheck(const google::protobuf::Descriptor& type);
  bool operator()(std::string_view bytes, int levels = kMostMessageLevels) const;
  // Whether `bytes` may be the content of field `number`, for those who go over the fields themselves.
  bool content(int number, std::string_view bytes, int levels = kMostMessageLevels) const;

 private:
  const MessageSchema& schema_;
};

}  // namespace tenon
