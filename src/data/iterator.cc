#include "data/iterator.h"

#include <fmt/format.h>

#include "data/dataset_kernel.h"

namespace tenon {
namespace {

constexpr std::string_view kKeyPrefix = "iterator/";

std::string iterator_name(const Node& node) {
  const std::string container = node.attr_or<std::string>("container", "");
  const std::string shared_name = node.attr_or<std::string>("shared_name", "");
  const std::string& name = shared_name.empty() ? node.name : shared_name;
  return container.empty() ? name : container + "/" + name;
}

void check_same_elements(const ElementSpec& expected, const ElementSpec& found) {
  if (expected.types.size() != found.types.size()) {
    throw Error(Code::InvalidArgument, fmt::format("Number of components does not match: expected {} types but got {}.",
                                                   expected.types.size(), found.types.size()));
  }
  for (std::size_t i = 0; i < expected.types.size(); ++i) {
    if (expected.types[i] != found.types[i]) {
      throw Error(Code::InvalidArgument, fmt::format("Data type mismatch at component {}: expected {} but got {}.", i,
                                                     dtype_name(expected.types[i]), dtype_name(found.types[i])));
    }
  }
  for (std::size_t i = 0; i < std::min(expected.shapes.size(), found.shapes.size()); ++i) {
    if (!expected.shapes[i].compatible_with(found.shapes[i])) {
      throw Error(Code::InvalidArgument, fmt::format("Incompatible shapes at component {}: expected {} but got {}.", i,
                                                     expected.shapes[i].to_string(), found.shapes[i].to_string()));
    }
  }
}

// Errors of a dataset name the node that met them.
template <typename Fn>
auto naming_node(RunContext& context, Fn&& fn) {
  try {
    return fn();
  } catch (const Error& error) {
    context.fail(error.code(), error.what());
  }
}

class IteratorKernel final : public Kernel {
 public:
  explicit IteratorKernel(std::shared_ptr<Object> iterator) : iterator_(std::move(iterator)) {}
  void prepare(PrepareContext& context) override { context.provide_output(0, Shape{}); }
  void run(RunContext& context) override { context.set_output(0, Tensor::object(DType::Resource, iterator_)); }

 private:
  std::shared_ptr<Object> iterator_;
};

class AnonymousIteratorKernel final : public Kernel {
 public:
  void prepare(PrepareContext& context) override { context.provide_output(0, Shape{}); }
  void run(RunContext& context) override {
    const Node& node = context.node();
    context.set_output(0, Tensor::object(DType::Resource,
                                         std::make_shared<IteratorResource>(node.name, element_spec(node))));
  }
};

class MakeIteratorKernel final : public Kernel {
 public:
  void prepare(PrepareContext&) override {}
  void run(RunContext& context) override {
    const DatasetPointer dataset = dataset_input(context, 0);
    auto& iterator = context.object<IteratorResource>(1);
    naming_node(context, [&] { iterator.start(*dataset); });
  }
};

class IteratorGetNextKernel final : public Kernel {
 public:
  void prepare(PrepareContext& context) override {
    for (int i = 0; i < context.num_outputs(); ++i) context.dynamic_output(i);
  }
  void run(RunContext& context) override {
    auto& iterator = context.object<IteratorResource>(0);
    Element element = naming_node(context, [&] { return iterator.next(); });
    context.require(static_cast<int>(element.size()) == context.num_outputs(),
                    fmt::format("{} gave {} components, {} were declared", iterator.describe(), element.size(),
                                context.num_outputs()));
    for (int i = 0; i < context.num_outputs(); ++i) {
      context.require(element[i].dtype() == base_dtype(context.node().output_types[i]),
                      fmt::format("component {} is {}, {} was declared", i, dtype_name(element[i].dtype()),
                                  dtype_name(context.node().output_types[i])));
      context.set_output(i, std::move(element[i]));
    }
  }
};

class IteratorToHandleKernel final : public Kernel {
 public:
  void prepare(PrepareContext& context) override { context.provide_output(0, Shape{}); }
  void run(RunContext& context) override {
    context.set_output(0, Tensor(std::string(kKeyPrefix) + context.object<IteratorResource>(0).name()));
  }
};

class IteratorFromHandleKernel final : public Kernel {
 public:
  explicit IteratorFromHandleKernel(SessionState& state) : state_(state) {}
  void prepare(PrepareContext& context) override { context.provide_output(0, Shape{}); }
  void run(RunContext& context) override {
    const auto& handle = context.input(0).scalar<std::string>();
    auto absent = [&]() -> std::shared_ptr<Object> {
      context.fail(Code::NotFound, fmt::format("the session has no iterator with the handle \"{}\"", handle));
    };
    context.require(handle.starts_with(kKeyPrefix), "the string is not the handle of an iterator");
    context.set_output(0, Tensor::object(DType::Resource, state_.object(handle, absent)));
  }

 private:
  SessionState& state_;
};

}  // namespace

void IteratorResource::start(const Dataset& dataset) {
  check_same_elements(spec_, dataset.spec());
  std::unique_ptr<DatasetIterator> fresh = dataset.iterate();
  std::lock_guard lock(mutex_);
  iterator_ = std::move(fresh);
}

Element IteratorResource::next() {
  std::lock_guard lock(mutex_);
  if (!iterator_) {
    throw Error(Code::FailedPrecondition,
                "GetNext() failed because the iterator has not been initialized. Ensure that you have run the "
                "initializer operation for this iterator before getting the next element.");
  }
  Element element;
  if (!iterator_->next(element)) throw Error(Code::OutOfRange, "End of sequence");
  return element;
}

std::unique_ptr<Kernel> iterator_kernel(const KernelSetup& setup) {
  const std::string name = iterator_name(setup.node);
  return std::make_unique<IteratorKernel>(setup.state.object(std::string(kKeyPrefix) + name, [&] {
    return std::make_shared<IteratorResource>(name, element_spec(setup.node));
  }));
}

std::unique_ptr<Kernel> anonymous_iterator_kernel(const KernelSetup&) {
  return std::make_unique<AnonymousIteratorKernel>();
}
std::unique_ptr<Kernel> make_iterator_kernel(const KernelSetup&) { return std::make_unique<MakeIteratorKernel>(); }
std::unique_ptr<Kernel> iterator_get_next_kernel(const KernelSetup&) {
  return std::make_unique<IteratorGetNextKernel>();
}
std::unique_ptr<Kernel> iterator_to_handle_kernel(const KernelSetup&) {
  return std::make_unique<IteratorToHandleKernel>();
}
std::unique_ptr<Kernel> iterator_from_handle_kernel(const KernelSetup& setup) {
  return std::make_unique<IteratorFromHandleKernel>(setup.state);
}

}  // namespace tenon
