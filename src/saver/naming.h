// Errors that name the file they are about.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "tenon/error.h"

namespace tenon {

// Returns step(). Its errors get the file's name in front, unless they have it already.
template <typename Step>
auto naming(const std::string& file, Step&& step) {
  try {
    return step();
  } catch (const Error& error) {
    const std::string_view message = error.what();
    if (message.find(file) != std::string_view::npos) throw;
    throw Error(error.code(), fmt::format("{}: {}", file, message));
  }
}

}  // namespace tenon
