// oracle_cases [--time] DIR...: plays cases that TensorFlow wrote. A case is a folder with
//   model.ckpt.meta, .index, .data-*   a model, or saved_model/; without .index there is nothing to restore
//   feeds.npz                          values by tensor name
//   case.json                          {"init": [op...], "phases": [{"target": [op...], "steps": n,
//                                      "fetch": [tensor...], "rtol": x, "atol": x}...]}
//   expected.npz                       "PHASE|TENSOR" -> value
// Prints "NAME ok", "NAME DIFFERS what" or "NAME ERROR message" for each, with --time the milliseconds of one run of
// the last phase; then "N passed, M failed". Exit code 0: all passed, 1: not all, 2: wrong usage.
#include <fmt/format.h>

#include <chrono>
#include <filesystem>

#include "base/files.h"
#include "cli/model_session.h"
#include "oracle/compare_values.h"
#include "formats/npz/npz.h"
#include "tenon/error.h"
#include "tenon/json.h"

namespace tenon {
namespace {

using Values = std::map<std::string, Tensor>;

std::vector<std::string> strings(const Json& list) {
  std::vector<std::string> result;
  for (const Json& element : list.elements()) result.push_back(element.string());
  return result;
}

ModelPath case_model(const std::string& folder) {
  const std::string saved = folder + "/saved_model";
  return resolve_model(file_exists(saved) ? saved : folder + "/model.ckpt.meta");
}

// Messages take one line.
std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string play_phase(ModelSession& model, const Feeds& feeds, const Json& phase, int number, const Values& expected) {
  const Targets targets = model.operations(strings(phase.at("target")));
  for (std::int64_t step = 0; step < phase.at("steps").integer(); ++step) model.session().run({}, feeds, targets);
  const std::vector<std::string> names = strings(phase.at("fetch"));
  const std::vector<Tensor> values = model.session().run(model.tensors(names), feeds);
  std::string differs;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto wanted = expected.find(fmt::format("{}|{}", number, names[i]));
    if (wanted == expected.end())
      throw Error(Code::NotFound, fmt::format("expected.npz has no {}|{}", number, names[i]));
    const std::string what =
        compare_values(values[i], wanted->second, phase.at("rtol").number(), phase.at("atol").number());
    if (!what.empty()) differs += fmt::format("{}{}|{}: {}", differs.empty() ? "" : "; ", number, names[i], what);
  }
  return differs;
}

// What a step of the last phase costs, once its plan is made.
double time_phase(ModelSession& model, const Feeds& feeds, const Json& phase) {
  using Clock = std::chrono::steady_clock;
  const Targets targets = model.operations(strings(phase.at("target")));
  const std::vector<Output> fetches =
      targets.empty() ? model.tensors(strings(phase.at("fetch"))) : std::vector<Output>();
  for (int i = 0; i < 3; ++i) model.session().run(fetches, feeds, targets);
  int runs = 0;
  const auto begin = Clock::now();
  std::chrono::duration<double, std::milli> passed{};
  for (; runs < 3 || passed.count() < 500; ++runs, passed = Clock::now() - begin) {
    model.session().run(fetches, feeds, targets);
  }
  return passed.count() / runs;
}

// The words after the name.
std::string play(const std::string& folder, bool timed, bool& passed) {
  const Json test = Json::parse(read_file(folder + "/case.json"));
  const Values expected = read_npz(folder + "/expected.npz");
  ModelSession model(case_model(folder));
  model.restore();
  const Feeds feeds = model.feeds(read_npz(folder + "/feeds.npz"));
  for (const std::string& init : strings(test.at("init"))) model.session().run({}, feeds, {model.operation(init)});
  const Json::List& phases = test.at("phases").elements();
  std::string differs;
  for (std::size_t i = 0; i < phases.size(); ++i) {
    const std::string what = play_phase(model, feeds, phases[i], static_cast<int>(i), expected);
    if (!what.empty()) differs += (differs.empty() ? "" : "; ") + what;
  }
  if (!differs.empty()) return "DIFFERS " + one_line(differs);
  passed = true;
  if (!timed) return "ok";
  try {
    return fmt::format("ok {:.3f} ms", time_phase(model, feeds, phases.back()));
  } catch (const Error& error) {
    // A case whose data ends is played through already.
    if (error.code() == Code::OutOfRange) return "ok - ms";
    throw;
  }
}

int play_all(const std::vector<std::string>& folders, bool timed) {
  int passes = 0;
  for (const std::string& folder : folders) {
    std::filesystem::path path(folder);
    if (path.filename().empty()) path = path.parent_path();
    bool passed = false;
    std::string words;
    try {
      words = play(path.string(), timed, passed);
    } catch (const std::exception& error) {
      words = "ERROR " + one_line(error.what());
      passed = false;
    }
    fmt::print("{} {}\n", path.filename().string(), words);
    std::fflush(stdout);
    if (passed) ++passes;
  }
  const int failures = static_cast<int>(folders.size()) - passes;
  fmt::print("{} passed, {} failed\n", passes, failures);
  return failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace tenon

int main(int argc, char** argv) {
  std::vector<std::string> folders(argv + 1, argv + argc);
  const bool timed = std::erase(folders, "--time") > 0;
  if (folders.empty() || folders[0].starts_with("-")) {
    fmt::print(stderr, "usage: oracle_cases [--time] DIR...\n");
    return 2;
  }
  return tenon::play_all(folders, timed);
}
