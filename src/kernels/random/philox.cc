#include "kernels/random/philox.h"

#include <random>

namespace tenon {

Philox PhiloxState::reserve(std::uint64_t blocks) {
  std::lock_guard lock(mutex_);
  const Philox mine = random_;
  random_.skip(blocks);
  return mine;
}

std::shared_ptr<PhiloxState> philox_state(const KernelSetup& setup) {
  const auto object = setup.state.object("philox/" + setup.node.name, [&]() -> std::shared_ptr<Object> {
    auto seed = static_cast<std::uint64_t>(setup.node.attr_or<std::int64_t>("seed", 0));
    auto stream = static_cast<std::uint64_t>(setup.node.attr_or<std::int64_t>("seed2", 0));
    if (seed == 0 && stream == 0) {
      std::random_device chance;
      seed = std::uint64_t{chance()} << 32 | chance();
      stream = std::uint64_t{chance()} << 32 | chance();
    }
    return std::make_shared<PhiloxState>(seed, stream);
  });
  return std::static_pointer_cast<PhiloxState>(object);
}

}  // namespace tenon
