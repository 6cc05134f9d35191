// SaveV2, RestoreV2, MergeV2Checkpoints, ShardedFilename, ShardedFilespec.
#include <fmt/format.h>

#include "formats/bundle/bundle_writer.h"
#include "kernels/io/wanted_tensor.h"
#include "kernels/io/io_kernels.h"

namespace tenon {
namespace {

struct TensorList {
  std::string prefix;
  std::span<const std::string> names, slices;
};

// Inputs 0 to 2 of SaveV2 and RestoreV2.
TensorList read_list(RunContext& c, std::size_t count) {
  c.require(c.input(0).elements() == 1, "Input 0 (prefix) must be a string scalar");
  TensorList list{c.input(0).data<std::string>()[0], c.input(1).flat<std::string>(), c.input(2).flat<std::string>()};
  c.require(list.names.size() == count && list.slices.size() == count,
            fmt::format("tensor_names and shape_and_slices have {} and {} entries for {} tensors", list.names.size(),
                        list.slices.size(), count));
  return list;
}

class SaveV2 final : public Kernel {
 public:
  void prepare(PrepareContext&) override {}
  void run(RunContext& c) override {
    const auto count = static_cast<std::size_t>(c.num_inputs() - 3);
    const TensorList list = read_list(c, count);
    BundleWriter writer(list.prefix);
    for (std::size_t i = 0; i < count; ++i) {
      const Tensor& value = c.input(static_cast<int>(i) + 3);
      const auto part = parse_shape_and_slice(list.slices[i]);
      if (part) writer.add_slice(list.names[i], *part, value);
      else writer.add(list.names[i], value);
    }
    writer.finish();
  }
};

class RestoreV2 final : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    for (int i = 0; i < c.num_outputs(); ++i) c.dynamic_output(i);
  }
  void run(RunContext& c) override {
    const auto types = c.node().attr<std::vector<DType>>("dtypes");
    const TensorList list = read_list(c, types.size());
    std::vector<WantedTensor> wanted;
    for (std::size_t i = 0; i < types.size(); ++i) wanted.push_back({list.names[i], list.slices[i], types[i]});
    std::vector<Tensor> values = restore_values(*open_checkpoint(list.prefix), wanted);
    for (std::size_t i = 0; i < values.size(); ++i) c.set_output(static_cast<int>(i), std::move(values[i]));
  }
};

class MergeV2Checkpoints final : public Kernel {
 public:
  void prepare(PrepareContext&) override {}
  void run(RunContext& c) override {
    const auto prefixes = c.input(0).flat<std::string>();
    merge_bundles({prefixes.begin(), prefixes.end()}, c.input(1).scalar<std::string>(),
                  c.node().attr_or<bool>("allow_missing_files", false),
                  c.node().attr_or<bool>("delete_old_dirs", true));
  }
};

class ShardedFilename final : public Kernel {
 public:
  void prepare(PrepareContext& c) override { c.provide_output(0, Shape{}); }
  void run(RunContext& c) override {
    c.set_output(0, Tensor(fmt::format("{}-{:05}-of-{:05}", c.input(0).scalar<std::string>(),
                                       c.input(1).scalar<std::int32_t>(), c.input(2).scalar<std::int32_t>())));
  }
};

class ShardedFilespec final : public Kernel {
 public:
  void prepare(PrepareContext& c) override { c.provide_output(0, Shape{}); }
  void run(RunContext& c) override {
    c.set_output(0, Tensor(fmt::format("{}-\?\?\?\?\?-of-{:05}", c.input(0).scalar<std::string>(),
                                       c.input(1).scalar<std::int32_t>())));
  }
};

template <typename K>
std::unique_ptr<Kernel> make(const KernelSetup&) {
  return std::make_unique<K>();
}

}  // namespace

std::span<const KernelRow> io_kernels() {
  static const KernelRow rows[] = {
      {"MergeV2Checkpoints", make<MergeV2Checkpoints>}, {"RestoreV2", make<RestoreV2>},
      {"SaveV2", make<SaveV2>},                         {"ShardedFilename", make<ShardedFilename>},
      {"ShardedFilespec", make<ShardedFilespec>},
  };
  return rows;
}

}  // namespace tenon
