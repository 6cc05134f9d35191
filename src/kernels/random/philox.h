// Philox 4x32-10: 128 random bits from a 128-bit counter and a 64-bit key. Salmon et al., "Parallel random numbers: as
// easy as 1, 2, 3", 2011.
//
//   Philox random(seed, seed2);
//   Philox::Block four = random();   // and the counter moves on
//   random.skip(1000);               // as 1000 calls would
#pragma once

#include <array>
#include <cstdint>
#include <mutex>

#include "kernels/kernel.h"

namespace tenon {

class Philox {
 public:
  using Block = std::array<std::uint32_t, 4>;

  // The key is `seed`; the counter starts at `stream` * 2^64.
  Philox(std::uint64_t seed, std::uint64_t stream)
      : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}, high_(stream) {}

  Block operator()() {
    Block block{static_cast<std::uint32_t>(low_), static_cast<std::uint32_t>(low_ >> 32),
                static_cast<std::uint32_t>(high_), static_cast<std::uint32_t>(high_ >> 32)};
    std::array<std::uint32_t, 2> key = key_;
    for (int round = 0; round < 10; ++round) {
      const std::uint64_t a = std::uint64_t{0xD2511F53} * block[0];
      const std::uint64_t b = std::uint64_t{0xCD9E8D57} * block[2];
      block = {static_cast<std::uint32_t>(b >> 32) ^ block[1] ^ key[0], static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ block[3] ^ key[1], static_cast<std::uint32_t>(a)};
      key[0] += 0x9E3779B9;
      key[1] += 0xBB67AE85;
    }
    skip(1);
    return block;
  }

  void skip(std::uint64_t blocks) {
    low_ += blocks;
    if (low_ < blocks) ++high_;
  }

 private:
  std::array<std::uint32_t, 2> key_;
  std::uint64_t low_ = 0, high_;
};

// The numbers of the blocks one by one.
class PhiloxStream {
 public:
  explicit PhiloxStream(const Philox& random) : random_(random) {}
  std::uint32_t operator()() {
    if (next_ == 4) {
      block_ = random_();
      next_ = 0;
    }
    return block_[next_++];
  }

 private:
  Philox random_;
  Philox::Block block_{};
  std::size_t next_ = 4;
};

// The generator of one node in a session: every run takes its own stretch of it.
class PhiloxState final : public Object {
 public:
  PhiloxState(std::uint64_t seed, std::uint64_t stream) : random_(seed, stream) {}
  // A generator for the caller alone, good for `blocks` blocks.
  Philox reserve(std::uint64_t blocks);
  std::string describe() const override { return "random number generator"; }

 private:
  std::mutex mutex_;
  Philox random_;
};

// That of the node, seeded by its attributes seed and seed2; if both are 0, by chance.
std::shared_ptr<PhiloxState> philox_state(const KernelSetup& setup);

}  // namespace tenon
