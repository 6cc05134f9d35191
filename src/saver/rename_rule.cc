#include "saver/rename_rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace tenon {
namespace {

// Guesses come from so many missing names, and each from at most so many names of the checkpoint; the best so many
// guesses are tried on all names. Graphs with ten thousand variables take no notable time then.
constexpr std::size_t kAsked = 200, kLikenesses = 8, kTried = 24;

bool is_separator(char c) { return c == '/' || c == '.'; }

std::string replaced_all(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::string replaced_parts(const std::string& name, std::string_view from, std::string_view to) {
  std::string result;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view part = std::string_view(name).substr(begin, end - begin);
    result += part == from ? to : part;
    if (end < name.size()) result += '/';
    begin = end + 1;
  }
  return result;
}

using Rule = std::tuple<RenameRule::Where, std::string, std::string>;

class RuleFinder {
 public:
  explicit RuleFinder(std::span<const std::string> keys) : keys_(keys.begin(), keys.end()) {
    for (const std::string& key : keys) index(key);
  }

  bool has(const std::string& name) const { return keys_.contains(name); }

  void ask(const std::string& name) {
    guess_front(name);
    guess_end(name);
    guess_part(name);
    for (const auto& [from, to] : {std::pair("/", "."), {".", "/"}, {"/", "_"}, {":", "_"}}) {
      if (name.find(from) != std::string::npos) vote(RenameRule::Where::Anywhere, from, to);
    }
  }

  std::vector<RenameRule> most_likely() const {
    std::vector<std::pair<std::size_t, Rule>> sorted;
    for (const auto& [rule, votes] : votes_) sorted.emplace_back(votes, rule);
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    std::vector<RenameRule> rules;
    for (std::size_t i = 0; i < sorted.size() && i < kTried; ++i) {
      const auto& [where, from, to] = sorted[i].second;
      rules.push_back({where, from, to});
    }
    return rules;
  }

 private:
  using Index = std::unordered_map<std::string, std::vector<std::string_view>>;

  void add(Index& index, std::string part, std::string_view key) {
    auto& list = index[std::move(part)];
    if (list.size() < kLikenesses) list.push_back(key);
  }

  void index(const std::string& key) {
    for (std::size_t i = 0; i < key.size(); ++i) {
      if (!is_separator(key[i])) continue;
      add(by_end_, key.substr(i + 1), key);
      add(by_front_, key.substr(0, i), key);
    }
    each_pattern(key, [&](std::string pattern, std::string_view part) { add(by_pattern_, std::move(pattern), part); });
  }

  // The name with one part left out, for each part. A name of one part is like any other.
  template <typename Fn>
  static void each_pattern(const std::string& name, const Fn& fn) {
    if (name.find('/') == std::string::npos) return;
    for (std::size_t begin = 0; begin <= name.size();) {
      const std::size_t end = std::min(name.find('/', begin), name.size());
      fn(name.substr(0, begin) + '\1' + name.substr(end), std::string_view(name).substr(begin, end - begin));
      begin = end + 1;
    }
  }

  void vote(RenameRule::Where where, std::string_view from, std::string_view to) {
    if (from != to) ++votes_[Rule(where, from, to)];
  }

  // The longest end of the name that is also the end of a stored one.
  void guess_front(const std::string& name) {
    for (std::size_t begin = 0; begin < name.size(); ++begin) {
      if (begin > 0 && !is_separator(name[begin - 1])) continue;
      const std::string rest = name.substr(begin), front = name.substr(0, begin);
      bool found = has(rest);
      if (found) vote(RenameRule::Where::Front, front, "");
      if (const auto at = by_end_.find(rest); at != by_end_.end()) {
        found = true;
        for (std::string_view key : at->second)
          vote(RenameRule::Where::Front, front, key.substr(0, key.size() - rest.size()));
      }
      if (found) return;
    }
  }

  void guess_end(const std::string& name) {
    if (has(name + ":0")) vote(RenameRule::Where::End, "", ":0");
    if (name.ends_with(":0") && has(name.substr(0, name.size() - 2))) vote(RenameRule::Where::End, ":0", "");
    if (const auto at = by_front_.find(name); at != by_front_.end()) {
      for (std::string_view key : at->second) vote(RenameRule::Where::End, "", key.substr(name.size()));
    }
    for (std::size_t end = name.size(); end-- > 1;) {
      if (!is_separator(name[end])) continue;
      if (has(name.substr(0, end))) vote(RenameRule::Where::End, name.substr(end), "");
    }
  }

  void guess_part(const std::string& name) {
    each_pattern(name, [&](const std::string& pattern, std::string_view part) {
      const auto at = by_pattern_.find(pattern);
      if (at == by_pattern_.end()) return;
      for (std::string_view other : at->second) {
        vote(RenameRule::Where::Part, part, other);
        vote_for_difference(part, other);
      }
    });
  }

  // "bn_1" and "norm_1": "norm" for "bn".
  void vote_for_difference(std::string_view a, std::string_view b) {
    while (!a.empty() && !b.empty() && a.back() == b.back()) a.remove_suffix(1), b.remove_suffix(1);
    while (!a.empty() && !b.empty() && a.front() == b.front()) a.remove_prefix(1), b.remove_prefix(1);
    if (!a.empty()) vote(RenameRule::Where::Anywhere, a, b);
  }

  std::unordered_set<std::string> keys_;
  Index by_end_, by_front_, by_pattern_;
  std::map<Rule, std::size_t> votes_;
};

}  // namespace

std::string RenameRule::operator()(const std::string& name) const {
  switch (where) {
    case Where::Front: return name.starts_with(from) ? to + name.substr(from.size()) : name;
    case Where::End: return name.ends_with(from) ? name.substr(0, name.size() - from.size()) + to : name;
    case Where::Part: return replaced_parts(name, from, to);
    case Where::Anywhere: break;
  }
  return from.empty() ? name : replaced_all(name, from, to);
}

std::string RenameRule::to_string() const {
  const char* place = where == Where::Front  ? "at the beginning of the names"
                      : where == Where::End  ? "at the end of the names"
                      : where == Where::Part ? "as a part of the names"
                                             : "in the names";
  if (from.empty())
    return fmt::format("with '{}' {} each name", to, where == Where::End ? "at the end of" : "in front of");
  if (to.empty()) return fmt::format("without '{}' {}", from, place);
  return fmt::format("with '{}' instead of '{}' {}", to, from, place);
}

std::optional<FoundRule> find_rename_rule(std::span<const std::string> wanted, std::span<const std::string> keys) {
  RuleFinder finder(keys);
  std::size_t found = 0, asked = 0;
  for (const std::string& name : wanted) {
    if (finder.has(name)) ++found;
    else if (asked++ < kAsked) finder.ask(name);
  }
  std::optional<FoundRule> best;
  for (const RenameRule& rule : finder.most_likely()) {
    // Rules that make two names one find nothing that was meant.
    std::unordered_set<std::string> names;
    for (const std::string& name : wanted) {
      if (std::string stored = rule(name); finder.has(stored)) names.insert(std::move(stored));
    }
    if (names.size() > (best ? best->found : found)) best = FoundRule{rule, names.size(), wanted.size()};
  }
  return best;
}

}  // namespace tenon
