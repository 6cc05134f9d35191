#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace tenon {
namespace {

constexpr auto kPatience = std::chrono::milliseconds(500);
constexpr auto kInterval = std::chrono::milliseconds(100);
constexpr std::uint64_t kWidth = 30;

}  // namespace

Progress::Progress(std::string what, std::uint64_t total)
    : what_(std::move(what)),
      total_(total),
      terminal_(total > 0 && isatty(STDERR_FILENO)),
      next_(std::chrono::steady_clock::now() + kPatience) {}

Progress::~Progress() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
}

void Progress::add(std::uint64_t done) {
  const std::uint64_t now_done = done_ += done;
  if (!terminal_) return;
  std::unique_lock lock(mutex_, std::try_to_lock);
  const auto now = std::chrono::steady_clock::now();
  if (!lock || now < next_) return;
  next_ = now + kInterval;
  draw(std::min(now_done, total_));
}

void Progress::draw(std::uint64_t done) {
  const auto filled = static_cast<std::uint64_t>(static_cast<double>(done) / static_cast<double>(total_) * kWidth);
  const std::string bar = std::string(filled, '#') + std::string(kWidth - filled, '.');
  std::fputs(fmt::format("\r{} [{}] {:3}%", what_, bar, done * 100 / total_).c_str(), stderr);
  std::fflush(stderr);
  drawn_ = true;
}

}  // namespace tenon
