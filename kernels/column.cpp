#include "kernels/column.h"

#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace kernels {

const char* nameOf(Column column) {
  constexpr const char* names[] = {"baseline", "avx2", "avx512"};
  return names[int(column)];
}

bool runs(Column column) {
  switch (column) {
    case Column::baseline: return true;
    case Column::avx2: {
#ifdef NETWRIGHT_COLUMN_avx2
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
      return false;
#endif
    }
    case Column::avx512: {
#ifdef NETWRIGHT_COLUMN_avx512
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#else
      return false;
#endif
    }
  }
  return false;
}

Column column() {
  static const Column chosen = [] {
    const char* wish = std::getenv("NETWRIGHT_COLUMN");
    Column best = Column::baseline;
    for (Column c : {Column::avx2, Column::avx512})
      if (runs(c)) best = c;
    if (wish)
      for (Column c : {Column::baseline, Column::avx2, Column::avx512})
        if (std::strcmp(wish, nameOf(c)) == 0 && runs(c)) best = c;
    return best;
  }();
  return chosen;
}

}  // namespace kernels
