// MatrixBandPart, MatrixDiag, MatrixDiagPart.
#include "base/parallel_for.h"
#include "kernels/elements.h"

namespace tenon {
namespace {

class BandPartKernel final : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    const Shape& shape = c.input_shape(0);
    c.require(shape.rank() >= 2, "input must be at least 2-dim, received shape: " + shape.to_string());
    for (int i = 1; i <= 2; ++i) {
      c.require(c.input_shape(i).rank() == 0,
                fmt::format("{} must be scalar, got shape {}", i == 1 ? "num_lower" : "num_upper",
                            c.input_shape(i).to_string()));
    }
    c.set_output(0, shape);
    c.may_overwrite(0, 0);
  }

  void run(RunContext& c) override {
    const Tensor& x = c.input(0);
    const std::int64_t rows = x.shape()[x.rank() - 2];
    const std::int64_t columns = x.shape()[x.rank() - 1];
    const std::int64_t lower = checked(c, 1, "num_lower", rows);
    const std::int64_t upper = checked(c, 2, "num_upper", columns);
    if (x.elements() == 0) return;
    visit_storage(x.dtype(), [&]<typename T>() {
      const T* from = storage<T>(x);
      T* to = storage<T>(c.output(0));
      parallel_for(x.elements() / columns, std::max<std::int64_t>(1, 32768 / columns),
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t row = begin; row < end; ++row) {
                       const std::int64_t r = row % rows;
                       const std::int64_t first = lower < 0 ? 0 : std::clamp<std::int64_t>(r - lower, 0, columns);
                       const std::int64_t last =
                           upper < 0 ? columns : std::clamp<std::int64_t>(r + upper + 1, first, columns);
                       keep(from + row * columns, to + row * columns, first, last, columns);
                     }
                   });
    });
  }

 private:
  static std::int64_t checked(RunContext& c, int input, const char* name, std::int64_t size) {
    const std::int64_t value = index_at(c.input(input), 0);
    if (value > size) {
      c.fail(fmt::format("{} must be negative or less or equal to number of {} ({}) got: {}", name,
                         input == 1 ? "rows" : "columns", size, value));
    }
    return value;
  }

  template <typename T>
  static void keep(const T* from, T* to, std::int64_t first, std::int64_t last, std::int64_t columns) {
    std::fill(to, to + first, T{});
    if (from != to) copy_elements(from + first, last - first, to + first);
    std::fill(to + last, to + columns, T{});
  }
};

class MatrixDiagKernel final : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    const Shape& shape = c.input_shape(0);
    c.require(shape.rank() >= 1, "diagonal must be at least 1-dim, received shape: " + shape.to_string());
    std::vector<std::int64_t> out(shape.begin(), shape.end());
    out.push_back(shape.back());
    c.set_output(0, Shape::make(out));
  }

  void run(RunContext& c) override {
    const Tensor& x = c.input(0);
    Tensor& out = c.output(0);
    const std::int64_t n = x.shape().back();
    visit_storage(x.dtype(), [&]<typename T>() {
      std::fill_n(storage<T>(out), out.elements(), T{});
      for (std::int64_t i = 0; i < x.elements(); ++i) storage<T>(out)[i * n + i % n] = storage<T>(x)[i];
    });
  }
};

class MatrixDiagPartKernel final : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    const Shape& shape = c.input_shape(0);
    c.require(shape.rank() >= 2, "input must be at least 2-dim, received shape: " + shape.to_string());
    rows_ = shape[shape.rank() - 2];
    columns_ = shape[shape.rank() - 1];
    Shape out(std::span<const std::int64_t>(shape.data(), static_cast<std::size_t>(shape.rank() - 2)));
    out.push_back(std::min(rows_, columns_));
    c.set_output(0, out);
  }

  void run(RunContext& c) override {
    Tensor& out = c.output(0);
    const std::int64_t n = out.shape().back();
    visit_storage(out.dtype(), [&]<typename T>() {
      for (std::int64_t i = 0; i < out.elements(); ++i) {
        storage<T>(out)[i] = storage<T>(c.input(0))[i / n * rows_ * columns_ + i % n * (columns_ + 1)];
      }
    });
  }

 private:
  std::int64_t rows_ = 0, columns_ = 0;
};

}  // namespace

KernelMaker make_matrix_band_part, make_matrix_diag, make_matrix_diag_part;

std::unique_ptr<Kernel> make_matrix_band_part(const KernelSetup&) { return std::make_unique<BandPartKernel>(); }
std::unique_ptr<Kernel> make_matrix_diag(const KernelSetup&) { return std::make_unique<MatrixDiagKernel>(); }
std::unique_ptr<Kernel> make_matrix_diag_part(const KernelSetup&) { return std::make_unique<MatrixDiagPartKernel>(); }

}  // namespace tenon
