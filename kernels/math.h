// Mathematics that is the same on both devices and that the CPU's compiler can turn into vectors: no calls, no branches.
// For double, the reference, the standard library's functions serve.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

#include "kernels/device.h"

namespace kernels {

// e^x within 2 ulp. Cephes' expf: x = n ln 2 + r, e^r by a polynomial, 2^n by its bits. NaN stays NaN, past the range of
// float it is 0 or infinity.
BOTH inline float exp(float x) {
  const float low = -103.97208f, high = 88.72284f;  // e^low is under the smallest denormal, e^high the largest float
  const float clamped = x < low ? low : (x > high ? high : x);
  const float shifted = clamped * 1.44269504f + 12582912.0f;  // 1.5 * 2^23 rounds to a whole number
  const float n = shifted - 12582912.0f;
  float r = clamped - n * 0.693359375f;
  r = r - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  // 2^n in two factors, since n may leave the range of one exponent.
  const int32_t whole = n == n ? int32_t(n) : 0, half = whole / 2;
  const int32_t firstBits = (half + 127) << 23, secondBits = (whole - half + 127) << 23;
  float first, second;
  std::memcpy(&first, &firstBits, 4);
  std::memcpy(&second, &secondBits, 4);
  const float result = p * first * second;
  return x > high ? INFINITY : (x < low ? 0.0f : result);
}
BOTH inline double exp(double x) { return ::exp(x); }

}  // namespace kernels
