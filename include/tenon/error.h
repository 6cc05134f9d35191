// The one exception type of the library, with TensorFlow's status codes.
//
//   try {
//     saver.restore(session, "model.ckpt");
//   } catch (const tenon::Error& error) {
//     if (error.code() == tenon::Code::NotFound) std::cerr << error.what() << '\n';
//   }
//
// what() is one message that names the file, byte, node or field, what was expected, what was found
// and what to do. `Internal` always means a bug in tenon. Errors are values: copy them freely.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace tenon {

// The numbers are TensorFlow's (absl::StatusCode).
enum class Code : int {
  Cancelled = 1,
  InvalidArgument = 3,
  NotFound = 5,
  AlreadyExists = 6,
  PermissionDenied = 7,
  ResourceExhausted = 8,
  FailedPrecondition = 9,
  Aborted = 10,
  OutOfRange = 11,
  Unimplemented = 12,
  Internal = 13,
  Unavailable = 14,
  DataLoss = 15,
};

// "NotFound", "InvalidArgument", ...
std::string_view code_name(Code code);

class Error : public std::runtime_error {
 public:
  Error(Code code, const std::string& message) : std::runtime_error(message), code_(code) {}
  Code code() const noexcept { return code_; }

 private:
  Code code_;
};

}  // namespace tenon
