// Everything of oneDNN that kernels share: the engine, descriptions of tensors, a primitive with its arguments, and
// reordering between layouts. Only this folder includes oneDNN's headers.
//
// What is made here allocates; run() only points the arguments at their data and executes.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include <oneapi/dnnl/dnnl.hpp>

#include "tenon/tensor.h"

namespace tenon::onednn {

using Desc = dnnl::memory::desc;
using Dims = dnnl::memory::dims;

const dnnl::engine& engine();

// Scratch memory is given at run time, from one block per thread.
dnnl::primitive_attr default_attr();

Desc plain(const Dims& dims, const Dims& strides);  // float32
Desc any_layout(const Dims& dims);                  // the primitive chooses
bool same_layout(const Desc& a, const Desc& b);

// Calls fn; what oneDNN throws becomes Error(Internal), std::bad_alloc or Error(Unimplemented) naming `what`.
[[noreturn]] void rethrow(const dnnl::error& error, const char* what);
template <typename Fn>
auto guarded(const char* what, Fn&& fn) {
  try {
    return fn();
  } catch (const dnnl::error& error) {
    rethrow(error, what);
  }
}

// A primitive and the memory objects of its arguments.
class Primitive {
 public:
  struct Arg {
    int index;  // DNNL_ARG_...
    Desc desc;
  };
  Primitive() = default;
  Primitive(dnnl::primitive primitive, const Desc& scratchpad, std::initializer_list<Arg> args);
  explicit operator bool() const { return static_cast<bool>(primitive_); }

  // `data` in the order of the constructor's args. oneDNN does not write through the pointers of inputs.
  void run(std::initializer_list<const void*> data);

 private:
  dnnl::primitive primitive_;
  std::vector<dnnl::memory> memories_;  // one per argument, then the scratchpad
  std::vector<dnnl_exec_arg_t> args_;
  std::size_t scratch_bytes_ = 0;
};

// Moves a tensor from one layout to another, or does nothing if they are the same.
class Reorder {
 public:
  Reorder() = default;
  Reorder(const Desc& from, const Desc& to);
  bool needed() const { return static_cast<bool>(primitive_); }

  // The data in layout `to`: `from` itself, or the reordered copy that this object owns. A copy made for the same
  // version (not 0) is used again.
  const void* packed(const void* from, std::uint64_t version = 0);
  // For outputs, where a primitive writes in layout `from` and the caller wants `to`: write to target(to), then
  // call finish(to).
  void* target(void* to);
  void finish(void* to);

 private:
  void* own();
  Primitive primitive_;
  std::size_t from_bytes_ = 0, to_bytes_ = 0;
  std::shared_ptr<Buffer> own_;
  std::uint64_t version_ = 0;
};

}  // namespace tenon::onednn
