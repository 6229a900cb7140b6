#include "kernels/gemm_tiles.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace kernels {
namespace {

constexpr double kWorkPerSlice = 5e5;  // multiplications: 5 to 15 microseconds of one core
constexpr int64_t kMostSlices = 16, kEnoughSlices = 4;
constexpr int64_t kFewestRows = 48, kFewRows = 192;
constexpr int64_t kTerms = 256;        // of a sum at a time: with the widest panel 32 KiB of B
constexpr int64_t kRowsTogether = 96;  // of A at a time: with kTerms 96 KiB, which the second cache holds
constexpr int64_t kLine = 16;          // floats of a cache line
constexpr int64_t kPackedTogether = 16384;  // elements of B that are worth another thread

int64_t rounded(int64_t count, int64_t to) { return (count + to - 1) / to * to; }

// `rows` columns of a stored A, `terms` deep, in tiles that are read from front to back. Line by line of A, since the lines
// may lie a power of two apart.
template <int tileRows>
void packColumns(const float* from, int64_t leading, int64_t terms, int64_t rows, float* to) {
  for (int64_t l = 0; l < terms; ++l, from += leading) {
    int64_t i = 0;
    for (; i + tileRows <= rows; i += tileRows) std::memcpy(to + i * terms + l * tileRows, from + i, tileRows * sizeof(float));
    if (i < rows) std::memcpy(to + i * terms + l * tileRows, from + i, size_t(rows - i) * sizeof(float));
  }
}

// Turning over both A and C must be less than turning B.
bool worthTurning(const ProductShape& s) {
  return s.transposeB && !s.transposeA && !s.packed && !s.accumulate && s.batch == 1 && s.m * (s.k + s.n) * 4 < s.n * s.k * 3;
}
ProductShape turnedOver(ProductShape s) {
  std::swap(s.m, s.n);
  return s;
}

}  // namespace

bool TiledProduct::suits(const ProductShape& s) {
  // One to three columns are a sum over rows, and few rows do not pay for turning a transposed B over.
  constexpr int64_t fewestColumns = 4, fewestRows = 8;
  return s.k > 0 && s.n >= fewestColumns && (s.m >= fewestRows || !s.transposeB);
}

TiledProduct::TiledProduct(const ProductShape& given)
    : tiles_(tiles()), shape_(worthTurning(given) ? turnedOver(given) : given), turned_(worthTurning(given)) {
  const ProductShape& shape = shape_;
  const int64_t blocks = (shape.k + kTerms - 1) / kTerms;
  kBlock_ = (shape.k + blocks - 1) / blocks;
  packsB_ = shape.packed || shape.transposeB || shape.m > 2 * tiles_.rows;
  // Rows that lie a power of two apart fall into the same few places of a cache.
  const bool apart = shape.k % 256 == 0 && shape.k >= 1024 && shape.n > tiles_.panel();
  packsA_ = shape.transposeA || apart;

  const double matrix = double(shape.m) * double(shape.n) * double(shape.k);
  assert(tiles_.rows == 12 || tiles_.rows == 6);
  together_ = shape.batch == 1 || matrix > kWorkPerSlice * kMostSlices;
  const double wantedExactly = (together_ ? matrix : matrix * double(shape.batch)) / kWorkPerSlice;
  const int64_t wanted = std::clamp<int64_t>(int64_t(std::min(wantedExactly, 1e6)), 1, kMostSlices);
  panelSlices_ = 1;
  if (!together_) {
    rowSlices_ = std::min(wanted, shape.batch);
    return;
  }
  // Rows are cut into parts that use a panel some times while it is in the cache: what they write is contiguous. Where that
  // gives too few, columns are.
  const int64_t mostRowSlices = std::max<int64_t>(1, shape.m / kFewestRows);
  rowSlices_ = Slices::even(std::min(wanted, mostRowSlices));
  // Few rows by many columns: each panel is packed once even when it is packed just before it is used.
  if (!turned_ && !shape.packed && shape.m <= kFewRows && panelCount() >= 2 * kEnoughSlices && panelCount() * 2 * tiles_.rows >= shape.m) {
    rowSlices_ = 1;
    panelSlices_ = Slices::even(std::min(wanted, panelCount() / 2));
    return;
  }
  if (rowSlices_ >= std::min(wanted, kEnoughSlices)) return;
  panelSlices_ = Slices::even(std::min(wanted, panelCount()));
  rowSlices_ = std::min(mostRowSlices, std::max<int64_t>(1, wanted / panelSlices_));
}

