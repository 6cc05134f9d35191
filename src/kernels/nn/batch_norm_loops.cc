#include "kernels/nn/batch_norm_loops.h"

#include <algorithm>

#include "base/parallel_for.h"
#include "base/simd.h"

namespace tenon::batch_norm {
namespace {

constexpr std::int64_t kRows = 256;
constexpr std::int64_t kGrain = 32768;

TENON_MULTIVERSION void add_squares(const float* x, const float* shift, float* first, float* second, std::int64_t rows,
                                    std::int64_t width) {
  for (std::int64_t r = 0; r < rows; ++r) {
#pragma GCC ivdep
    for (std::int64_t c = 0; c < width; ++c) {
      const float d = x[r * width + c] - shift[c];
      first[c] += d;
      second[c] += d * d;
    }
  }
}

TENON_MULTIVERSION void add_gradients(const float* dy, const float* x, const float* mean, float* first, float* second,
                                      std::int64_t rows, std::int64_t width) {
  for (std::int64_t r = 0; r < rows; ++r) {
#pragma GCC ivdep
    for (std::int64_t c = 0; c < width; ++c) {
      const float g = dy[r * width + c];
      first[c] += g;
      second[c] += g * (x[r * width + c] - mean[c]);
    }
  }
}

TENON_MULTIVERSION void normalise_rows(const float* x, const float* mean, const float* scale, const float* offset,
                                       float* y, std::int64_t rows, std::int64_t width) {
  for (std::int64_t r = 0; r < rows; ++r) {
#pragma GCC ivdep
    for (std::int64_t c = 0; c < width; ++c) {
      y[r * width + c] = (x[r * width + c] - mean[c]) * scale[c] + offset[c];
    }
  }
}

TENON_MULTIVERSION void gradient_rows(const float* dy, const float* x, const float* mean, const float* p,
                                      const float* q, const float* r, float* dx, std::int64_t rows,
                                      std::int64_t width) {
  for (std::int64_t row = 0; row < rows; ++row) {
#pragma GCC ivdep
    for (std::int64_t c = 0; c < width; ++c) {
      const std::int64_t i = row * width + c;
      dx[i] = dy[i] * p[c] + (x[i] - mean[c]) * q[c] + r[c];
    }
  }
}

// add(piece, first, second) sums one piece in float; the pieces' sums are added in double.
template <typename Add>
void sum_pieces(const Layout& layout, std::vector<float>& partial, Sums& sums, Add&& add) {
  const std::int64_t pieces = layout.pieces();
  const std::int64_t width = layout.channels_first ? 1 : layout.channels;
  partial.resize(2 * pieces * width);
  parallel_for(pieces, layout.grain(), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      float* first = partial.data() + 2 * i * width;
      std::fill(first, first + 2 * width, 0.0f);
      add(layout.piece(i), first, first + width);
    }
  });
  sums.first.assign(layout.channels, 0.0);
  sums.second.assign(layout.channels, 0.0);
  for (std::int64_t i = 0; i < pieces; ++i) {
    const std::int64_t channel = layout.piece(i).channel;
    const float* first = partial.data() + 2 * i * width;
    for (std::int64_t c = 0; c < width; ++c) {
      sums.first[channel + c] += first[c];
      sums.second[channel + c] += first[width + c];
    }
  }
}

template <typename Fn>
void for_each_piece(const Layout& layout, Fn&& fn) {
  parallel_for(layout.pieces(), layout.grain(), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) fn(layout.piece(i));
  });
}

}  // namespace

std::int64_t Layout::pieces() const {
  if (rows == 0 || channels == 0) return 0;
  return channels_first ? rows / inner * channels : (rows + kRows - 1) / kRows;
}

Piece Layout::piece(std::int64_t i) const {
  if (channels_first) return {i * inner, inner, 1, i % channels};
  return {i * kRows * channels, std::min(kRows, rows - i * kRows), channels, 0};
}

std::int64_t Layout::grain() const {
  return kGrain / std::max<std::int64_t>(channels_first ? inner : kRows * channels, 1) + 1;
}

void sum_and_squares(const Layout& layout, const float* x, const float* shift, std::vector<float>& partial,
                     Sums& sums) {
  sum_pieces(layout, partial, sums, [&](const Piece& piece, float* first, float* second) {
    add_squares(x + piece.offset, shift + piece.channel, first, second, piece.rows, piece.width);
  });
}

void sum_gradients(const Layout& layout, const float* dy, const float* x, const float* mean,
                   std::vector<float>& partial, Sums& sums) {
  sum_pieces(layout, partial, sums, [&](const Piece& piece, float* first, float* second) {
    add_gradients(dy + piece.offset, x + piece.offset, mean + piece.channel, first, second, piece.rows, piece.width);
  });
}

void normalise(const Layout& layout, const float* x, const float* mean, const float* scale, const float* offset,
               float* y) {
  for_each_piece(layout, [&](const Piece& p) {
    normalise_rows(x + p.offset, mean + p.channel, scale + p.channel, offset + p.channel, y + p.offset, p.rows,
                   p.width);
  });
}

void gradient(const Layout& layout, const float* dy, const float* x, const float* mean, const float* p, const float* q,
              const float* r, float* dx) {
  for_each_piece(layout, [&](const Piece& piece) {
    gradient_rows(dy + piece.offset, x + piece.offset, mean + piece.channel, p + piece.channel, q + piece.channel,
                  r + piece.channel, dx + piece.offset, piece.rows, piece.width);
  });
}

}  // namespace tenon::batch_norm
