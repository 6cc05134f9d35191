// The loops of batch normalisation, over pieces of a tensor. A piece is `rows` rows of `width` channels; of an NCHW
// tensor, one channel of one image is a piece of width 1.
#pragma once

#include <cstdint>
#include <vector>

namespace tenon::batch_norm {

struct Piece {
  std::int64_t offset = 0, rows = 0, width = 0, channel = 0;  // channel: the first one
};

struct Layout {
  std::int64_t channels = 0, rows = 0;  // rows: elements of each channel
  std::int64_t inner = 1;               // NCHW: elements of a channel within one image
  bool channels_first = false;
  std::int64_t pieces() const;
  Piece piece(std::int64_t i) const;
  std::int64_t grain() const;  // how many pieces are worth a thread
};

// Per channel: the sums over all rows of (x - shift) and of its square.
struct Sums {
  std::vector<double> first, second;
};
void sum_and_squares(const Layout& layout, const float* x, const float* shift, std::vector<float>& partial, Sums& sums);
// Per channel: the sums of dy and of dy * (x - mean).
void sum_gradients(const Layout& layout, const float* dy, const float* x, const float* mean,
                   std::vector<float>& partial, Sums& sums);

// y = (x - mean) * scale + offset
void normalise(const Layout& layout, const float* x, const float* mean, const float* scale, const float* offset,
               float* y);
// dx = dy * p + (x - mean) * q + r
void gradient(const Layout& layout, const float* dy, const float* x, const float* mean, const float* p, const float* q,
              const float* r, float* dx);

}  // namespace tenon::batch_norm
