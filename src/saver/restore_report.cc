#include <fmt/format.h>

#include "tenon/restore.h"

namespace tenon {
namespace {

constexpr std::size_t kListed = 20;

// A heading and the first lines.
template <typename T, typename Fn>
void add_list(std::string& text, const char* heading, const std::vector<T>& list, const Fn& line) {
  if (list.empty()) return;
  text += fmt::format("{} {}\n", list.size(), heading);
  for (std::size_t i = 0; i < list.size() && i < kListed; ++i) text += "  " + line(list[i]) + "\n";
  if (list.size() > kListed) text += fmt::format("  and {} more\n", list.size() - kListed);
}

std::string missing_line(const RestoreReport::Missing& missing) {
  const std::string nearest =
      missing.nearest.empty() ? "" : fmt::format("; nearest: \"{}\"", fmt::join(missing.nearest, "\", \""));
  const std::string variable = missing.variable == missing.key ? "" : fmt::format(" (for {})", missing.variable);
  return missing.key + variable + nearest;
}

std::string mismatch_line(const RestoreReport::Mismatch& mismatch) {
  const std::string variable = mismatch.variable == mismatch.key ? "" : fmt::format(" (for {})", mismatch.variable);
  return fmt::format("{}{}: expected {}, found {}", mismatch.key, variable, mismatch.expected, mismatch.found);
}

}  // namespace

std::string RestoreReport::to_string() const {
  std::string text = fmt::format("{} restored\n", restored.size());
  add_list(text, "not in the checkpoint:", missing, missing_line);
  add_list(text, "of another shape:", shape, mismatch_line);
  add_list(text, "of another type:", dtype, mismatch_line);
  add_list(text, "in the checkpoint only:", extra, [](const std::string& name) { return name; });
  if (rename) text += fmt::format("{} {} of {} would be found\n", rename->to_string(), found_with_rename, wanted);
  return text;
}

}  // namespace tenon
