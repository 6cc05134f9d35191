// How bench/compare talks to the programs it measures: one line in, one line out.
//
//   (start)     -> ready T        T threads that the program would use for one step
//   steps N     -> MS VALUE       N steps in a row: milliseconds of one (their mean), and what the last one computed
//
// The driver watches the process from outside for its memory and processor time.
#pragma once

#include <omp.h>

#include <chrono>
#include <exception>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <string>

namespace tenon::bench {

// Answers until the input ends. `run_steps(n)` does n steps and returns the value of the last. Returns the exit code.
template <typename RunSteps>
int serve(RunSteps&& run_steps) {
  std::cout << "ready " << omp_get_max_threads() << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string command;
    int steps = 0;
    words >> command >> steps;
    if (command != "steps" || steps <= 0) {
      std::cerr << "expected \"steps N\", found \"" << line << "\"\n";
      return 2;
    }
    const auto begin = std::chrono::steady_clock::now();
    const double value = run_steps(steps);
    const std::chrono::duration<double, std::milli> spent = std::chrono::steady_clock::now() - begin;
    std::cout << std::setprecision(9) << spent.count() / steps << ' ' << value << std::endl;
  }
  return 0;
}

}  // namespace tenon::bench
