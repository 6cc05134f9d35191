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

// What a step took of the time that counts; the rest of it was preparation.
class Stopwatch {
 public:
  void start() { begin_ = Clock::now(); }
  void stop() { spent_ += Clock::now() - begin_; }
  double milliseconds() const { return std::chrono::duration<double, std::milli>(spent_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point begin_;
  Clock::duration spent_{};
};

// Answers until the input ends. `run_steps(n, watch)` does n steps, during which the watch must run, and returns the
// value of the last. Returns the exit code.
template <typename RunSteps>
int serve_timed(RunSteps&& run_steps) {
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
    Stopwatch watch;
    const double value = run_steps(steps, watch);
    std::cout << std::setprecision(9) << watch.milliseconds() / steps << ' ' << value << std::endl;
  }
  return 0;
}

// The same with all of `run_steps(n)` counting.
template <typename RunSteps>
int serve(RunSteps&& run_steps) {
  return serve_timed([&](int steps, Stopwatch& watch) {
    watch.start();
    const double value = run_steps(steps);
    watch.stop();
    return value;
  });
}

}  // namespace tenon::bench
