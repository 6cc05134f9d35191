#include "base/nearest_names.h"

#include <algorithm>
#include <optional>

namespace tenon {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Ten times the edit distance, a difference in case only counting 1; nothing if it is above `limit`.
std::optional<int> edit_distance(std::string_view a, std::string_view b, int limit) {
  const int gap = static_cast<int>(a.size() > b.size() ? a.size() - b.size() : b.size() - a.size());
  if (gap * 10 > limit) return std::nullopt;
  std::vector<int> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = static_cast<int>(j) * 10;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    int diagonal = row[0];
    row[0] = static_cast<int>(i) * 10;
    int best = row[0];
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const int replace = a[i - 1] == b[j - 1] ? 0 : lower(a[i - 1]) == lower(b[j - 1]) ? 1 : 10;
      const int cost = std::min({diagonal + replace, row[j] + 10, row[j - 1] + 10});
      diagonal = row[j];
      row[j] = cost;
      best = std::min(best, cost);
    }
    if (best > limit) return std::nullopt;
  }
  return row.back() <= limit ? std::optional(row.back()) : std::nullopt;
}

bool ends_with_name(std::string_view whole, std::string_view part) {
  return !part.empty() && whole.size() > part.size() && whole.ends_with(part) &&
         whole[whole.size() - part.size() - 1] == '/';
}

std::string_view last_component(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

std::optional<int> score(std::string_view name, std::string_view candidate, int limit) {
  if (ends_with_name(candidate, name) || ends_with_name(name, candidate)) return 5;
  if (candidate.starts_with(name) && candidate.size() > name.size() && candidate[name.size()] == ':') return 5;
  if (const auto distance = edit_distance(name, candidate, limit)) return distance;
  // The same last part under other scopes: better than nothing.
  const std::string_view tail = last_component(name);
  if (tail.size() >= 3 && tail.size() < name.size() && tail == last_component(candidate)) return limit + 1;
  return std::nullopt;
}

}  // namespace

std::vector<std::string> nearest_names(std::string_view name, std::span<const std::string> candidates, int max) {
  constexpr std::size_t kLongestName = 500;
  if (name.size() > kLongestName) return {};
  const int limit = std::clamp<int>(static_cast<int>(name.size()) * 10 / 3, 10, 80);
  std::vector<std::pair<int, std::string_view>> near;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > 2 * kLongestName) continue;
    if (const auto value = score(name, candidate, limit)) near.emplace_back(*value, candidate);
  }
  const std::size_t count = std::min(near.size(), static_cast<std::size_t>(std::max(max, 0)));
  std::partial_sort(near.begin(), near.begin() + static_cast<std::ptrdiff_t>(count), near.end());
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.emplace_back(near[i].second);
  return names;
}

std::string nearest_phrase(std::string_view name, std::span<const std::string> candidates, int max) {
  std::string text;
  for (const std::string& near : nearest_names(name, candidates, max)) {
    text += text.empty() ? "; nearest: \"" : ", \"";
    text += near + '"';
  }
  return text;
}

}  // namespace tenon
