// The table of all ops: the baseline's rules and kernels, and the kernels of every column that was built.
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
    if (kernels::runs(Column::avx2)) take<int(Column::avx2)>(column_avx2);
#endif
#ifdef NETWRIGHT_COLUMN_avx512
    if (kernels::runs(Column::avx512)) take<int(Column::avx512)>(column_avx512);
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

}  // namespace

const OpType* findOp(std::string_view name) {
  const auto at = table().byName.find(name);
  return at == table().byName.end() ? nullptr : at->second;
}

const std::vector<const OpType*>& allOps() { return table().inOrder; }

void takeCudaColumn(void (*file)(void (*take)(void*, const OpFile&), void*)) {
  file(
      [](void* all, const OpFile& fileOps) {
        for (const OpType& op : fileOps) static_cast<Table*>(all)->byName.find(op.info.name)->second->cuda = op.cuda;
      },
      &table());
}

}  // namespace engine
