// SessionState: what outlives a run. Variables, iterators and tables by name; per-node state such as random
// generators. Thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "kernels/variable_state.h"
#include "tenon/tensor.h"

namespace tenon {

class SessionState {
 public:
  // The variable called `name` (container/shared_name or node name), made on first use.
  std::shared_ptr<VariableState> variable(const std::string& name, DType type, const PartialShape& shape,
                                          bool resource);
  std::shared_ptr<VariableState> find_variable(const std::string& name) const;  // null if absent
  std::vector<std::shared_ptr<VariableState>> variables() const;

  // The object called `key`, made by `make` on first use. Keys of different classes must differ: prefix them
  // ("iterator/...", "philox/NODE").
  std::shared_ptr<Object> object(const std::string& key, const std::function<std::shared_ptr<Object>()>& make);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<VariableState>> variables_;
  std::map<std::string, std::shared_ptr<Object>> objects_;
};

}  // namespace tenon
