// The tiles for one instruction set. Compiled once into the library and once more for each column, where it is a file of
// which only one function is seen (columns.cmake): nothing here may be initialized before main.
#include "kernels/columns/vector.h"
#include "kernels/tiles.h"

namespace kernels {
namespace {

constexpr int kRows = kLanes == 16 ? 12 : 6;  // with two vectors a row 24 of 32 registers hold sums, or 12 of 16
constexpr int kPanel = 2 * kLanes;

#if defined(__AVX512F__)
struct Some {  // the first elements of a vector, and no byte beyond them
  __mmask16 mask;
  explicit Some(int count) : mask(__mmask16((1u << count) - 1)) {}
  Vector load(const float* from) const { return Vector(_mm512_maskz_loadu_ps(mask, from)); }
};
#elif defined(__AVX2__)
struct Some {
  __m256i mask;
  explicit Some(int count)
      : mask(_mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))) {}
  Vector load(const float* from) const { return Vector(_mm256_maskload_ps(from, mask)); }
};
#else
struct Some {
  int count;
  explicit Some(int n) : count(n) {}
  Vector load(const float* from) const { return loadFirst(from, count); }
};
#endif

// What happens to the sums on their way to c where columns are missing, row by row of a small buffer and not unrolled.
void finish(const Tile& t, const Vector* sums, int rows, int vectors) {
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < vectors; ++j) {
      const int column = j * kLanes, count = t.columns - column < kLanes ? t.columns - column : kLanes;
      const int64_t at = i * t.cRow + column;
      const auto read = [count](const float* from) { return count == kLanes ? load(from) : loadFirst(from, count); };
      Vector v = sums[i * vectors + j];
      if (t.add) v += read(t.c + at);
      if (t.bias) v += read(t.bias + column);
      if (t.relu) v = v < 0.0f ? Vector{} : v;
      if (t.mask) v = read(t.mask + at) <= 0.0f ? Vector{} : v;
      if (count == kLanes) store(t.c + at, v);
      else storeFirst(t.c + at, v, count);
    }
}

template <int rows, int vectors, bool exact>
void tile(const Tile& t) {
  Vector sum[rows][vectors];
#pragma GCC unroll 12
  for (int i = 0; i < rows; ++i)
#pragma GCC unroll 2
    for (int j = 0; j < vectors; ++j) sum[i][j] = Vector{};

  const Some last(t.columns - (vectors - 1) * kLanes);
  const int64_t aRow = t.aRow, aStep = t.aStep, bStep = t.bStep;
  for (int64_t s = 0; s < t.segments; ++s) {
    const float* a = t.a + (t.aAt ? t.aAt[s] : 0);
    const float* b = t.b + (t.bAt ? t.bAt[s] : 0);
    for (int64_t l = 0; l < t.k; ++l, a += aStep, b += bStep) {
      Vector y[vectors];
#pragma GCC unroll 2
      for (int j = 0; j < vectors; ++j) y[j] = exact && j == vectors - 1 ? last.load(b + j * kLanes) : load(b + j * kLanes);
#pragma GCC unroll 12
      for (int i = 0; i < rows; ++i) {
        const float x = a[i * aRow];
#pragma GCC unroll 2
        for (int j = 0; j < vectors; ++j) sum[i][j] += x * y[j];
      }
    }
  }

  if (t.columns < vectors * kLanes) {
    Vector sums[rows * vectors];  // apart, so that those above are never in memory
#pragma GCC unroll 12
    for (int i = 0; i < rows; ++i)
#pragma GCC unroll 2
      for (int j = 0; j < vectors; ++j) sums[i * vectors + j] = sum[i][j];
    return finish(t, sums, rows, vectors);
  }
  if (t.add) {
#pragma GCC unroll 12
    for (int i = 0; i < rows; ++i)
#pragma GCC unroll 2
      for (int j = 0; j < vectors; ++j) sum[i][j] += load(t.c + i * t.cRow + j * kLanes);
  }
  if (t.bias) {
#pragma GCC unroll 2
    for (int j = 0; j < vectors; ++j) {
      const Vector bias = load(t.bias + j * kLanes);
#pragma GCC unroll 12
      for (int i = 0; i < rows; ++i) sum[i][j] += bias;
    }
  }
  if (t.relu) {
#pragma GCC unroll 12
    for (int i = 0; i < rows; ++i)
#pragma GCC unroll 2
      for (int j = 0; j < vectors; ++j) sum[i][j] = sum[i][j] < 0.0f ? Vector{} : sum[i][j];
  }
  if (t.mask) {
#pragma GCC unroll 12
    for (int i = 0; i < rows; ++i)
#pragma GCC unroll 2
      for (int j = 0; j < vectors; ++j) sum[i][j] = load(t.mask + i * t.cRow + j * kLanes) <= 0.0f ? Vector{} : sum[i][j];
  }
#pragma GCC unroll 12
  for (int i = 0; i < rows; ++i)
#pragma GCC unroll 2
    for (int j = 0; j < vectors; ++j) store(t.c + i * t.cRow + j * kLanes, sum[i][j]);
}

