#include "engine/formats/onnx/families.h"

namespace engine::formats::onnx {

namespace {

struct Table {
  std::map<std::string_view, Writes> writers;
  std::map<std::string_view, Reads> readers;
  std::vector<std::string_view> written;
  Table() {
    for (const auto family :
         {sources, products, activations, arithmetic, logic, control, einsum, lists, selections, quantization, structure, reductions,
          convolutions, poolings, normalizations, sequences, losses, recurrences, resizes, spectra}) {
      const Family f = family();
      for (const Writes& w : f.writes) writers.emplace(w.op, w);
      for (const Reads& r : f.reads) readers.emplace(r.op, r);
    }
    for (const auto& [op, writer] : writers) written.push_back(op);
  }
};
const Table& table() {
  static const Table it;
  return it;
}

}  // namespace

const Writes* findWriter(std::string_view op) {
  const auto at = table().writers.find(op);
  return at == table().writers.end() ? nullptr : &at->second;
}
const Reads* findReader(std::string_view op) {
  const auto at = table().readers.find(op);
  return at == table().readers.end() ? nullptr : &at->second;
}
const std::vector<std::string_view>& writtenOps() { return table().written; }

}  // namespace engine::formats::onnx
