#include "cli/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "cli/checkpoint_copy.h"
#include "tenon/error.h"

namespace tenon {
namespace {

using nlohmann::ordered_json;

std::string type_of(const CheckpointEntry& entry) { return dtype_name(entry.dtype) + entry.shape.to_string(); }

template <typename T>
bool same(const T& a, const T& b) {
  if constexpr (std::is_same_v<T, std::string>) return a == b;
  else return std::memcmp(&a, &b, sizeof(T)) == 0;
}

// NaN if one of the differing values is one.
template <typename T>
void compare_elements(const Tensor& a, const Tensor& b, ordered_json& difference) {
  const T* x = a.data<T>();
  const T* y = b.data<T>();
  std::int64_t differing = 0;
  double largest = 0;
  for (std::int64_t i = 0; i < a.elements(); ++i) {
    if (same(x[i], y[i])) continue;
    ++differing;
    if constexpr (std::is_arithmetic_v<T>) {
      const double distance = std::abs(static_cast<double>(x[i]) - static_cast<double>(y[i]));
      if (!(distance <= largest)) largest = distance;
    }
  }
  difference["elements"] = differing;
  difference["of"] = a.elements();
  if constexpr (std::is_arithmetic_v<T>) {
    if (std::isfinite(largest)) difference["largest"] = largest;
    else difference["largest"] = fmt::format("{}", largest);
  }
}

void compare_bytes(const Tensor& a, const Tensor& b, ordered_json& difference) {
  const std::size_t size = dtype_size(a.dtype());
  const auto* x = reinterpret_cast<const char*>(a.raw());
  const auto* y = reinterpret_cast<const char*>(b.raw());
  std::int64_t differing = 0;
  for (std::int64_t i = 0; i < a.elements(); ++i) {
    differing += std::memcmp(x + static_cast<std::size_t>(i) * size, y + static_cast<std::size_t>(i) * size, size) != 0;
  }
  difference["elements"] = differing;
  difference["of"] = a.elements();
}

void compare_values(const Tensor& a, const Tensor& b, ordered_json& difference) {
  switch (a.dtype()) {
    case DType::Float32: return compare_elements<float>(a, b, difference);
    case DType::Float64: return compare_elements<double>(a, b, difference);
    case DType::Int8: return compare_elements<std::int8_t>(a, b, difference);
    case DType::Int16: return compare_elements<std::int16_t>(a, b, difference);
    case DType::Int32: return compare_elements<std::int32_t>(a, b, difference);
    case DType::Int64: return compare_elements<std::int64_t>(a, b, difference);
    case DType::UInt8: return compare_elements<std::uint8_t>(a, b, difference);
    case DType::UInt16: return compare_elements<std::uint16_t>(a, b, difference);
    case DType::UInt32: return compare_elements<std::uint32_t>(a, b, difference);
    case DType::UInt64: return compare_elements<std::uint64_t>(a, b, difference);
    case DType::String: return compare_elements<std::string>(a, b, difference);
    default:
      if (dtype_size(a.dtype()) != 0) compare_bytes(a, b, difference);
  }
}

// Nothing if they are the same.
ordered_json compare(const CheckpointReader& first, const CheckpointReader& second, const std::string& name) {
  const CheckpointEntry a = first.entry(name), b = second.entry(name);
  ordered_json difference{{"name", name}, {"what", "values"}, {"first", type_of(a)}, {"second", type_of(b)}};
  if (a.dtype != b.dtype) {
    difference["what"] = "dtype";
    return difference;
  }
  if (!(a.shape == b.shape)) {
    difference["what"] = "shape";
    return difference;
  }
  const Tensor x = first.read(name), y = second.read(name);
  if (x.equals(y)) return {};
  compare_values(x, y, difference);
  return difference;
}

std::string line_of(const ordered_json& difference) {
  const std::string first = difference["first"], second = difference["second"];
  std::string text = fmt::format("! {}  ", difference["name"].get<std::string>());
  if (difference["what"] != "values") return text + fmt::format("{} and {}\n", first, second);
  text += first;
  if (difference.contains("elements")) {
    text += fmt::format("  {} of {} elements differ", difference["elements"].get<std::int64_t>(),
                        difference["of"].get<std::int64_t>());
  } else {
    text += "  the values differ";
  }
  if (!difference.contains("largest")) return text + "\n";
  const ordered_json& largest = difference["largest"];
  return text + ", by at most " +
         (largest.is_string() ? largest.get<std::string>() : fmt::format("{:.6g}", largest.get<double>())) + "\n";
}

}  // namespace

ordered_json diff_checkpoints(const ModelPath& first, const ModelPath& second) {
  const auto a = open_source(first), b = open_source(second);
  ordered_json only_first = ordered_json::array(), only_second = only_first, differ = only_first;
  std::int64_t equal = 0;
  Progress progress("comparing", a->keys().size());
  for (const std::string& name : a->keys()) {
    progress.add(1);
    if (!b->has(name)) {
      only_first.push_back(name);
      continue;
    }
    ordered_json difference = compare(*a, *b, name);
    if (difference.is_null()) ++equal;
    else differ.push_back(std::move(difference));
  }
  for (const std::string& name : b->keys()) {
    if (!a->has(name)) only_second.push_back(name);
  }
  return {{"first", a->prefix()},          {"second", b->prefix()},           {"equal", equal},
          {"only_first", only_first},      {"only_second", only_second},      {"differ", differ}};
}

bool any_difference(const ordered_json& diff) {
  return !diff["only_first"].empty() || !diff["only_second"].empty() || !diff["differ"].empty();
}

std::string diff_as_text(const ordered_json& diff) {
  std::string text;
  for (const auto& name : diff["only_first"]) text += fmt::format("- {}\n", name.get<std::string>());
  for (const auto& name : diff["only_second"]) text += fmt::format("+ {}\n", name.get<std::string>());
  for (const auto& difference : diff["differ"]) text += line_of(difference);
  return text + fmt::format("{} equal, {} differ, {} only in {}, {} only in {}\n", diff["equal"].get<std::int64_t>(),
                            diff["differ"].size(), diff["only_first"].size(), diff["first"].get<std::string>(),
                            diff["only_second"].size(), diff["second"].get<std::string>());
}

}  // namespace tenon
