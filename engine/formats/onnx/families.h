// The table of what is written and read, by families of ops. A writer turns one node of a network into nodes of ONNX; a
// reader turns one node of ONNX into nodes of a network. They say what goes wrong to their context (fail) and return.
#pragma once
#include <map>
#include <string_view>
#include <vector>

namespace engine::formats::onnx {

class Writer;
class Reader;

struct Writes {
  const char* op;  // of ours: "Linear"
  void (*write)(Writer&);
};
struct Reads {
  const char* op;  // of ONNX: "Gemm"
  void (*read)(Reader&);
};
struct Family {
  std::vector<Writes> writes;
  std::vector<Reads> reads;
};

Family sources();
Family products();
Family activations();
Family arithmetic();
Family control();
Family einsum();
Family lists();
Family logic();
Family selections();
Family quantization();
Family structure();
Family reductions();
Family convolutions();
Family poolings();
Family normalizations();
Family sequences();
Family losses();
Family recurrences();
Family resizes();
Family spectra();

// Null: no form there.
const Writes* findWriter(std::string_view op);
const Reads* findReader(std::string_view op);
const std::vector<std::string_view>& writtenOps();

}  // namespace engine::formats::onnx
