// Sums over the rows of a matrix (rows, channels), two at a time, and passes over it: batch norm where the channels lie innermost,
// the gradients of layer norm's weights. Neighbouring channels are taken together, and the rows are cut into parts, so that few
// channels are work for many; the parts' sums are added in their order, and how many there are follows from the shape alone.
//
// of(channel, lanes) is what belongs to `lanes` neighbouring channels and is read once: a function object g(row, i, k, a, b) that
// adds what element i, of channel + k, in that row, gives to both sums. finish(channel, first sum, second sum) comes once a channel.
//
// Runs of rows are added up in T, the runs in double. Cpu: 16 channels are vectors, a part is a slice. Cuda: a warp reads up to 32
// neighbouring numbers of a row, or of several rows where there are fewer; a block has 256 threads and is a part of one group.
#pragma once
#include <type_traits>

#include "kernels/device.h"
#include "kernels/map.h"

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

  // On CUDA: neighbouring channels of a group, groups, and parts of each.
  static constexpr int kThreads = 256;
  BOTH int width() const {
    int width = 32;
    while (width / 2 >= channels && width > 1) width /= 2;
    return width;
  }
  int64_t groups() const { return (channels + width() - 1) / width(); }
  int64_t partsOnCuda() const {
    constexpr int64_t enoughBlocks = 512, most = 256, leastElements = 8192;  // of a part: 32 for each thread
    const int64_t possible = rows * width() / leastElements, wanted = groups() < 1 ? 1 : enoughBlocks / groups();
    const int64_t parts = wanted < possible ? wanted : possible;
    return parts < 1 ? 1 : parts < most ? parts : most;
  }
};

// For the parts' sums, which are doubles.
inline int64_t sumRowsScratchBytes(const Cpu&, const RowsOfChannels& shape) {
  return int64_t(shape.slices().number) * 2 * shape.channels * int64_t(sizeof(double));
}

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
          for (int k = 0; k < width; ++k) g(r, r * channels + c + k, k, a[k], b[k]);
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

#ifdef KERNELS_CUDA
inline int64_t sumRowsScratchBytes(const Cuda&, const RowsOfChannels& shape) {
  return shape.partsOnCuda() * 2 * shape.channels * int64_t(sizeof(double));
}

// Block (x, y): part y of the rows of group x.
template <class T, class Of>
__global__ void sumRowsKernel(Of of, RowsOfChannels shape, double* partial) {
  __shared__ double sums[2][RowsOfChannels::kThreads];
  const int thread = int(threadIdx.x), width = shape.width(), step = RowsOfChannels::kThreads / width, row = thread / width;
  const int64_t c = int64_t(blockIdx.x) * width + thread % width, part = blockIdx.y, parts = gridDim.y;
  const int64_t end = shape.rows * (part + 1) / parts, run = RowsOfChannels::kRun * step;
  double first = 0, second = 0;
  if (c < shape.channels) {
    const auto g = of(c, 1);
    for (int64_t from = shape.rows * part / parts + row; from < end; from += run) {
      const int64_t to = from + run < end ? from + run : end;
      T a = 0, b = 0;
      for (int64_t r = from; r < to; r += step) g(r, r * shape.channels + c, 0, a, b);
      first += double(a), second += double(b);
    }
  }
  sums[0][thread] = first, sums[1][thread] = second;
  for (int half = step / 2; half > 0; half /= 2) {
    __syncthreads();
    if (row >= half) continue;
    sums[0][thread] += sums[0][thread + half * width];
    sums[1][thread] += sums[1][thread + half * width];
  }
  if (row > 0 || c >= shape.channels) return;
  partial[2 * part * shape.channels + c] = sums[0][thread];
  partial[(2 * part + 1) * shape.channels + c] = sums[1][thread];
}

template <class Finish>
struct JoinRowParts {
  const double* partial;  // (parts, 2, channels)
  int64_t parts, channels;
  Finish finish;
  BOTH void operator()(int64_t c) const {
    double first = 0, second = 0;
    for (int64_t part = 0; part < parts; ++part) first += partial[2 * part * channels + c], second += partial[(2 * part + 1) * channels + c];
    finish(c, first, second);
  }
};

template <class T, class Of, class Finish>
void sumRows(Cuda& device, const RowsOfChannels& shape, const Of& of, const Finish& finish, void* scratch) {
  if (shape.channels == 0) return;
  double* const partial = static_cast<double*>(scratch);
  const int64_t parts = shape.partsOnCuda();
  launch(device, sumRowsKernel<T, Of>, dim3(unsigned(shape.groups()), unsigned(parts)), dim3(RowsOfChannels::kThreads), 0, of, shape, partial);
  map(device, shape.channels, JoinRowParts<Finish>{partial, parts, shape.channels, finish});
}

template <class F>
struct EachOfChannels {
  F f;
  int64_t channels;
  bool small;  // divisions of 32 bits do
  BOTH void operator()(int64_t i) const { f(i, small ? int64_t(uint32_t(i) % uint32_t(channels)) : i % channels); }
};

template <class F>
void eachOfChannels(Cuda& device, const RowsOfChannels& shape, const F& f) {
  const int64_t count = shape.rows * shape.channels;
  map(device, count, EachOfChannels<F>{f, shape.channels, count <= int64_t(UINT32_MAX)});
}
#endif

}  // namespace kernels
