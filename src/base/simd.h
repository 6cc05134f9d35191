// Loops that the compiler vectorises for the machine they run on, in a build for plain x86-64.
//
//   TENON_MULTIVERSION void add(const float* a, const float* b, float* out, std::int64_t n) {
//     for (std::int64_t i = 0; i < n; ++i) out[i] = a[i] + b[i];
//   }
//
// The function is compiled for several x86-64 levels; the loader picks the best one. Only plain functions in
// a .cc file: not templates, not lambdas, not in headers. What it calls must be inlined to gain anything.
// Results are the same bits at each level as long as the loop holds no a*b+c (the higher levels have FMA, which
// rounds once). Sanitizers start before the loader has picked, so their builds have one version only.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(TENON_SANITIZED) && \
    !defined(TENON_NO_CLONES)
#define TENON_MULTIVERSION __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define TENON_MULTIVERSION
#endif
