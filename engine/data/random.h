// Random numbers that depend on (seed, stream, position) alone: the same on every machine and with every standard
// library, and any position can be jumped to.
#pragma once
#include <cstdint>

namespace engine::data {

// SplitMix64 (Steele, Lea, Flood 2014: "Fast splittable pseudorandom number generators") used as a function of a
// counter.
class Random {
 public:
  // Streams of one seed are independent: an epoch's shuffle, the noise of a part, ...
  explicit Random(uint64_t seed, uint64_t stream = 0) : key_(mix(mix(seed) + kGolden * (stream + 1))) {}

  uint64_t bits() { return mix(key_ + kGolden * ++position_); }
  // [0, 1), a multiple of 2^-53.
  double uniform() { return double(bits() >> 11) * 0x1p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  // [0, limit), without bias (Lemire 2019, "Fast random integer generation in an interval"). limit > 0.
  uint64_t below(uint64_t limit) {
    unsigned __int128 product = (unsigned __int128)bits() * limit;
    if (uint64_t(product) < limit) {
      const uint64_t threshold = (0 - limit) % limit;
      while (uint64_t(product) < threshold) product = (unsigned __int128)bits() * limit;
    }
    return uint64_t(product >> 64);
  }
  // Mean 0, deviation 1, within 6 deviations: the sum of twelve uniform numbers (Irwin and Hall), because additions
  // round the same everywhere, which the logarithm of Box and Muller does not.
  double normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += uniform();
    return sum;
  }

 private:
  static constexpr uint64_t kGolden = 0x9e3779b97f4a7c15ULL;
  static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  uint64_t key_;
  uint64_t position_ = 0;
};

}  // namespace engine::data
