// Sums over the rows of a matrix (rows, channels), two at a time, and passes over it: batch norm of pictures whose channels lie
// innermost. Unlike channels.h, the rows are cut among threads, so that few channels are work for many; the partial sums
// are added in the order of the slices, which follow from the shape alone. CPU only: a GPU takes channels.h.
#pragma once
#include <type_traits>

#include "kernels/device.h"

namespace kernels {

struct RowsOfChannels {
  static constexpr int kLanes = 16;        // channels taken together
  static constexpr int64_t kRun = 256;     // rows that are added up in their own type
  static constexpr int64_t kGrain = 16384;  // elements in a slice at least
  static constexpr int kMostSlices = 32;

  int64_t rows, channels;

  Slices slices() const {
    Slices s(rows, 1 + kGrain / (channels + 1));
    if (s.number > kMostSlices) s.number = kMostSlices;
    return s;
  }
  // For the partial sums.
  int64_t scratchBytes() const { return int64_t(slices().number) * 2 * channels * int64_t(sizeof(double)); }
};

// of(c, lanes) is a function object g(i, k, a, b) that adds what element i, of channel c + k, gives to both sums;
// finish(channel, first sum, second sum).
template <class T, class Of, class Finish>
void sumRows(Cpu& cpu, const RowsOfChannels& shape, const Of& of, const Finish& finish, void* scratch) {
  constexpr int lanes = RowsOfChannels::kLanes;
  double* const partial = static_cast<double*>(scratch);  // (slices, 2, channels)
  const int64_t channels = shape.channels;
  const Slices slices = shape.slices();
  forSlices(cpu, slices.number, [&](int slice) {
    double* const first = partial + int64_t(slice) * 2 * channels;
    double* const second = first + channels;
    const auto block = [&](auto width, int64_t c) {
      const auto g = of(c, int(width));
      double allFirst[lanes] = {}, allSecond[lanes] = {};
      for (int64_t from = slices.begin(slice), end = slices.begin(slice + 1); from < end; from += RowsOfChannels::kRun) {
        const int64_t to = from + RowsOfChannels::kRun < end ? from + RowsOfChannels::kRun : end;
        T a[lanes] = {}, b[lanes] = {};
        for (int64_t r = from; r < to; ++r) {
#pragma omp simd
          for (int k = 0; k < width; ++k) g(r * channels + c + k, k, a[k], b[k]);
        }
        for (int k = 0; k < width; ++k) allFirst[k] += double(a[k]), allSecond[k] += double(b[k]);
      }
      for (int k = 0; k < width; ++k) first[c + k] = allFirst[k], second[c + k] = allSecond[k];
    };
    const int64_t whole = channels / lanes * lanes;
    for (int64_t c = 0; c < whole; c += lanes) block(std::integral_constant<int, lanes>(), c);
    if (whole < channels) block(int(channels - whole), whole);
  });
  for (int64_t c = 0; c < channels; ++c) {
    double first = 0, second = 0;
    for (int slice = 0; slice < slices.number; ++slice) {
      first += partial[int64_t(slice) * 2 * channels + c];
      second += partial[(int64_t(slice) * 2 + 1) * channels + c];
    }
    finish(c, first, second);
  }
}

// f(i, c) for every element.
template <class F>
void eachOfChannels(Cpu& cpu, const RowsOfChannels& shape, const F& f) {
  const Slices slices = shape.slices();
  const int64_t channels = shape.channels;
  forSlices(cpu, slices.number, [&](int slice) {
    const F g = f;
    for (int64_t r = slices.begin(slice); r < slices.begin(slice + 1); ++r) {
      const int64_t row = r * channels;
#pragma omp simd
      for (int64_t c = 0; c < channels; ++c) g(row + c, c);
    }
  });
}

}  // namespace kernels
