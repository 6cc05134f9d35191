// Shuffling with TensorFlow's order: the same seeds give the same elements at the same places.
//
// A buffer holds up to buffer_size elements; each step takes a random one out, chosen by the next 32-bit number of
// Philox(seed, seed2) modulo the number of elements held. With reshuffle_each_iteration, every iteration draws its
// two seeds from another Philox(seed, seed2); without, all iterations use (seed, seed2) itself. Both seeds 0: random.
#pragma once

#include "data/dataset_kernel.h"

namespace tenon {

DatasetPointer make_shuffle_dataset(RunContext& context);     // ShuffleDataset
DatasetPointer make_shuffle_dataset_v2(RunContext& context);  // seeds from a seed generator
DatasetPointer make_shuffle_dataset_v3(RunContext& context);  // seeds, and the seed generator's if it is not a dummy

std::unique_ptr<Kernel> anonymous_seed_generator(const KernelSetup& setup);
std::unique_ptr<Kernel> dummy_seed_generator(const KernelSetup& setup);

}  // namespace tenon
