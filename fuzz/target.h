// TENON_FUZZ_TARGET(bytes) { ... } is one run: bytes is a std::string_view; tenon::Error is the expected answer to
// bad input, anything else thrown ends the program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tenon/error.h"

void run_once(std::string_view bytes);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    run_once({reinterpret_cast<const char*>(data), size});
  } catch (const tenon::Error& error) {
    if (error.code() == tenon::Code::Internal) throw;
  }
  return 0;
}

#define TENON_FUZZ_TARGET(bytes) void run_once(std::string_view bytes)
