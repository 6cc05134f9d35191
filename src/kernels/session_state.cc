#include "kernels/session_state.h"

#include <fmt/format.h>

#include "tenon/error.h"

namespace tenon {

std::shared_ptr<VariableState> SessionState::variable(const std::string& name, DType type, const PartialShape& shape,
                                                      bool resource) {
  std::lock_guard lock(mutex_);
  std::shared_ptr<VariableState>& variable = variables_[name];
  if (!variable) variable = std::make_shared<VariableState>(name, type, shape, resource);
  if (variable->dtype() != base_dtype(type)) {
    throw Error(
        Code::InvalidArgument,
        fmt::format("variable {} is {}, but another operation of the same name wants it as {}; give one of them "
                    "another shared_name",
                    name, dtype_name(variable->dtype()), dtype_name(base_dtype(type))));
  }
  return variable;
}

std::shared_ptr<VariableState> SessionState::find_variable(const std::string& name) const {
  std::lock_guard lock(mutex_);
  const auto at = variables_.find(name);
  return at == variables_.end() ? nullptr : at->second;
}

std::vector<std::shared_ptr<VariableState>> SessionState::variables() const {
  std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<VariableState>> found;
  found.reserve(variables_.size());
  for (const auto& [name, variable] : variables_) found.push_back(variable);
  return found;
}

std::shared_ptr<Object> SessionState::object(const std::string& key,
                                             const std::function<std::shared_ptr<Object>()>& make) {
  {
    std::lock_guard lock(mutex_);
    const auto at = objects_.find(key);
    if (at != objects_.end()) return at->second;
  }
  // Outside the lock: making one object may ask for others.
  std::shared_ptr<Object> made = make();
  std::lock_guard lock(mutex_);
  return objects_.try_emplace(key, std::move(made)).first->second;
}

}  // namespace tenon
