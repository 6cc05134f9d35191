// exp, log, tanh and sigmoid of a float in plain arithmetic without branches, so that a loop over them is vectorised.
// Within 2 units in the last place of the true value; infinities, NaN and subnormal results as the C library has them.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

namespace tenon::vector_math {

// e^x.
inline float exp(float x) {
  // Beyond these the result is 0 or infinity anyway. Comparisons keep NaN.
  x = x > 89.0f ? 89.0f : x;
  x = x < -104.0f ? -104.0f : x;
  constexpr float kRounder = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer, kept in the low bits
  const float shifted = x * 1.44269504088896341f + kRounder;
  const std::int32_t n = std::bit_cast<std::int32_t>(shifted) - std::bit_cast<std::int32_t>(kRounder);
  const float whole = shifted - kRounder;
  const float r = (x - whole * 0.693359375f) - whole * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  // 2^n in two factors, since n reaches from -150 to 128.
  const std::int32_t half = n >> 1;
  const float scale_a = std::bit_cast<float>((half + 127) << 23);
  const float scale_b = std::bit_cast<float>((n - half + 127) << 23);
  return p * scale_a * scale_b;
}

inline float log(float x) {
  constexpr float kSmallest = std::numeric_limits<float>::min();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const bool subnormal = x < kSmallest;
  const float scaled = subnormal ? x * 8388608.0f : x;
  // x = m * 2^e with m in [sqrt(1/2), sqrt(2)).
  const std::uint32_t shifted = std::bit_cast<std::uint32_t>(scaled) - 0x3f3504f3u;
  const std::int32_t exponent = (static_cast<std::int32_t>(shifted) >> 23) - (subnormal ? 23 : 0);
  const float m = std::bit_cast<float>((shifted & 0x007fffffu) + 0x3f3504f3u);
  const float e = static_cast<float>(exponent);
  const float r = m - 1.0f;
  const float z = r * r;
  float p = 7.0376836292e-2f;
  p = p * r + -1.1514610310e-1f;
  p = p * r + 1.1676998740e-1f;
  p = p * r + -1.2420140846e-1f;
  p = p * r + 1.4249322787e-1f;
  p = p * r + -1.6668057665e-1f;
  p = p * r + 2.0000714765e-1f;
  p = p * r + -2.4999993993e-1f;
  p = p * r + 3.3333331174e-1f;
  float y = p * r * z + e * -2.12194440e-4f - 0.5f * z;
  y = r + y + e * 0.693359375f;
  y = x == kInfinity ? kInfinity : y;
  y = x == 0.0f ? -kInfinity : y;
  // Negative numbers and NaN.
  return x >= 0.0f ? y : std::numeric_limits<float>::quiet_NaN();
}

inline float tanh(float x) {
  const float magnitude = x < 0.0f ? -x : x;
  const float z = x * x;
  float p = -5.70498872745e-3f;
  p = p * z + 2.06390887954e-2f;
  p = p * z + -5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z + -3.33332819422e-1f;
  const float small = p * z * x + x;
  const float away = 1.0f - 2.0f / (exp(2.0f * magnitude) + 1.0f);
  const float signed_away = x < 0.0f ? -away : away;
  return magnitude < 0.625f ? small : signed_away;
}

inline float sigmoid(float x) {
  const float e = exp(x < 0.0f ? x : -x);
  const float sum = 1.0f + e;
  const float y = (x < 0.0f ? e : 1.0f) / sum;
  // What rounding took from the sum, by 1 / sum, for which a line is near enough.
  const float lost = e - (sum - 1.0f);
  return y - y * (lost * (1.5f - 0.5f * sum));
}

}  // namespace tenon::vector_math
