// Mathematics that is the same on both devices and that the CPU's compiler can turn into vectors: no calls, no branches.
// For double, the reference, the standard library's functions serve.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

#include "kernels/device.h"

namespace kernels {

// e^x within 2 ulp. Cephes' expf: x = n ln 2 + r, e^r by a polynomial, 2^n by its bits. NaN stays NaN; what is below the
// range of float becomes 0, and infinity what is above, by the last products.
BOTH inline float exp(float x) {
  const float low = -104.0f, high = 89.0f;
  const float clamped = x < low ? low : (x > high ? high : x);
  const float shifted = clamped * 1.44269504f + 12582912.0f;  // 1.5 * 2^23 rounds to a whole number, in the lowest bits
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
  int32_t whole;
  std::memcpy(&whole, &shifted, 4);
  whole -= 0x4b400000;  // the bits of 12582912
  const int32_t half = whole >> 1;
  const uint32_t firstBits = uint32_t(half + 127) << 23, secondBits = uint32_t(whole - half + 127) << 23;
  float first, second;
  std::memcpy(&first, &firstBits, 4);
  std::memcpy(&second, &secondBits, 4);
  return p * first * second;
}
BOTH inline double exp(double x) { return ::exp(x); }

// The polynomials below, and the quotients of two, are minimax fits of ours (Lawson's iteration in double, then rounded to float).

// e^x - 1 within 3 ulp, also near 0, where exp(x) - 1 would have lost all its digits. As exp: 2^n (e^r - 1) + (2^n - 1).
BOTH inline float expm1(float x) {
  const float low = -18.0f, high = 88.72284f;  // below `low` it is -1
  const float clamped = x < low ? low : (x > high ? high : x);
  const float shifted = clamped * 1.44269504f + 12582912.0f;
  const float n = shifted - 12582912.0f;
  float r = clamped - n * 0.693359375f;
  r = r - n * -2.12194440e-4f;
  float p = 1.9913571e-4f;
  p = p * r + 1.394102e-3f;
  p = p * r + 8.333274e-3f;
  p = p * r + 4.1666355e-2f;
  p = p * r + 0.16666667f;
  p = p * r + 0.5f;
  p = p * r * r + r;
  const int32_t whole = n == n ? int32_t(n) : 0;
  const int32_t bits = (whole + 126) << 23;  // 2^(n-1): 2^128 is no float, though e^high is
  float half;
  std::memcpy(&half, &bits, 4);
  const float result = 2.0f * (half * p + (half - 0.5f));
  const float finite = whole == 0 ? p : result;
  return x > high ? INFINITY : (x == 0.0f ? x : finite);
}
BOTH inline double expm1(double x) { return ::expm1(x); }

// Natural logarithm within 2 ulp: x = m 2^e with m in [sqrt(1/2), sqrt(2)). log(0) is -infinity, of less NaN.
BOTH inline float log(float x) {
  const bool denormal = x < 1.17549435e-38f;
  const float scaled = denormal ? x * 8388608.0f : x;  // 2^23
  int32_t bits;
  std::memcpy(&bits, &scaled, 4);
  const int32_t exponent = int32_t(uint32_t(bits) - 0x3f3504f3) >> 23;  // 0x3f3504f3: sqrt(1/2)
  const int32_t fractionBits = int32_t(uint32_t(bits) - (uint32_t(exponent) << 23));
  float m;
  std::memcpy(&m, &fractionBits, 4);
  const float e = float(exponent) - (denormal ? 23.0f : 0.0f), r = m - 1.0f, square = r * r;
  float p = 6.746601e-2f;
  p = p * r - 0.11675641f;
  p = p * r + 0.11888175f;
  p = p * r - 0.124055915f;
  p = p * r + 0.14219551f;
  p = p * r - 0.16667996f;
  p = p * r + 0.20002119f;
  p = p * r - 0.2500001f;
  p = p * r + 0.33333313f;
  float y = p * square * r + e * -2.12194440e-4f;
  y = y - 0.5f * square;
  y = r + y + e * 0.693359375f;
  const float positive = x < INFINITY ? y : x;  // infinity and NaN stay
  return x > 0.0f ? positive : (x == 0.0f ? -INFINITY : (x < 0.0f ? NAN : x));
}
BOTH inline double log(double x) { return ::log(x); }

// log(1 + x) within 3 ulp, also near 0: what rounding took from 1 + x is given back (Kahan).
BOTH inline float log1p(float x) {
  const float u = 1.0f + x, lost = x - (u - 1.0f);
  const float corrected = log(u) + lost / u;
  const float y = u > 0.0f && u < INFINITY ? corrected : log(u);
  return x == 0.0f ? x : y;
}
BOTH inline double log1p(double x) { return ::log1p(x); }

// Within 6 ulp: x P(x^2) / Q(x^2), whose coefficients are all positive. tanh(9.02) rounds to 1. A polynomial of an exponential is
// within 4 and takes twice the time.
BOTH inline float tanh(float x) {
  const float t = x < -9.02f ? -9.02f : (x > 9.02f ? 9.02f : x), s = t * t;
  float p = 1.33176033e-8f, q = 7.7614214e-7f;
  p = p * s + 2.05824363e-5f;
  q = q * s + 3.28299037e-4f;
  p = p * s + 3.49397282e-3f;
  q = q * s + 2.58708410e-2f;
  p = p * s + 0.133796662f;
  q = q * s + 0.467129827f;
  p = p * s + 1.0f;
  q = q * s + 1.0f;
  const float y = t * p / q;
  return y > 1.0f ? 1.0f : (y < -1.0f ? -1.0f : y);
}
BOTH inline double tanh(double x) { return ::tanh(x); }

// 1 / (1 + e^-x) within 4 ulp, down to where it is no normal number.
BOTH inline float sigmoid(float x) {
  const float e = exp(x < 0.0f ? x : -x);
  return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}
BOTH inline double sigmoid(double x) {
  const double e = ::exp(x < 0 ? x : -x);
  return (x < 0 ? e : 1) / (1 + e);
}

// The error function within 6 ulp, likewise; by polynomials and an exponential it was within 3 and took three times as long.
// erf(3.95) rounds to 1.
BOTH inline float erf(float x) {
  const float t = x < -3.95f ? -3.95f : (x > 3.95f ? 3.95f : x), s = t * t;
  float p = 2.02587648e-6f, q = 3.78301811e-5f;
  p = p * s + 2.84663022e-4f;
  q = q * s + 1.17055140e-3f;
  p = p * s + 3.80752072e-3f;
  q = q * s + 1.50538106e-2f;
  p = p * s + 5.28734215e-2f;
  q = q * s + 0.114553846f;
  p = p * s + 0.191536859f;
  q = q * s + 0.503077805f;
  p = p * s + 1.12837911f;
  q = q * s + 1.0f;
  const float y = t * p / q;
  return y > 1.0f ? 1.0f : (y < -1.0f ? -1.0f : y);
}
BOTH inline double erf(double x) { return ::erf(x); }

// The cosine of `turns` full turns, for |turns| <= 1, within 2e-7.
BOTH inline float cosOfTurns(float turns) {
  const float rounded = (turns + 12582912.0f) - 12582912.0f, t = turns - rounded;  // in [-1/2, 1/2]
  const float s = 0.5f - 2.0f * (t < 0.0f ? -t : t), square = s * s;               // cos(2 pi t) = sin(pi s)
  float p = -7.028469e-3f;
  p = p * square + 8.205045e-2f;
  p = p * square - 0.5992522f;
  p = p * square + 2.5501633f;
  p = p * square - 5.1677127f;
  p = p * square + 3.1415927f;
  return p * s;
}

}  // namespace kernels
