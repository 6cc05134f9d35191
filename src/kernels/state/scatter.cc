// ScatterUpdate, ScatterAdd ... and ResourceScatterUpdate, ResourceScatterAdd ...: rows of a variable, chosen by
// indices, are replaced by or combined with rows of updates, one after another; or with one scalar.
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "kernels/kernel.h"
#include "kernels/state/combine.h"
#include "kernels/state/row_indices.h"

namespace tenon {
namespace {

void check_shapes(const RunContext& c, const Shape& params, const Shape& indices, const Shape& updates) {
  if (params.rank() < 1) c.fail(fmt::format("params must be at least 1-D, got shape {}", params.to_string()));
  if (updates.rank() == 0) return;
  Dims expected = indices;
  for (int d = 1; d < params.rank(); ++d) expected.push_back(params[d]);
  if (static_cast<const Dims&>(updates) == expected) return;
  c.fail(fmt::format("Must have updates.shape = indices.shape + params.shape[1:] or updates.shape = [], got "
                     "updates.shape {}, indices.shape {}, params.shape {}",
                     updates.to_string(), indices.to_string(), params.to_string()));
}

class Scatter : public Kernel {
 public:
  void prepare(PrepareContext&) override {}
  void run(RunContext& c) override {
    VariableState& variable = c.variable(0);
    const Tensor &indices = c.input(1), &updates = c.input(2);
    if (updates.dtype() != variable.dtype()) {
      c.fail(fmt::format("the variable is {}, the updates are {}", dtype_name(variable.dtype()),
                         dtype_name(updates.dtype())));
    }
    variable.update([&](Tensor& params) {
      check_shapes(c, params.shape(), indices.shape(), updates.shape());
      read_row_indices(c, indices, params.shape()[0], rows_);  // all of them, before the first row is written
      if (rows_.empty() || params.elements() == 0) return;
      write(c, params, updates, params.elements() / params.shape()[0]);
    });
  }

 protected:
  virtual void write(const RunContext& c, Tensor& params, const Tensor& updates, std::int64_t row_elements) = 0;
  std::vector<std::int64_t> rows_;
};

class ScatterUpdate final : public Scatter {
  void write(const RunContext& c, Tensor& params, const Tensor& updates, std::int64_t n) override {
    const bool known = visit_storage(params.dtype(), [&]<typename T>() {
      const T* from = storage<T>(updates);
      for (std::int64_t row : rows_) {
        T* to = storage<T>(params) + row * n;
        if (updates.rank() == 0) {
          std::fill_n(to, n, *from);
        } else {
          copy_elements(from, n, to);
          from += n;
        }
      }
    });
    if (!known) throw_no_kernel(c.node(), params.dtype());
  }
};

template <typename Rule>
inline constexpr bool has_order = std::is_same_v<Rule, combine::Min> || std::is_same_v<Rule, combine::Max>;

template <typename Rule>
class ScatterCombine final : public Scatter {
  using List = std::conditional_t<has_order<Rule>, RealTypes, NumberTypes>;

  void write(const RunContext& c, Tensor& params, const Tensor& updates, std::int64_t n) override {
    const bool known = visit<List>(params.dtype(), [&]<typename T>() {
      const T* from = updates.data<T>();
      if constexpr (std::is_same_v<Rule, combine::Div> && std::is_integral_v<T>) {
        const T* end = from + updates.elements();
        if (std::find(from, end, T(0)) != end) c.fail("Integer division by zero");
      }
      for (std::int64_t row : rows_) {
        T* to = params.data<T>() + row * n;
        if (updates.rank() == 0) {
          combine::fill<Rule>(to, *from, n);
        } else {
          combine::rows<Rule>(to, from, n);
          from += n;
        }
      }
    });
    if (!known) throw_no_kernel(c.node(), params.dtype());
  }
};

template <typename Rule>
std::unique_ptr<Kernel> combine_with() {
  return std::make_unique<ScatterCombine<Rule>>();
}

}  // namespace

std::unique_ptr<Kernel> make_scatter_update(const KernelSetup&) { return std::make_unique<ScatterUpdate>(); }
std::unique_ptr<Kernel> make_scatter_add(const KernelSetup&) { return combine_with<combine::Add>(); }
std::unique_ptr<Kernel> make_scatter_sub(const KernelSetup&) { return combine_with<combine::Sub>(); }
std::unique_ptr<Kernel> make_scatter_mul(const KernelSetup&) { return combine_with<combine::Mul>(); }
std::unique_ptr<Kernel> make_scatter_div(const KernelSetup&) { return combine_with<combine::Div>(); }
std::unique_ptr<Kernel> make_scatter_min(const KernelSetup&) { return combine_with<combine::Min>(); }
std::unique_ptr<Kernel> make_scatter_max(const KernelSetup&) { return combine_with<combine::Max>(); }

}  // namespace tenon
