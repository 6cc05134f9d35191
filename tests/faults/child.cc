#include "faults/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "tenon/error.h"

namespace tenon::faults {
namespace {

constexpr unsigned kMostSeconds = 120;  // a child that hangs is ended by SIGALRM

// The pipe carries lines: "!<call>" when a fault strikes, "=<report>" at the end.
void send_line(int pipe, char kind, const std::string& text) {
  const std::string line = kind + text + "\n";
  for (std::size_t at = 0; at < line.size();) {
    const ssize_t sent = ::write(pipe, line.data() + at, line.size() - at);
    if (sent < 0) ::_exit(99);
    at += static_cast<std::size_t>(sent);
  }
}

[[noreturn]] void run_child(int pipe, const std::string* folder, Fault fault, const std::function<void(Json&)>& work) {
  ::alarm(kMostSeconds);
  Json report = Json::object();
  if (folder != nullptr) {
    const auto strike = std::move(fault.strike);
    fault.strike = [pipe, strike](const FileCall& call) {
      send_line(pipe, '!', call.described());
      if (strike) strike(call);
    };
    watch(*folder, std::move(fault));
  }
  try {
    work(report);
  } catch (const Error& error) {
    report["exception"] = std::string(code_name(error.code())) + ": " + error.what();
  } catch (const std::exception& error) {
    report["exception"] = error.what();
  }
  stop_watching();
  send_line(pipe, '=', report.dump(-1, ' ', false, Json::error_handler_t::replace));
  ::_exit(0);  // no destructors: they belong to the parent
}

std::string read_all(int pipe) {
  std::string text;
  char buffer[4096];
  for (ssize_t got; (got = ::read(pipe, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(got));
  return text;
}

}  // namespace

void Child::start(const std::string* folder, Fault fault, const Work& work) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  std::fflush(nullptr);  // or the child would print it again
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  if (pid_ == 0) {
    ::close(ends[0]);
    run_child(ends[1], folder, std::move(fault), work);
  }
  ::close(ends[1]);
  pipe_ = ends[0];
}

Child::Child(const Work& work) { start(nullptr, {}, work); }
Child::Child(const std::string& folder, Fault fault, const Work& work) { start(&folder, std::move(fault), work); }

Outcome Child::wait() {
  const std::string text = read_all(pipe_);
  ::close(pipe_);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  Outcome outcome;
  outcome.report = Json::object();
  if (WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
  else outcome.code = WEXITSTATUS(status);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at + 1, end - at - 1);
    if (text[at] == '!') outcome.struck = line;
    else outcome.report = Json::parse(line);
    at = end + 1;
  }
  return outcome;
}

std::string Outcome::trouble() const {
  if (signal == SIGALRM) return "it hangs";
  if (signal != 0) return std::string("it is ended by a signal: ") + ::strsignal(signal);
  if (code != 0) return "it ends with " + std::to_string(code);
  return report.value("exception", "");
}

// A line of those who wait: "7: -> FLOCK  ADVISORY  WRITE 1234 fe:00:567 0 EOF".
bool Child::waits_for_lock() const {
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    if (line.find("->") != std::string::npos && line.find(" " + std::to_string(pid_) + " ") != std::string::npos)
      return true;
  }
  return false;
}

Outcome in_child(const Child::Work& work) { return Child(work).wait(); }

Outcome in_child_with(const std::string& folder, Fault fault, const Child::Work& work) {
  return Child(folder, std::move(fault), work).wait();
}

Event::Event() {
  if (::pipe2(ends_, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
}

Event::~Event() {
  ::close(ends_[0]);
  ::close(ends_[1]);
}

void Event::tell() const {
  if (::write(ends_[1], "!", 1) != 1) ::_exit(99);
}

bool Event::wait(int most_milliseconds) const {
  pollfd end{ends_[0], POLLIN, 0};
  return ::poll(&end, 1, most_milliseconds) == 1;
}

}  // namespace tenon::faults
