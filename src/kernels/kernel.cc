#include "kernels/kernel.h"

#include <fmt/format.h>

#include "tenon/error.h"

namespace tenon {

void PrepareContext::fail(const std::string& message) const {
  throw Error(Code::InvalidArgument, fmt::format("{}: {}", describe(node_), message));
}

void RunContext::fail(const std::string& message) const { fail(Code::InvalidArgument, message); }

void RunContext::fail(Code code, const std::string& message) const {
  throw Error(code, fmt::format("{}: {}", describe(node_), message));
}

VariableState& RunContext::variable(int i) const {
  if (VariableState* variable = inputs_[i]->variable) return *variable;
  return object<VariableState>(i);
}

void RunContext::fail_object(int i) const {
  const Tensor& handle = inputs_[i]->tensor;
  std::string found = "nothing";
  if (handle.dtype() == DType::Resource || handle.dtype() == DType::Variant) {
    if (handle.elements() != 1) {
      found = fmt::format("{} handles, shape {}", handle.elements(), handle.shape().to_string());
    } else if (const auto& object = handle.object_at(0)) {
      found = object->describe();
    }
  } else if (handle.defined()) {
    found = fmt::format("a {} tensor of shape {}", dtype_name(handle.dtype()), handle.shape().to_string());
  }
  fail(fmt::format("input {} must be a handle to what this operation works on; it is {}", i, found));
}

void KernelRegistry::add(std::span<const KernelRow> rows) {
  for (const KernelRow& row : rows) {
    auto [at, fresh] = index_.try_emplace(std::string(row.op), rows_.size());
    if (fresh) {
      rows_.push_back(row);
    } else {
      rows_[at->second] = row;
    }
  }
}

const KernelRow* KernelRegistry::find(std::string_view op) const {
  const auto at = index_.find(std::string(op));
  return at == index_.end() ? nullptr : &rows_[at->second];
}

std::vector<std::string> KernelRegistry::ops() const {
  std::vector<std::string> names;
  names.reserve(rows_.size());
  for (const KernelRow& row : rows_) names.emplace_back(row.op);
  return names;
}

}  // namespace tenon
