// Which checkpoints a Saver keeps, by TensorFlow's rules.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tenon {

class Retention {
 public:
  using Entry = std::pair<std::string, double>;  // path, seconds since 1970

  // `now` is when the Saver is made: the first checkpoint is preserved that is older than it by the hours.
  Retention(int max_to_keep, double hours, double now)
      : max_to_keep_(max_to_keep), hours_(hours), next_preserved_(now + hours * 3600) {}

  // Notes a new checkpoint.
  void record(const std::string& path, double now);
  // A checkpoint to delete now, if any is left. TensorFlow's rule is one for each new checkpoint.
  std::optional<std::string> take_expired();

  const std::vector<Entry>& kept() const { return kept_; }
  void set(std::vector<Entry> entries) { kept_ = std::move(entries); }
  // The same, and as many expire with the next checkpoint as are too many.
  void adopt(std::vector<Entry> entries) {
    set(std::move(entries));
    adopted_ = true;
  }
  std::vector<std::string> paths() const;

 private:
  int max_to_keep_;
  double hours_;
  double next_preserved_;
  std::vector<Entry> kept_, expired_;
  bool adopted_ = false;
};

}  // namespace tenon
