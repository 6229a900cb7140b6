// The innermost loops of our own products and convolutions: one tile of the result, some rows by one or two vectors of
// columns, is held in registers while the sums run. What differs between a product, a convolution and its gradients is
// only where the operands lie, so all of them share these loops. In float, on the processor.
#pragma once
#include <cstdint>

namespace kernels {

// c[i * cRow + j] = the sum over s < segments, l < k of
//     a[aAt[s] + i * aRow + l * aStep] * b[bAt[s] + l * bStep + j]
// for the rows of the function that is called and j < columns. In products there is one segment; in a convolution a segment
// is a row of the window. Each element is one sum in one order, fused multiply-adds from the first to the last.
struct Tile {
  const float* a = nullptr;
  int64_t aRow = 0, aStep = 1;
  const float* b = nullptr;
  int64_t bStep = 0;
  int64_t k = 0;
  int64_t segments = 1;
  const int64_t* aAt = nullptr;  // null: all 0
  const int64_t* bAt = nullptr;
  float* c = nullptr;
  int64_t cRow = 0;
  int columns = 0;                // at most vectors * lanes
  bool add = false;               // to what c holds
  const float* bias = nullptr;    // by column, added last
  bool relu = false;              // then what is below 0 becomes 0 (what is not a number stays)
  const float* mask = nullptr;    // then 0 where this, laid out as c, is not above 0
};

constexpr int kMostTileRows = 12;

// to[j * toRow + i] = from[i * fromRow + j] for i < rows, j < columns, and what happens to it on the way: as in Tile, with
// bias[i], and the mask laid out as `to`.
struct Turn {
  const float* from = nullptr;
  int64_t fromRow = 0;
  int64_t rows = 0, columns = 0;
  float* to = nullptr;
  int64_t toRow = 0;
  const float* bias = nullptr;
  bool relu = false;
  const float* mask = nullptr;
};

// What Winograd's convolution does beside the products (conv_winograd.h): tiles of 6 x 6 pixels of the input, of which come 4 x 4
// of the output, `channels` floats each. Transformed values lie `next` floats apart, 36 of them.
struct WinogradSteps {
  // 36 pixels, row by row, to B' d B.
  void (*input)(const float* const* pixels, int64_t channels, float* values, int64_t next);
  // A' m A to the 16 pixels of the output, row by row, but for those that are null; bias and ReLU may be added, and a mask of
  // as many pixels.
  void (*output)(const float* values, int64_t next, int64_t channels, const float* bias, bool relu, const float* const* masks,
                 float* const* pixels);
  // The other way: 16 pixels of the output's gradient to A y A'.
  void (*gradient)(const float* const* pixels, int64_t channels, float* values, int64_t next);
  // A pattern of 3 x 3, value by value `stride` apart, to G g G'; and the gradient of it back, G' u G.
  void (*pattern)(const float* nine, int64_t stride, int64_t channels, float* values, int64_t next);
  void (*patternGradient)(const float* values, int64_t next, int64_t channels, float* nine, int64_t stride);
};

struct Tiles {
  int lanes;  // floats in a vector
  int rows;   // of the largest tile, at most kMostTileRows
  // [vectors - 1][rows - 1]. `padded` reads whole vectors of b whatever `columns` says; `exact` reads no element of b
  // beyond them.
  void (*padded[2][kMostTileRows])(const Tile&);
  void (*exact[2][kMostTileRows])(const Tile&);
  // Panels of an operand B: panel p holds at to[(p * k + l) * 2 * lanes + j] the element of line l < k and column p * 2 * lanes + j <
  // columns, 0 beyond. The lines lie `row` apart; or, turned over, one panel's columns lie
  // `column` apart.
  void (*packPanels)(const float* from, int64_t row, int64_t k, int64_t columns, float* to);
  void (*turnPanel)(const float* from, int64_t column, int64_t k, int columns, float* to);
  void (*turn)(const Turn& turn);
  const struct WinogradSteps* winograd;

  int panel() const { return 2 * lanes; }
  // Runs the right one of them. `whole`: b may be read to the end of the vectors.
  void run(const Tile& tile, int tileRows, bool whole) const {
    const int vectors = tile.columns > lanes ? 2 : 1;
    (whole || tile.columns == vectors * lanes ? padded : exact)[vectors - 1][tileRows - 1](tile);
  }
};

// Of the best column that this machine runs (column.h).
const Tiles& tiles();

}  // namespace kernels