// A square of lanes x lanes turned over in registers: elements at distance 1, 2, 4, ... change places.
template <int distance>
inline void turnStep(Vector* v) {
  if constexpr (distance < kLanes) {
    Whole low, high;
    for (int j = 0; j < kLanes; ++j) {
      const bool upper = j & distance;
      low[j] = upper ? kLanes + j - distance : j;
      high[j] = upper ? kLanes + j : j + distance;
    }
#pragma GCC unroll 16
    for (int i = 0; i < kLanes; ++i)
      if (!(i & distance)) {
        const Vector x = v[i], y = v[i + distance];
        v[i] = __builtin_shuffle(x, y, low);
        v[i + distance] = __builtin_shuffle(x, y, high);
      }
    turnStep<distance * 2>(v);
  }
}

// Line by line: what is read is contiguous, and the lines may lie a power of two apart.
void packPanels(const float* from, int64_t row, int64_t k, int64_t columns, float* to) {
  for (int64_t l = 0; l < k; ++l, from += row, to += kPanel) {
    int64_t j = 0;
    for (; j + kPanel <= columns; j += kPanel) {
      store(to + j * k, load(from + j));
      store(to + j * k + kLanes, load(from + j + kLanes));
    }
    if (j < columns) {
      std::memcpy(to + j * k, from + j, size_t(columns - j) * sizeof(float));
      std::memset(to + j * k + (columns - j), 0, size_t(kPanel - (columns - j)) * sizeof(float));
    }
  }
}

// A transposed operand is read along many lines at once, more than the processor foresees by itself.
constexpr int64_t kAhead = 8 * 16;

void turnPanel(const float* from, int64_t column, int64_t k, int columns, float* to) {
  for (int half = 0; half < 2; ++half) {
    const int first = half * kLanes;
    int64_t l = 0;
    for (; l + kLanes <= k; l += kLanes) {
      Vector square[kLanes];
      for (int j = 0; j < kLanes && first + j < columns; ++j) __builtin_prefetch(from + (first + j) * column + l + kAhead);
#pragma GCC unroll 16
      for (int j = 0; j < kLanes; ++j) square[j] = first + j < columns ? load(from + (first + j) * column + l) : Vector{};
      turnStep<1>(square);
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; ++i) store(to + (l + i) * kPanel + first, square[i]);
    }
    for (; l < k; ++l)
      for (int j = first; j < first + kLanes; ++j) to[l * kPanel + j] = j < columns ? from[j * column + l] : 0.0f;
  }
}

// By squares of lanes x lanes. `from` may be read to the end of a square's columns.
void turn(const Turn& t) {
  for (int64_t i = 0; i < t.rows; i += kLanes) {
    const int count = t.rows - i < kLanes ? int(t.rows - i) : kLanes;
    const Vector bias = !t.bias ? Vector{} : count == kLanes ? load(t.bias + i) : loadFirst(t.bias + i, count);
    for (int64_t j = 0; j < t.columns; j += kLanes) {
      Vector square[kLanes];
      const float* const from = t.from + i * t.fromRow + j;
#pragma GCC unroll 16
      for (int l = 0; l < kLanes; ++l) square[l] = l < count ? load(from + l * t.fromRow) : Vector{};
      turnStep<1>(square);
      const int wide = t.columns - j < kLanes ? int(t.columns - j) : kLanes;
#pragma GCC unroll 16
      for (int l = 0; l < kLanes; ++l) {
        if (l >= wide) break;
        const int64_t at = (j + l) * t.toRow + i;
        Vector v = square[l] + bias;
        if (t.relu) v = v < 0.0f ? Vector{} : v;
        if (t.mask) v = (count == kLanes ? load(t.mask + at) : loadFirst(t.mask + at, count)) <= 0.0f ? Vector{} : v;
        if (count == kLanes) store(t.to + at, v);
        else storeFirst(t.to + at, v, count);
      }
    }
  }
}

template <bool exact, int vectors>
constexpr void fill(void (*(&functions)[kMostTileRows])(const Tile&)) {
  using Function = void (*)(const Tile&);
  constexpr Function all[] = {tile<1, vectors, exact>, tile<2, vectors, exact>, tile<3, vectors, exact>, tile<4, vectors, exact>,
                              tile<5, vectors, exact>, tile<6, vectors, exact>,
#ifdef __AVX512F__
                              tile<7, vectors, exact>, tile<8, vectors, exact>, tile<9, vectors, exact>, tile<10, vectors, exact>,
                              tile<11, vectors, exact>, tile<12, vectors, exact>
#endif
  };
  for (int i = 0; i < kRows; ++i) functions[i] = all[i];
}

constexpr Tiles make() {
  Tiles t{};
  t.lanes = kLanes;
  t.rows = kRows;
  fill<false, 1>(t.padded[0]);
  fill<false, 2>(t.padded[1]);
  fill<true, 1>(t.exact[0]);
  fill<true, 2>(t.exact[1]);
  t.packPanels = packPanels;
  t.turnPanel = turnPanel;
  t.turn = turn;
  t.winograd = &kWinogradSteps;
  return t;
}
constexpr Tiles kTiles = make();

}  // namespace

#ifndef NETWRIGHT_TILES
#define NETWRIGHT_TILES tiles_baseline
#endif
extern "C" __attribute__((visibility("default"))) const Tiles* NETWRIGHT_TILES() { return &kTiles; }

}  // namespace kernels
