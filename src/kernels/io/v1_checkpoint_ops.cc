// Save, SaveSlices, Restore, RestoreSlice: checkpoints as TensorFlow wrote them before 2017.
#include <fmt/format.h>

#include "formats/v1/add_order.h"
#include "formats/v1/v1_writer.h"
#include "kernels/io/io_kernels.h"
#include "kernels/io/wanted_tensor.h"

namespace tenon {
namespace {

const std::string& string_input(const RunContext& c, int number, const char* what) {
  if (c.input(number).elements() != 1) {
    throw Error(Code::InvalidArgument, fmt::format("Input {} ({}) must be a string scalar", number, what));
  }
  return c.input(number).data<std::string>()[0];
}

// Inputs: filename, tensor_names, for SaveSlices shapes_and_slices, the tensors.
template <bool kSlices>
class SaveV1 final : public Kernel {
 public:
  void prepare(PrepareContext&) override {}
  void run(RunContext& c) override {
    constexpr int kFirst = kSlices ? 3 : 2;
    const int count = c.num_inputs() - kFirst;
    V1Writer writer(string_input(c, 0, "filename"));
    const auto names = c.input(1).flat<std::string>();
    c.require(static_cast<int>(names.size()) == count && (!kSlices || c.input(2).elements() == count),
              fmt::format("names or slices are not as many as the {} tensors", count));
    for (const std::size_t i : v1_add_order(std::vector<std::string_view>(names.begin(), names.end()))) {
      const Tensor& value = c.input(kFirst + static_cast<int>(i));
      const auto part = kSlices ? parse_shape_and_slice(c.input(2).data<std::string>()[i]) : std::nullopt;
      if (part) writer.add_slice(names[i], *part, value);
      else writer.add(names[i], value);
    }
    writer.finish();
  }
};

// Inputs: file_pattern, tensor_name, for RestoreSlice shape_and_slice.
template <bool kSlices>
class RestoreV1 final : public Kernel {
 public:
  void prepare(PrepareContext& c) override { c.dynamic_output(0); }
  void run(RunContext& c) override {
    const std::string slice = kSlices ? string_input(c, 2, "shape_and_slice") : "";
    const WantedTensor wanted{string_input(c, 1, "tensor_name"), slice, c.node().attr<DType>("dt")};
    c.set_output(0, restore_values(*open_checkpoint(string_input(c, 0, "file_pattern")), {wanted})[0]);
  }
};

template <typename K>
std::unique_ptr<Kernel> make(const KernelSetup&) {
  return std::make_unique<K>();
}

}  // namespace

std::span<const KernelRow> v1_checkpoint_kernels() {
  static const KernelRow rows[] = {
      {"Restore", make<RestoreV1<false>>},
      {"RestoreSlice", make<RestoreV1<true>>},
      {"Save", make<SaveV1<false>>},
      {"SaveSlices", make<SaveV1<true>>},
  };
  return rows;
}

}  // namespace tenon
