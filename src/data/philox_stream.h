// The stream of 32-bit numbers that TensorFlow's SingleSampleAdapter<PhiloxRandom>(seed, seed2) gives: Philox 4x32
// with 10 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011).
#pragma once

#include <array>
#include <cstdint>

namespace tenon {

class PhiloxStream {
 public:
  PhiloxStream(std::uint64_t seed, std::uint64_t seed2)
      : key_{low(seed), high(seed)}, counter_{0, 0, low(seed2), high(seed2)} {}

  std::uint32_t next() {
    if (used_ == 4) {
      block_ = block();
      used_ = 0;
      for (std::uint32_t& word : counter_) {
        if (++word != 0) break;
      }
    }
    return block_[used_++];
  }

 private:
  using Words = std::array<std::uint32_t, 4>;
  static std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
  static std::uint32_t high(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }

  Words block() const {
    Words c = counter_;
    std::array<std::uint32_t, 2> key = key_;
    for (int round = 0; round < 10; ++round) {
      const std::uint64_t p0 = 0xD2511F53ull * c[0], p1 = 0xCD9E8D57ull * c[2];
      c = {high(p1) ^ c[1] ^ key[0], low(p1), high(p0) ^ c[3] ^ key[1], low(p0)};
      key[0] += 0x9E3779B9u;
      key[1] += 0xBB67AE85u;
    }
    return c;
  }

  std::array<std::uint32_t, 2> key_;
  Words counter_;
  Words block_ = {};
  int used_ = 4;
};

}  // namespace tenon
