#include "kernels/tiles.h"

#include "kernels/column.h"

namespace kernels {

extern "C" const Tiles* tiles_baseline();
#ifdef NETWRIGHT_COLUMN_avx2
extern "C" const Tiles* tiles_avx2();
#endif
#ifdef NETWRIGHT_COLUMN_avx512
extern "C" const Tiles* tiles_avx512();
#endif

const Tiles& tiles() {
#ifdef NETWRIGHT_COLUMN_avx512
  if (column() == Column::avx512) return *tiles_avx512();
#endif
#ifdef NETWRIGHT_COLUMN_avx2
  if (column() == Column::avx2) return *tiles_avx2();
#endif
  return *tiles_baseline();
}

}  // namespace kernels
