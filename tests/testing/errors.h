// The error that a call must throw, and what it must say. Failures are reported at the line of the test.
//
//   expect_says(error_of([&] { reader.read("w"); }), Code::NotFound, "Key w not found");
//   EXPECT_THAT(error_text(Code::NotFound, [&] { reader.read("w"); }), AllOf(HasSubstr("w"), Not(HasSubstr("v"))));
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>

#include "tenon/error.h"
#include "tenon/source_location.h"

namespace tenon {

// What f() throws. If it throws nothing the test fails, and this is an Internal "no error".
template <typename F>
Error error_of(F&& f, const SourceLocation& where = SourceLocation::current()) {
  try {
    f();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE_AT(where.file_name(), static_cast<int>(where.line())) << "no error";
  return Error(Code::Internal, "no error");
}

inline void expect_code(const Error& error, Code code,
                        const SourceLocation& where = SourceLocation::current()) {
  if (error.code() == code) return;
  ADD_FAILURE_AT(where.file_name(), static_cast<int>(where.line()))
      << code_name(code) << " expected, found " << code_name(error.code()) << ": " << error.what();
}

// The code and all of the words.
inline void expect_says(const Error& error, Code code, std::initializer_list<std::string_view> words,
                        const SourceLocation& where = SourceLocation::current()) {
  expect_code(error, code, where);
  for (const std::string_view expected : words) {
    if (std::string_view(error.what()).find(expected) != std::string_view::npos) continue;
    ADD_FAILURE_AT(where.file_name(), static_cast<int>(where.line()))
        << error.what() << "\nshould say: " << expected;
  }
}

inline void expect_says(const Error& error, Code code, std::string_view words,
                        const SourceLocation& where = SourceLocation::current()) {
  expect_says(error, code, {words}, where);
}

// The message of what f() throws, with that code.
template <typename F>
std::string error_text(Code code, F&& f, const SourceLocation& where = SourceLocation::current()) {
  const Error error = error_of(f, where);
  expect_code(error, code, where);
  return error.what();
}

}  // namespace tenon
