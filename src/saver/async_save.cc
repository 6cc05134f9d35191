#include "saver/async_save.h"

#include <utility>

#include "tenon/saver.h"

namespace tenon {

AsyncSave::AsyncSave(std::function<std::string()> work)
    : thread_([this, work = std::move(work)] {
        try {
          name_ = work();
        } catch (...) {
          error_ = std::current_exception();
        }
        done_ = true;
      }) {}

AsyncSave::~AsyncSave() { join(); }

void AsyncSave::join() {
  const std::lock_guard lock(mutex_);
  if (thread_.joinable()) thread_.join();
}

std::string AsyncSave::wait() {
  join();
  seen_ = true;
  if (error_) std::rethrow_exception(error_);
  return name_;
}

void AsyncSave::settle() {
  join();
  if (error_ && !std::exchange(seen_, true)) std::rethrow_exception(error_);
}

PendingSave::PendingSave(std::shared_ptr<AsyncSave> save) : save_(std::move(save)) {}
std::string PendingSave::wait() { return save_->wait(); }
bool PendingSave::done() const { return save_->done(); }

}  // namespace tenon
