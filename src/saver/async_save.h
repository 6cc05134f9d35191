// A save on a thread of its own, and what became of it.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace tenon {

class AsyncSave {
 public:
  explicit AsyncSave(std::function<std::string()> work);
  ~AsyncSave();  // waits

  bool done() const { return done_; }
  void join();  // waits; the error stays for wait()
  // The checkpoint's name, or the save's error, which counts as seen then.
  std::string wait();
  // wait(), but nothing if the error was seen before.
  void settle();

 private:
  std::atomic<bool> done_ = false;
  std::string name_;
  std::exception_ptr error_;
  bool seen_ = false;
  std::mutex mutex_;  // of those who wait
  std::thread thread_;
};

}  // namespace tenon
