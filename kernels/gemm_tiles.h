// Matrix products by our own tiles (tiles.h). B goes into panels of two vectors' width, and a transposed A into tiles: once for
// all slices where several read the same part, so that slices may be many and thin (the library packs anew for each, which
// made cutting a product dear), else piece by piece just before it is used, while it is in the cache.
//
// Where few rows meet a large transposed B, as samples meet a layer's weights, turning B over costs as much as multiplying. Such a
// product is worked out the other way round, C' = B' A': then A is what is packed, B is read as it lies, and C turned over.
#pragma once

#include "kernels/gemm.h"
#include "kernels/tiles.h"

namespace kernels {

class TiledProduct {
 public:
  // Where the tiles beat the library: `shape` is folded (gemm_slices.h).
  static bool suits(const ProductShape& shape);
  explicit TiledProduct(const ProductShape& shape);

  int64_t scratchBytes() const;
  int64_t packedBytes() const;
  void pack(Cpu&, const float* b, float* packed) const;
  // As Product::run. `mask` is laid out as c, and read if the shape says masked.
  void run(Cpu&, const float* a, const float* b, const float* bias, const float* mask, float* c, void* scratch) const;

 private:
  struct Operands {
    const float *a, *b, *bias, *mask;
    float* c;
  };
  // Rows [row, row + rows) by panels [panel, panel + panels) of one matrix.
  struct Block {
    int64_t row, rows, panel, panels;
  };
  int64_t panelCount() const { return (shape_.n + tiles_.panel() - 1) / tiles_.panel(); }
  int columnsOf(int64_t panel) const;
  bool sharesB() const { return packsB_ && together_ && (rowSlices_ > 1 || turned_) && !shape_.packed; }
  bool sharesA() const { return shape_.transposeA && together_ && panelSlices_ > 1; }
  int64_t sharedFloatsB() const;
  int64_t sharedFloatsA() const;
  int64_t ownFloatsB() const;  // of a slice
  int64_t ownFloatsA() const;
  int64_t ownFloatsC() const;
  void packB(const float* b, int64_t term, int64_t terms, int64_t panel, int64_t panels, float* packed) const;
  void share(Cpu& cpu, const Operands& o, bool b, bool a, float* toB, float* toA) const;
  void multiply(const Operands& o, const Block& block, const float* packedB, const float* packedA, float* own) const;
  void multiplyTurned(const Operands& o, const Block& block, const float* packedB, float* own) const;

  const Tiles& tiles_;
  ProductShape shape_;               // as it is worked out
  bool turned_;                      // what is called A here is the caller's B, and C is turned over
  bool packsB_, packsA_;             // whether they are copied
  bool together_;                    // all slices work on one matrix at a time
  int64_t kBlock_;                   // so many terms at a time: a panel of them stays in the first cache
  int64_t rowSlices_, panelSlices_;  // of a matrix when together, else rowSlices_ is of the batch
};

}  // namespace kernels
