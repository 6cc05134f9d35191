// Runs the programs as their users do.
#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <stdexcept>
#include <string>

namespace tenon {

const std::string kAddModel = std::string(TENON_FIXTURES) + "/seed_add_model";
const std::string kVariables = std::string(TENON_FIXTURES) + "/seed_variable/model.ckpt";

struct Done {
  int code;
  std::string output;  // both streams
};

inline Done tenon_program(const std::string& arguments) {
  const std::string command = std::string(TENON_BINARY_DIR) + "/bin/tenon " + arguments + " 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) throw std::runtime_error("cannot run " + command);
  Done done;
  char buffer[4096];
  for (std::size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) done.output.append(buffer, n);
  done.code = WEXITSTATUS(pclose(pipe));
  return done;
}

}  // namespace tenon
