// What every example's main does: check the arguments, run, say what went wrong.
#pragma once

#include <algorithm>
#include <exception>
#include <initializer_list>
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

// An example in steps. Its arguments: PREFIX, the checkpoint's name, then the numbers of the steps to do, otherwise
// all.
inline int main(int argc, char** argv, std::initializer_list<void (*)(const std::string& prefix)> steps) {
  const std::string usage = std::string(argv[0]) + " PREFIX [STEP...]";
  return main(argc, argv, usage.c_str(), 1, [&](const std::vector<std::string>& arguments) {
    int number = 0;
    for (const auto step : steps) {
      const auto named = std::find(arguments.begin() + 1, arguments.end(), std::to_string(++number));
      if (arguments.size() == 1 || named != arguments.end()) step(arguments[0]);
    }
  });
}

}  // namespace example
