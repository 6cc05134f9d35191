// SourceLocation: where in the program a handle was made. std::source_location, and for a clang that does not have
// it yet, the part of it that tenon uses.
#pragma once

#include <source_location>

namespace tenon {

#if defined(__cpp_lib_source_location)
using SourceLocation = std::source_location;
#else
class SourceLocation {
 public:
  static constexpr SourceLocation current(const char* function = __builtin_FUNCTION(),
                                          const char* file = __builtin_FILE(), unsigned line = __builtin_LINE()) {
    SourceLocation here;
    here.function_ = function;
    here.file_ = file;
    here.line_ = line;
    return here;
  }
  constexpr const char* function_name() const { return function_; }
  constexpr const char* file_name() const { return file_; }
  constexpr unsigned line() const { return line_; }

 private:
  const char* function_ = "";
  const char* file_ = "";
  unsigned line_ = 0;
};
#endif

}  // namespace tenon
