// Networks to ONNX files and back. An op's ways into and out of ONNX stand together in its family's file, see
// families.h.
#pragma once
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/data/transform.h"
#include "engine/formats/onnx/model.h"
#include "engine/graph/graph.h"
#include "engine/plan/store.h"

namespace engine::formats::onnx {

inline constexpr int64_t kOldestOpset = 13, kNewestOpset = 20;  // that are written

struct WriteOptions {
  int64_t opset = 17;
  std::optional<int64_t> batch;                  // none: "N"
  std::map<int, data::Transform> preprocessing;  // by index of an Input node: what stands between raw values and it
  std::map<std::string, std::string> metadata;
  std::string name = "network";
};

// What gives `outputs` (values of the network as it was drawn), in its evaluation form: the bytes of a file. Inputs and
// outputs have the names of their nodes, parameters those of the store. An op that has no form in ONNX is a problem of
// its node.
Result<std::string> write(const Graph& network, std::span<const Value> outputs, const Store& store,
                          const WriteOptions& options);

// A model as a network to draw. Names of the file are kept where they can be.
struct Imported {
  Graph network;
  std::vector<Value> inputs, outputs;  // in the file's order
  std::vector<std::string> outputNames;
  std::optional<int64_t> batch;  // none: any
  std::vector<Tensor> values;    // of parameters and running statistics, by their names in the store; f32
  std::map<std::string, std::string> metadata;
};
// Knows the operators that write() writes, and some more; another one is a problem.
Result<Imported> read(std::string_view bytes, const std::string& path);

// The network's parameters with the values of the file; those that it has no values for are drawn as in a new network.
Done fill(const Imported& imported, int64_t batch, Store& store);

// Runs it in f32, in evaluation form. `inputs` are (batch, ...) in the order of imported.inputs; so are the results. Class
// numbers are given as floats too.
Result<std::vector<std::vector<float>>> run(const Imported& imported, int64_t batch,
                                            std::span<const std::vector<float>> inputs, Cpu& cpu);

}  // namespace engine::formats::onnx
