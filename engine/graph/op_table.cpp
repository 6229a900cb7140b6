// The table of all ops: the baseline's rules and kernels, and the kernels of every column that was built.
#include <cstdlib>
#include <cstring>
#include <map>

#include "engine/graph/op.h"

namespace engine {

std::vector<OpFile> opFiles();  // written by CMake

#ifdef NETWRIGHT_COLUMN_avx2
extern "C" void column_avx2(void (*take)(void*, const OpFile&), void* to);
#endif
#ifdef NETWRIGHT_COLUMN_avx512
extern "C" void column_avx512(void (*take)(void*, const OpFile&), void* to);
#endif

namespace {

struct Table {
  std::vector<OpType> ops;
  std::vector<const OpType*> inOrder;
  std::map<std::string, OpType*, std::less<>> byName;
  std::string columnsBuilt = "baseline";

  Table() {
    for (OpFile& file : opFiles())
      for (OpType& op : file) ops.push_back(std::move(op));
    for (OpType& op : ops) {
      inOrder.push_back(&op);
      byName.emplace(op.info.name, &op);
      for (int c = 1; c < kColumns; ++c) op.cpu[c] = op.cpu[0];
    }
#ifdef NETWRIGHT_COLUMN_avx2
    // Not called on a machine without it: even its table is built by its own instructions.
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) take<int(Column::avx2)>(column_avx2);
#endif
#ifdef NETWRIGHT_COLUMN_avx512
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
      take<int(Column::avx512)>(column_avx512);
#endif
  }

  template <int column>
  void take(void (*file)(void (*)(void*, const OpFile&), void*)) {
    file(
        [](void* table, const OpFile& fileOps) {
          for (const OpType& op : fileOps) static_cast<Table*>(table)->byName.find(op.info.name)->second->cpu[column] = op.cpu[0];
        },
        this);
  }
};

Table& table() {
  static Table all;
  return all;
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

}  // namespace

const OpType* findOp(std::string_view name) {
  const auto at = table().byName.find(name);
  return at == table().byName.end() ? nullptr : at->second;
}

const std::vector<const OpType*>& allOps() { return table().inOrder; }

const char* nameOf(Column column) {
  constexpr const char* names[] = {"baseline", "avx2", "avx512"};
  return names[int(column)];
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

void takeCudaColumn(void (*file)(void (*take)(void*, const OpFile&), void*)) {
  file(
      [](void* all, const OpFile& fileOps) {
        for (const OpType& op : fileOps) static_cast<Table*>(all)->byName.find(op.info.name)->second->cuda = op.cuda;
      },
      &table());
}

}  // namespace engine
