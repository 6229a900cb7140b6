// Random numbers by counting: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3, SC
// 2011). There is no state: a number is a function of (seed, node, step, element), so it is the same on every device, for
// any number of threads, and when it is computed again for the gradient.
#pragma once
#include <cmath>
#include <cstdint>

#include "kernels/device.h"
#include "kernels/math.h"

namespace kernels {

struct Random4 {
  uint32_t word[4];
};

BOTH inline Random4 philox(uint32_t c0, uint32_t c1, uint32_t c2, uint32_t c3, uint32_t k0, uint32_t k1) {
  constexpr int rounds = 10;
  constexpr uint64_t m0 = 0xD2511F53u, m1 = 0xCD9E8D57u;
  constexpr uint32_t w0 = 0x9E3779B9u, w1 = 0xBB67AE85u;  // the golden ratio, sqrt(3) - 1
  for (int round = 0; round < rounds; ++round) {
    const uint64_t p0 = m0 * c0, p1 = m1 * c2;
    const uint32_t n0 = uint32_t(p1 >> 32) ^ c1 ^ k0, n2 = uint32_t(p0 >> 32) ^ c3 ^ k1;
    c1 = uint32_t(p1), c3 = uint32_t(p0);
    c0 = n0, c2 = n2;
    k0 += w0, k1 += w1;
  }
  return {{c0, c1, c2, c3}};
}

// A bijection of 64 bits that spreads every bit (the finalizer of SplitMix64).
BOTH inline uint64_t mixBits(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

// Uniform in [0, 1): the 24 upper bits, each result a float exactly.
BOTH inline float uniformOf(uint32_t bits) { return float(bits >> 8) * 5.9604645e-8f; }
// Uniform in (0, 1], so that it has a logarithm.
BOTH inline float uniformAboveZero(uint32_t bits) { return float((bits >> 8) + 1) * 5.9604645e-8f; }

// The random numbers of one node in one step. Elements come in blocks of four: block(i) holds elements 4i to 4i + 3.
struct RandomStream {
  uint64_t key;   // of seed and node together
  uint64_t step;

  // 64 + 64 bits of seed and node become the 64 of the key; two pairs that meet are as likely as any two hashes.
  BOTH RandomStream(uint64_t seed, uint64_t node, uint64_t atStep) : key(mixBits(mixBits(seed + 0x9E3779B97F4A7C15u) ^ node)), step(atStep) {}

  BOTH Random4 block(int64_t i) const {
    return philox(uint32_t(i), uint32_t(uint64_t(i) >> 32), uint32_t(step), uint32_t(step >> 32), uint32_t(key), uint32_t(key >> 32));
  }
  BOTH float uniform(int64_t element) const { return uniformOf(block(element / 4).word[element % 4]); }
  // Mean 0, variance 1 (Box and Muller; each element of a pair takes one of the two projections).
  BOTH float normal(int64_t element) const {
    const Random4 r = block(element / 4);
    const int pair = int(element % 4) / 2 * 2;
    const float radius = std::sqrt(-2.0f * log(uniformAboveZero(r.word[pair])));
    const float turns = uniformOf(r.word[pair + 1]);
    return radius * cosOfTurns(element % 2 ? turns - 0.25f : turns);  // cos(a - 1/4 turn) = sin(a)
  }
};

}  // namespace kernels
