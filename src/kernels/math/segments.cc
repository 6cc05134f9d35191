// Sums, products, extremes and means of the rows that carry the same segment id: SegmentSum and its like (ids
// increasing) and UnsortedSegmentSum and its like.
#include <limits>

#include "kernels/elements.h"

namespace tenon {
namespace {

enum class Fold { Sum, Mean, Prod, Max, Min };

template <Fold fold, typename T>
T fold_one(T a, T b) {
  if constexpr (fold == Fold::Max) {
    return a < b ? b : a;
  } else if constexpr (fold == Fold::Min) {
    return b < a ? b : a;
  } else if constexpr (std::is_integral_v<T>) {
    using U = std::conditional_t<(sizeof(T) < 4), std::uint32_t, std::make_unsigned_t<T>>;
    if constexpr (fold == Fold::Prod) return static_cast<T>(static_cast<U>(a) * static_cast<U>(b));
    else return static_cast<T>(static_cast<U>(a) + static_cast<U>(b));
  } else if constexpr (fold == Fold::Prod) {
    return a * b;
  } else {
    return a + b;
  }
}

// What an id that no row carries gets from the unsorted operations.
template <Fold fold, typename T>
T empty_value() {
  if constexpr (fold == Fold::Prod) return T(1);
  else if constexpr (fold == Fold::Max) return std::numeric_limits<T>::lowest();
  else if constexpr (fold == Fold::Min) return std::numeric_limits<T>::max();
  else return T(0);
}

template <Fold fold, typename T>
void fold_row(const T* row, std::int64_t n, Calc<T>* into) {
  for (std::int64_t i = 0; i < n; ++i) into[i] = fold_one<fold, Calc<T>>(into[i], load(row[i]));
}

template <Fold fold>
struct Segments {
  template <typename T>
  class Sorted final : public Kernel {
   public:
    void prepare(PrepareContext& c) override {
      const Shape& data = c.input_shape(0);
      c.require(c.input_shape(1).rank() == 1, "segment_ids should be a vector.");
      c.require(data.rank() >= 1 && data[0] == c.input_shape(1)[0],
                "segment_ids should be the same size as dimension 0 of input.");
      c.dynamic_output(0);
    }

    void run(RunContext& c) override {
      const Tensor& data = c.input(0);
      const Tensor& ids = c.input(1);
      const std::int64_t rows = ids.elements();
      Shape shape = data.shape();
      shape.data()[0] = rows == 0 ? 0 : index_at(ids, rows - 1) + 1;
      check_ids(c, ids, shape[0]);
      Tensor out(data.dtype(), Shape::make(shape));
      const std::int64_t width = rows == 0 ? 0 : data.elements() / rows;
      std::fill_n(out.data<T>(), out.elements(), T(fold == Fold::Prod ? Calc<T>(1) : Calc<T>(0)));
      std::vector<Calc<T>> total(static_cast<std::size_t>(width));
      for (std::int64_t begin = 0, end; begin < rows; begin = end) {
        const std::int64_t id = index_at(ids, begin);
        for (end = begin; end < rows && index_at(ids, end) == id; ++end) {
          const T* row = data.data<T>() + end * width;
          if (end > begin) fold_row<fold>(row, width, total.data());
          else for (std::int64_t i = 0; i < width; ++i) total[static_cast<std::size_t>(i)] = load(row[i]);
        }
        for (std::int64_t i = 0; i < width; ++i) {
          Calc<T> value = total[static_cast<std::size_t>(i)];
          if constexpr (fold == Fold::Mean) value = static_cast<Calc<T>>(value / static_cast<Calc<T>>(end - begin));
          out.data<T>()[id * width + i] = static_cast<T>(value);
        }
      }
      c.set_output(0, std::move(out));
    }

   private:
    static void check_ids(RunContext& c, const Tensor& ids, std::int64_t segments) {
      for (std::int64_t i = 0; i < ids.elements(); ++i) {
        const std::int64_t id = index_at(ids, i);
        if (i > 0 && id < index_at(ids, i - 1)) c.fail("segment ids are not increasing");
        if (id < 0 || id >= segments) {
          c.fail(fmt::format("Segment id {} out of range [0, {}), possibly because 'segment_ids' input is not sorted.",
                             id, std::max<std::int64_t>(segments, 0)));
        }
      }
    }
  };

