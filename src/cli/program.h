// What the programs have in common: options in, exit code out.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <functional>

#include "tenon/error.h"

namespace tenon {

// Exit codes: 0 done, 1 failed with one message on stderr, 2 wrong usage.
inline int run_program(const char* name, CLI::App& app, int argc, char** argv, const std::function<void()>& action) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    action();
    if (std::fflush(stdout) != 0) throw Error(Code::ResourceExhausted, "standard output cannot be written");
    return 0;
  } catch (const Error& error) {
    std::fprintf(stderr, "%s: %.*s: %s\n", name, static_cast<int>(code_name(error.code()).size()),
                 code_name(error.code()).data(), error.what());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", name, error.what());
  }
  return 1;
}

}  // namespace tenon
