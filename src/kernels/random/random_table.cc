#include "kernels/random/random_kernels.h"

namespace tenon {

KernelMaker make_multinomial, make_random_shuffle, make_random_standard_normal, make_random_uniform,
    make_random_uniform_int, make_truncated_normal;

namespace {

const KernelRow kRows[] = {
    {"Multinomial", make_multinomial, {1}},
    {"RandomShuffle", make_random_shuffle},
    {"RandomStandardNormal", make_random_standard_normal, {0}},
    {"RandomUniform", make_random_uniform, {0}},
    {"RandomUniformInt", make_random_uniform_int, {0}},
    {"TruncatedNormal", make_truncated_normal, {0}},
};

}  // namespace

std::span<const KernelRow> random_kernels() { return kRows; }

}  // namespace tenon