int TiledProduct::columnsOf(int64_t panel) const {
  return int(std::min<int64_t>(tiles_.panel(), shape_.n - panel * tiles_.panel()));
}
int64_t TiledProduct::sharedFloatsB() const { return sharesB() ? panelCount() * shape_.k * tiles_.panel() : 0; }
int64_t TiledProduct::sharedFloatsA() const { return sharesA() ? rounded(rounded(shape_.m, tiles_.rows) * shape_.k, kLine) : 0; }
int64_t TiledProduct::ownFloatsB() const {
  if (!packsB_ || sharesB() || shape_.packed) return 0;
  return (panelCount() + panelSlices_ - 1) / panelSlices_ * kBlock_ * tiles_.panel();
}
int64_t TiledProduct::ownFloatsA() const {
  if (!packsA_ || sharesA()) return 0;
  return rounded(rounded(std::min(shape_.m, kRowsTogether), tiles_.rows) * kBlock_, kLine);
}
int64_t TiledProduct::ownFloatsC() const {
  return turned_ ? std::min(shape_.m, kRowsTogether) * (panelCount() + panelSlices_ - 1) / panelSlices_ * tiles_.panel() : 0;
}
int64_t TiledProduct::scratchBytes() const {
  const int64_t slices = rowSlices_ * panelSlices_;
  return (sharedFloatsB() + sharedFloatsA() + slices * (ownFloatsB() + ownFloatsA() + ownFloatsC())) * int64_t(sizeof(float));
}

void TiledProduct::packB(const float* b, int64_t term, int64_t terms, int64_t panel, int64_t panels, float* packed) const {
  const int64_t width = tiles_.panel(), n = shape_.n, k = shape_.k, column = panel * width;
  if (!shape_.transposeB) return tiles_.packPanels(b + term * n + column, n, terms, std::min(panels * width, n - column), packed);
  for (int64_t p = 0; p < panels; ++p)
    tiles_.turnPanel(b + (column + p * width) * k + term, k, terms, columnsOf(panel + p), packed + p * width * terms);
}

void TiledProduct::multiply(const Operands& o, const Block& block, const float* packedB, const float* packedA,
                            float* own) const {
  const int64_t leadingA = shape_.transposeA ? shape_.m : shape_.k, n = shape_.n, k = shape_.k, width = tiles_.panel();
  const int tileRows = tiles_.rows;
  const bool sharedB = sharesB() || shape_.packed;
  float* const ownA = own + ownFloatsB();
  Tile t;
  t.bStep = packsB_ ? width : n;
  t.cRow = n;
  for (int64_t l = 0; l < k; l += kBlock_) {
    t.k = std::min(kBlock_, k - l);
    const bool last = l + t.k == k;
    t.add = l > 0 || shape_.accumulate;
    t.relu = last && shape_.relu;
    if (packsB_ && !sharedB) packB(o.b, l, t.k, block.panel, block.panels, own);
    for (int64_t from = block.row; from < block.row + block.rows; from += kRowsTogether) {
      const int64_t rows = std::min(kRowsTogether, block.row + block.rows - from);
      const float* a = o.a + (shape_.transposeA ? l * leadingA + from : from * leadingA + l);
      if (sharesA()) {
        a = packedA + l * rounded(shape_.m, tileRows) + from * t.k;
      } else if (shape_.transposeA) {
        (tileRows == 12 ? packColumns<12> : packColumns<6>)(a, leadingA, t.k, rows, ownA);
        a = ownA;
      } else if (packsA_) {
        for (int64_t i = 0; i < rows; ++i) std::memcpy(ownA + i * t.k, a + i * leadingA, size_t(t.k) * sizeof(float));
        a = ownA;
      }
      t.aRow = shape_.transposeA ? 1 : packsA_ ? t.k : leadingA;
      t.aStep = shape_.transposeA ? tileRows : 1;
      const int64_t nextRow = packsA_ ? t.k : leadingA;  // packed tiles have t.k numbers a row as well
      // The rows of a tile stay in the first cache while the panels of B pass by, one after the other as they lie.
      for (int64_t i = 0; i < rows; i += tileRows) {
        t.a = a + i * nextRow;
        for (int64_t p = block.panel; p < block.panel + block.panels; ++p) {
          const int64_t column = p * width, at = (from + i) * n + column;
          t.columns = columnsOf(p);
          t.b = sharedB ? packedB + column * k + l * width : packsB_ ? own + (p - block.panel) * t.k * width : o.b + l * n + column;
          t.bias = last && shape_.bias ? o.bias + column : nullptr;
          t.c = o.c + at;
          t.mask = last && shape_.masked ? o.mask + at : nullptr;
          tiles_.run(t, int(std::min<int64_t>(tileRows, rows - i)), packsB_);
        }
      }
    }
  }
}

