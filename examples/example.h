// What every example's main does: check the arguments, run, say what went wrong.
#pragma once

#include <exception>
#include <iostream>
#include <string>
#include <vector>

namespace example {

// Calls run(arguments); 0: done, 1: it threw (the message is on stderr), 2: fewer arguments than `needed`.
template <typename Run>
int main(int argc, char** argv, const char* usage, int needed, Run run) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (static_cast<int>(arguments.size()) < needed) {
    std::cerr << "usage: " << usage << '\n';
    return 2;
  }
  try {
    run(arguments);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}

}  // namespace example