  template <typename T>
  class Unsorted final : public Kernel {
   public:
    void prepare(PrepareContext& c) override {
      const Shape& data = c.input_shape(0);
      const Shape& ids = c.input_shape(1);
      c.require(c.input_shape(2).rank() == 0, fmt::format("num_segments should be a scalar, not shape {}",
                                                          c.input_shape(2).to_string()));
      segments_ = index_at(c.input_value(2), 0);
      c.require(segments_ >= 0, "Input num_segments == " + std::to_string(segments_) + " must not be negative.");
      bool starts = ids.rank() <= data.rank();
      for (int d = 0; starts && d < ids.rank(); ++d) starts = ids[d] == data[d];
      if (!starts) {
        c.fail(fmt::format("data.shape = {} does not start with segment_ids.shape = {}", data.to_string(),
                           ids.to_string()));
      }
      std::vector<std::int64_t> out{segments_};
      width_ = 1;
      for (int d = ids.rank(); d < data.rank(); ++d) {
        out.push_back(data[d]);
        width_ *= data[d];
      }
      c.set_output(0, Shape::make(out));
    }

    void run(RunContext& c) override {
      const T* data = c.input(0).template data<T>();
      const Tensor& ids = c.input(1);
      Tensor& out = c.output(0);
      std::vector<Calc<T>> wide;
      Calc<T>* total;
      if constexpr (is_small_float<T>) {
        wide.resize(static_cast<std::size_t>(out.elements()));
        total = wide.data();
      } else {
        total = out.data<T>();
      }
      std::fill_n(total, out.elements(), load(static_cast<T>(empty_value<fold, Calc<T>>())));
      for (std::int64_t i = 0; i < ids.elements(); ++i) {
        const std::int64_t id = index_at(ids, i);
        if (id < 0) continue;
        if (id >= segments_) c.fail(fmt::format("segment_ids[{}] = {} is out of range [0, {})", i, id, segments_));
        fold_row<fold>(data + i * width_, width_, total + id * width_);
      }
      if constexpr (is_small_float<T>)
        std::transform(wide.begin(), wide.end(), out.data<T>(), [](float x) { return T(x); });
    }

   private:
    std::int64_t segments_ = 0;
    std::int64_t width_ = 1;
  };
};

template <Fold fold, typename List>
std::unique_ptr<Kernel> make_sorted(const KernelSetup& setup) {
  return make_typed<Segments<fold>::template Sorted, List>(setup, type_attr(setup, "T"));
}
template <Fold fold, typename List>
std::unique_ptr<Kernel> make_unsorted(const KernelSetup& setup) {
  return make_typed<Segments<fold>::template Unsorted, List>(setup, type_attr(setup, "T"));
}

}  // namespace

KernelMaker make_segment_sum, make_segment_mean, make_segment_prod, make_segment_max, make_segment_min,
    make_unsorted_segment_sum, make_unsorted_segment_prod, make_unsorted_segment_max, make_unsorted_segment_min;

std::unique_ptr<Kernel> make_segment_sum(const KernelSetup& s) { return make_sorted<Fold::Sum, NumberTypes>(s); }
std::unique_ptr<Kernel> make_segment_mean(const KernelSetup& s) { return make_sorted<Fold::Mean, NumberTypes>(s); }
std::unique_ptr<Kernel> make_segment_prod(const KernelSetup& s) { return make_sorted<Fold::Prod, NumberTypes>(s); }
std::unique_ptr<Kernel> make_segment_max(const KernelSetup& s) { return make_sorted<Fold::Max, RealTypes>(s); }
std::unique_ptr<Kernel> make_segment_min(const KernelSetup& s) { return make_sorted<Fold::Min, RealTypes>(s); }
std::unique_ptr<Kernel> make_unsorted_segment_sum(const KernelSetup& s) {
  return make_unsorted<Fold::Sum, NumberTypes>(s);
}
std::unique_ptr<Kernel> make_unsorted_segment_prod(const KernelSetup& s) {
  return make_unsorted<Fold::Prod, NumberTypes>(s);
}
std::unique_ptr<Kernel> make_unsorted_segment_max(const KernelSetup& s) {
  return make_unsorted<Fold::Max, RealTypes>(s);
}
std::unique_ptr<Kernel> make_unsorted_segment_min(const KernelSetup& s) {
  return make_unsorted<Fold::Min, RealTypes>(s);
}

}  // namespace tenon
