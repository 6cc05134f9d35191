// What TensorFlow's kernels gave: reads the .cases files that tools/oracle/kernels.py writes (their bytes are described
// in tools/oracle/kernel_cases/recorder.py), for tests.
#pragma once

#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "graph.pb.h"
#include "tenon/error.h"
#include "tenon/tensor.h"

namespace tenon {

struct RecordedRun {
  std::vector<Tensor> inputs;
  std::vector<Tensor> outputs;
  bool fine = true;
  Code code{};          // if not fine
  std::string message;  // empty if its words do not count
};

struct RecordedCase {
  proto::NodeDef node;
  float rtol = 1;  // a factor
  float atol = 0;
  std::vector<RecordedRun> runs;
};

class RecordedCases {
 public:
  static std::vector<RecordedCase> read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    RecordedCases reader{std::string(std::istreambuf_iterator<char>(file), {})};
    constexpr std::string_view kMagic = "tenon kernel cases 1\n";
    if (!reader.bytes_.starts_with(kMagic)) throw std::runtime_error("no kernel cases: " + path);
    reader.at_ = kMagic.size();
    std::vector<RecordedCase> cases;
    while (reader.at_ < reader.bytes_.size()) cases.push_back(reader.read_case());
    return cases;
  }

 private:
  explicit RecordedCases(std::string bytes) : bytes_(std::move(bytes)) {}

  template <typename T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  std::string_view take(std::size_t count) {
    if (bytes_.size() - at_ < count) throw std::runtime_error("kernel cases end too early");
    at_ += count;
    return std::string_view(bytes_).substr(at_ - count, count);
  }
  std::string string() { return std::string(take(number<std::uint32_t>())); }

  Tensor tensor() {
    const auto type = static_cast<DType>(number<std::int32_t>());
    Shape shape;
    for (auto rank = number<std::uint32_t>(); rank > 0; --rank) shape.push_back(number<std::int64_t>());
    Tensor tensor(type, shape);
    if (type == DType::String) {
      for (std::string& element : tensor.flat<std::string>()) element = string();
    } else if (tensor.bytes() > 0) {
      std::memcpy(tensor.raw(), take(tensor.bytes()).data(), tensor.bytes());
    }
    return tensor;
  }
  std::vector<Tensor> tensors() {
    std::vector<Tensor> list;
    for (auto count = number<std::uint32_t>(); count > 0; --count) list.push_back(tensor());
    return list;
  }

  RecordedRun run() {
    RecordedRun run;
    run.inputs = tensors();
    run.fine = number<std::uint8_t>() != 0;
    if (run.fine) {
      run.outputs = tensors();
      return run;
    }
    run.code = static_cast<Code>(number<std::uint32_t>());
    run.message = string();
    if (number<std::uint8_t>() == 0) run.message.clear();
    return run;
  }

  RecordedCase read_case() {
    RecordedCase recorded;
    if (!recorded.node.ParseFromString(string())) throw std::runtime_error("kernel cases hold a bad NodeDef");
    recorded.rtol = number<float>();
    recorded.atol = number<float>();
    for (auto count = number<std::uint32_t>(); count > 0; --count) recorded.runs.push_back(run());
    return recorded;
  }

  std::string bytes_;
  std::size_t at_ = 0;
};

}  // namespace tenon
