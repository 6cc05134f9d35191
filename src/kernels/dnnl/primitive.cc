#include "kernels/dnnl/primitive.h"

#include <algorithm>
#include <new>

#include <fmt/format.h>

namespace tenon::onednn {
namespace {

dnnl::stream& stream() {
  thread_local dnnl::stream stream(engine());
  return stream;
}

void* scratch(std::size_t bytes) {
  thread_local std::shared_ptr<Buffer> block;
  if (!block || block->bytes() < bytes) block = Buffer::allocate(bytes);
  return block->data();
}

void check(dnnl_status_t status, const char* what) {
  if (status != dnnl_success) throw dnnl::error(status, what);
}

}  // namespace

const dnnl::engine& engine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::primitive_attr default_attr() {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attr;
}

Desc plain(const Dims& dims, const Dims& strides) { return {dims, dnnl::memory::data_type::f32, strides}; }

Desc any_layout(const Dims& dims) { return {dims, dnnl::memory::data_type::f32, dnnl::memory::format_tag::any}; }

bool same_layout(const Desc& a, const Desc& b) { return a == b; }

void rethrow(const dnnl::error& error, const char* what) {
  if (error.status == dnnl_out_of_memory) throw std::bad_alloc();
  const Code code = error.status == dnnl_unimplemented ? Code::Unimplemented : Code::Internal;
  throw Error(code,
              fmt::format("{}: oneDNN says \"{}\" (status {})", what, error.message, static_cast<int>(error.status)));
}

Primitive::Primitive(dnnl::primitive primitive, const Desc& scratchpad, std::initializer_list<Arg> args)
    : primitive_(std::move(primitive)), scratch_bytes_(scratchpad.get_size()) {
  for (const Arg& arg : args) {
    memories_.emplace_back(arg.desc, engine(), nullptr);
    args_.push_back({arg.index, memories_.back().get()});
  }
  if (scratch_bytes_ > 0) {
    memories_.emplace_back(scratchpad, engine(), nullptr);
    args_.push_back({DNNL_ARG_SCRATCHPAD, memories_.back().get()});
  }
}

void Primitive::run(std::initializer_list<const void*> data) {
  guarded("oneDNN", [&] {
    std::size_t i = 0;
    for (const void* pointer : data) {
      check(dnnl_memory_set_data_handle(args_[i++].memory, const_cast<void*>(pointer)), "set_data_handle");
    }
    if (scratch_bytes_ > 0) {
      check(dnnl_memory_set_data_handle(args_.back().memory, scratch(scratch_bytes_)), "set_data_handle");
    }
    check(dnnl_primitive_execute(primitive_.get(), stream().get(), static_cast<int>(args_.size()), args_.data()),
          "primitive_execute");
  });
}

Reorder::Reorder(const Desc& from, const Desc& to) {
  if (same_layout(from, to)) return;
  const dnnl::reorder::primitive_desc description(engine(), from, engine(), to, default_attr());
  primitive_ =
      Primitive(dnnl::reorder(description), description.scratchpad_desc(), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
  from_bytes_ = from.get_size();
  to_bytes_ = to.get_size();
}

void* Reorder::own() {
  if (!own_) own_ = Buffer::allocate(std::max(from_bytes_, to_bytes_));
  return own_->data();
}

const void* Reorder::packed(const void* from, std::uint64_t version) {
  if (!needed()) return from;
  if (version == 0 || version != version_) {
    version_ = 0;
    primitive_.run({from, own()});
    version_ = version;
  }
  return own_->data();
}

void* Reorder::target(void* to) { return needed() ? own() : to; }

void Reorder::finish(void* to) {
  if (needed()) primitive_.run({own(), to});
}

}  // namespace tenon::onednn
