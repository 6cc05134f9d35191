#include "saver/retention.h"

#include <algorithm>

namespace tenon {

void Retention::record(const std::string& path, double now) {
  if (max_to_keep_ <= 0) return;
  std::erase_if(kept_, [&](const Entry& entry) { return entry.first == path; });
  kept_.emplace_back(path, now);
  while (static_cast<int>(kept_.size()) > max_to_keep_) {
    expired_.push_back(kept_.front());
    kept_.erase(kept_.begin());
    if (!adopted_) break;
  }
}

std::optional<std::string> Retention::take_expired() {
  while (!expired_.empty()) {
    const Entry entry = expired_.front();
    expired_.erase(expired_.begin());
    if (entry.second <= next_preserved_) return entry.first;
    next_preserved_ += hours_ * 3600;
  }
  return std::nullopt;
}

std::vector<std::string> Retention::paths() const {
  std::vector<std::string> result;
  for (const Entry& entry : kept_) result.push_back(entry.first);
  return result;
}

}  // namespace tenon
