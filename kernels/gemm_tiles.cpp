#include "kernels/gemm_tiles.h"

#include <algorithm>
#include <cstring>

namespace kernels {
namespace {

constexpr double kWorkPerSlice = 5e5;  // multiplications: 5 to 15 microseconds of one core
constexpr int64_t kMostSlices = 32;
constexpr int64_t kTerms = 256;        // of a sum at a time: with the widest panel 32 KiB of B
constexpr int64_t kRowsTogether = 96;  // of A at a time: with kTerms 96 KiB, which the second cache holds
constexpr int64_t kPackedTogether = 16384;  // elements of B that are worth another thread

int64_t aligned(int64_t bytes) { return (bytes + 63) / 64 * 64; }
int64_t rounded(int64_t count, int64_t to) { return (count + to - 1) / to * to; }

// `rows` columns of a stored A, `terms` deep, so that a tile reads them one after the other.
void packColumns(const float* from, int64_t leading, int64_t terms, int rows, int tileRows, float* to) {
  const auto copy = [&](auto bytes) {
    for (int64_t l = 0; l < terms; ++l) std::memcpy(to + l * tileRows, from + l * leading, bytes());
  };
  if (rows == 12) copy([] { return 12 * sizeof(float); });  // sizes that the compiler knows
  else if (rows == 6) copy([] { return 6 * sizeof(float); });
  else copy([rows] { return size_t(rows) * sizeof(float); });
}

}  // namespace

bool TiledProduct::suits(const ProductShape& s) {
  // One to three columns are a sum over rows, and few rows do not pay for turning a transposed B over.
  constexpr int64_t fewestColumns = 4, fewestRows = 8;
  return s.k > 0 && s.n >= fewestColumns && (s.m >= fewestRows || !s.transposeB);
}

TiledProduct::TiledProduct(const ProductShape& shape) : tiles_(tiles()), shape_(shape) {
  const int64_t blocks = (shape.k + kTerms - 1) / kTerms;
  kBlock_ = (shape.k + blocks - 1) / blocks;
  packsB_ = shape.transposeB || shape.m > 2 * tiles_.rows;
  // Rows that lie a power of two apart fall into the same few places of a cache.
  const bool apart = shape.k % 256 == 0 && shape.k >= 1024 && shape.n > tiles_.panel();
  packsA_ = shape.transposeA || apart;

  const double matrix = double(shape.m) * double(shape.n) * double(shape.k);
  together_ = shape.batch == 1 || matrix > kWorkPerSlice * kMostSlices;
  const double wantedExactly = (together_ ? matrix : matrix * double(shape.batch)) / kWorkPerSlice;
  const int64_t wanted = std::clamp<int64_t>(int64_t(std::min(wantedExactly, 1e6)), 1, kMostSlices);
  panelSlices_ = 1;
  if (!together_) {
    rowSlices_ = std::min(wanted, shape.batch);
    return;
  }
  const int64_t tilesDown = (shape.m + tiles_.rows - 1) / tiles_.rows;
  rowSlices_ = std::min(wanted, tilesDown);
  panelSlices_ = std::min(panelCount(), (wanted + rowSlices_ - 1) / rowSlices_);
}

int TiledProduct::columnsOf(int64_t panel) const {
  return int(std::min<int64_t>(tiles_.panel(), shape_.n - panel * tiles_.panel()));
}
int64_t TiledProduct::packedBytes() const {
  return packsB_ ? panelCount() * shape_.k * tiles_.panel() * int64_t(sizeof(float)) : 0;
}
int64_t TiledProduct::ownBytes() const {
  if (!packsA_) return 0;
  return aligned(rounded(std::min(shape_.m, kRowsTogether), tiles_.rows) * kBlock_ * int64_t(sizeof(float)));
}
int64_t TiledProduct::scratchBytes() const {
  return together_ ? packedBytes() + ownBytes() * rowSlices_ * panelSlices_ : (packedBytes() + ownBytes()) * rowSlices_;
}

void TiledProduct::pack(const float* b, int64_t panel, float* packed) const {
  const int64_t leading = shape_.transposeB ? shape_.k : shape_.n, column = panel * tiles_.panel();
  tiles_.packPanel(b + column * (shape_.transposeB ? leading : 1), shape_.transposeB ? 1 : leading, shape_.transposeB ? leading : 1,
                   shape_.k, columnsOf(panel), packed + column * shape_.k);
}

void TiledProduct::multiply(const Operands& o, const Block& block, const float* packed, float* own) const {
  const int64_t leadingA = shape_.transposeA ? shape_.m : shape_.k, n = shape_.n, k = shape_.k;
  const int tileRows = tiles_.rows;
  Tile t;
  t.bStep = packsB_ ? tiles_.panel() : n;
  t.cRow = n;
  for (int64_t l = 0; l < k; l += kBlock_) {
    t.k = std::min(kBlock_, k - l);
    const bool last = l + t.k == k;
    t.add = l > 0 || shape_.accumulate;
    t.relu = last && shape_.relu;
    for (int64_t from = block.row; from < block.row + block.rows; from += kRowsTogether) {
      const int64_t rows = std::min(kRowsTogether, block.row + block.rows - from);
      if (packsA_)
        for (int64_t i = 0; i < rows; i += tileRows) {
          const int count = int(std::min<int64_t>(tileRows, rows - i));
          if (shape_.transposeA) {
            packColumns(o.a + l * leadingA + from + i, leadingA, t.k, count, tileRows, own + i * t.k);
          } else {
            for (int r = 0; r < count; ++r)
              std::memcpy(own + (i + r) * t.k, o.a + (from + i + r) * leadingA + l, size_t(t.k) * sizeof(float));
          }
        }
      for (int64_t p = block.panel; p < block.panel + block.panels; ++p) {
        const int64_t column = p * tiles_.panel();
        t.columns = columnsOf(p);
        t.b = packsB_ ? packed + column * k + l * tiles_.panel() : o.b + l * n + column;
        t.bias = last && shape_.bias ? o.bias + column : nullptr;
        for (int64_t i = 0; i < rows; i += tileRows) {
          const int count = int(std::min<int64_t>(tileRows, rows - i));
          if (!packsA_) t.a = o.a + (from + i) * leadingA + l, t.aRow = leadingA, t.aStep = 1;
          else if (shape_.transposeA) t.a = own + i * t.k, t.aRow = 1, t.aStep = tileRows;
          else t.a = own + i * t.k, t.aRow = t.k, t.aStep = 1;
          const int64_t at = (from + i) * n + column;
          t.c = o.c + at;
          t.mask = last && shape_.masked ? o.mask + at : nullptr;
          tiles_.run(t, count, packsB_);
        }
      }
    }
  }
}

void TiledProduct::run(Cpu& cpu, const float* a, const float* b, const float* bias, const float* mask, float* c,
                       void* scratch) const {
  float* const memory = static_cast<float*>(scratch);
  const int64_t packedFloats = packedBytes() / int64_t(sizeof(float)), ownFloats = ownBytes() / int64_t(sizeof(float));
  const auto matrix = [&](int64_t i) {
    return Operands{a + i * shape_.strideA, b + i * shape_.strideB, bias, mask ? mask + i * shape_.strideC : nullptr,
                    c + i * shape_.strideC};
  };
  if (!together_) {
    forSlices(cpu, int(rowSlices_), [&](int slice) {
      float* const packed = memory + slice * (packedFloats + ownFloats);
      const int64_t begin = shape_.batch * slice / rowSlices_, end = shape_.batch * (slice + 1) / rowSlices_;
      for (int64_t i = begin; i < end; ++i) {
        const Operands o = matrix(i);
        if (packsB_ && (i == begin || shape_.strideB))
          for (int64_t p = 0; p < panelCount(); ++p) pack(o.b, p, packed);
        multiply(o, {0, shape_.m, 0, panelCount()}, packed, packed + packedFloats);
      }
    });
    return;
  }
  const int64_t tilesDown = (shape_.m + tiles_.rows - 1) / tiles_.rows;
  for (int64_t i = 0; i < shape_.batch; ++i) {
    const Operands o = matrix(i);
    if (packsB_ && (i == 0 || shape_.strideB)) {
      const Slices slices(panelCount(), std::max<int64_t>(1, kPackedTogether / (shape_.k * tiles_.panel())));
      forSlices(cpu, slices.number, [&](int slice) {
        for (int64_t p = slices.begin(slice); p < slices.begin(slice + 1); ++p) pack(o.b, p, memory);
      });
    }
    forSlices(cpu, int(rowSlices_ * panelSlices_), [&](int slice) {
      const int64_t down = slice / panelSlices_, across = slice % panelSlices_;
      const int64_t row = tilesDown * down / rowSlices_ * tiles_.rows;
      const int64_t end = std::min(shape_.m, tilesDown * (down + 1) / rowSlices_ * tiles_.rows);
      const int64_t panel = panelCount() * across / panelSlices_, panelEnd = panelCount() * (across + 1) / panelSlices_;
      multiply(o, {row, end - row, panel, panelEnd - panel}, memory, memory + packedFloats + slice * ownFloats);
    });
  }
}

}  // namespace kernels