// The terms innermost, so that a part of C is finished and turned over while it is in the cache.
void TiledProduct::multiplyTurned(const Operands& o, const Block& block, const float* packedB, float* own) const {
  const int64_t k = shape_.k, width = tiles_.panel(), wide = block.panels * width, m = shape_.m;
  float* const ownA = own;
  float* const ownC = own + ownFloatsA();
  Tile t;
  t.bStep = width;
  t.cRow = wide;
  t.columns = int(width);
  for (int64_t from = block.row; from < block.row + block.rows; from += kRowsTogether) {
    const int64_t rows = std::min(kRowsTogether, block.row + block.rows - from);
    for (int64_t l = 0; l < k; l += kBlock_) {
      t.k = std::min(kBlock_, k - l);
      t.add = l > 0;
      const float* a = o.a + from * k + l;
      t.aRow = k;
      if (packsA_) {
        for (int64_t i = 0; i < rows; ++i) std::memcpy(ownA + i * t.k, a + i * k, size_t(t.k) * sizeof(float));
        a = ownA, t.aRow = t.k;
      }
      for (int64_t i = 0; i < rows; i += tiles_.rows) {
        t.a = a + i * t.aRow;
        for (int64_t p = 0; p < block.panels; ++p) {
          t.b = packedB + (block.panel + p) * width * k + l * width;
          t.c = ownC + i * wide + p * width;
          tiles_.run(t, int(std::min<int64_t>(tiles_.rows, rows - i)), true);
        }
      }
    }
    const int64_t column = block.panel * width, at = column * m + from;
    tiles_.turn({ownC, wide, rows, std::min(wide, shape_.n - column), o.c + at, m, shape_.bias ? o.bias + from : nullptr, shape_.relu,
                 shape_.masked ? o.mask + at : nullptr});
  }
}

// Packs what several slices read: B, A or both.
void TiledProduct::share(Cpu& cpu, const Operands& o, bool b, bool a, float* toB, float* toA) const {
  const int64_t panels = b ? panelCount() : 0, blocks = a ? (shape_.k + kBlock_ - 1) / kBlock_ : 0;
  const Slices ofB(panels, std::max<int64_t>(1, kPackedTogether / (shape_.k * tiles_.panel())));
  const int slicesB = b ? ofB.number : 0;
  forSlices(cpu, slicesB + int(blocks), [&](int slice) {
    if (slice < slicesB) {
      const int64_t begin = ofB.begin(slice);
      packB(o.b, 0, shape_.k, begin, ofB.begin(slice + 1) - begin, toB + begin * tiles_.panel() * shape_.k);
      return;
    }
    const int64_t l = (slice - slicesB) * kBlock_;
    (tiles_.rows == 12 ? packColumns<12> : packColumns<6>)(o.a + l * shape_.m, shape_.m, std::min(kBlock_, shape_.k - l), shape_.m,
                                                           toA + l * rounded(shape_.m, tiles_.rows));
  });
}

int64_t TiledProduct::packedBytes() const { return panelCount() * shape_.k * tiles_.panel() * int64_t(sizeof(float)); }
void TiledProduct::pack(Cpu& cpu, const float* b, float* packed) const {
  share(cpu, {nullptr, b, nullptr, nullptr, nullptr}, true, false, packed, nullptr);
}

void TiledProduct::run(Cpu& cpu, const float* a, const float* b, const float* bias, const float* mask, float* c,
                       void* scratch) const {
  float* const memory = static_cast<float*>(scratch);
  const int64_t ownFloats = ownFloatsB() + ownFloatsA() + ownFloatsC();
  if (turned_) std::swap(a, b);
  const auto matrix = [&](int64_t i) {
    return Operands{a + i * shape_.strideA, b + i * shape_.strideB, bias, mask ? mask + i * shape_.strideC : nullptr,
                    c + i * shape_.strideC};
  };
  if (!together_) {
    forSlices(cpu, int(rowSlices_), [&](int slice) {
      const int64_t begin = shape_.batch * slice / rowSlices_, end = shape_.batch * (slice + 1) / rowSlices_;
      for (int64_t i = begin; i < end; ++i) multiply(matrix(i), {0, shape_.m, 0, panelCount()}, nullptr, nullptr, memory + slice * ownFloats);
    });
    return;
  }
  const int64_t tilesDown = (shape_.m + tiles_.rows - 1) / tiles_.rows;
  float* const packedA = memory + sharedFloatsB();
  float* const own = packedA + sharedFloatsA();
  for (int64_t i = 0; i < shape_.batch; ++i) {
    const Operands o = matrix(i);
    const bool newB = sharesB() && (i == 0 || shape_.strideB);
    if (newB || sharesA()) share(cpu, o, newB, sharesA(), memory, packedA);
    forSlices(cpu, int(rowSlices_ * panelSlices_), [&](int slice) {
      const int64_t down = slice / panelSlices_, across = slice % panelSlices_;
      const int64_t row = tilesDown * down / rowSlices_ * tiles_.rows;
      const int64_t end = std::min(shape_.m, tilesDown * (down + 1) / rowSlices_ * tiles_.rows);
      const int64_t panel = panelCount() * across / panelSlices_, panelEnd = panelCount() * (across + 1) / panelSlices_;
      if (turned_) return multiplyTurned(o, {row, end - row, panel, panelEnd - panel}, memory, own + slice * ownFloats);
      multiply(o, {row, end - row, panel, panelEnd - panel}, shape_.packed ? b : memory, packedA, own + slice * ownFloats);
    });
  }
}

}  // namespace kernels
