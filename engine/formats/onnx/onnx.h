// Networks to ONNX files and back. An op's ways into and out of ONNX stand together in its family's file, see
// families.h.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "engine/data/transform.h"
#include "engine/formats/onnx/model.h"
#include "engine/graph/graph.h"
#include "engine/plan/store.h"

namespace engine::formats::onnx {

inline constexpr int64_t kOldestOpset = 13, kNewestOpset = 28;  // that are written
inline constexpr int64_t kOldestRead = 1;  // models that PyTorch wrote in its first years are of 6

// A node whose operator could not be read: it keeps its place, its wires and its attributes.
struct Opaque {
  struct Output {
    std::string name;  // "" where it is left out
    Type type = Type::f32;
    bool ofModel = false;  // the model gives it
  };
  int node = 0;  // of the network, where the op Unknown stands for it
  std::string type;
  Attributes attributes;
  Problem why;
  std::string domain = {};  // as Node's
  int64_t version = 0;      // of its domain's operators
  std::vector<bool> inputs = {};  // whether it has one there: of numbers that follow from the batch there is no wire
  std::vector<Output> outputs = {};
};

struct WriteOptions {
  int64_t opset = 17;
  std::optional<int64_t> batch;                  // none: "N"
  std::map<int, data::Transform> preprocessing;  // by index of an Input node: what stands between raw values and it
  std::map<std::string, std::string> metadata;
  std::string name = "network";
  std::map<int, Opaque> opaque = {};   // by index of an Unknown node: what it was
  std::map<Value, Shape> shapes = {};  // of outputs behind such nodes, as far as somebody knows
  bool sizesFollow = false;            // masks and sizes are calculated in the graph, as they are where an axis is open
  std::set<std::string> open = {};     // names of axes that are written as names: of axesOfAnySize()
};

// What gives `outputs` (values of the network as it was drawn), in its evaluation form: the bytes of a file. Inputs and
// outputs have the names of their nodes, parameters those of the store. An op that has no form in ONNX is a problem of
// its node.
Result<std::string> write(const Graph& network, std::span<const Value> outputs, const Store& store,
                          const WriteOptions& options);

// The names of Inputs' axes for which write() writes the same nodes, attributes and numbers whatever their size is.
std::set<std::string> axesOfAnySize(const Graph& network, std::span<const Value> outputs, const Store& store, const WriteOptions& options);

// A model as a network to draw. Names of the file are kept where they can be.
struct Imported {
  Graph network;
  std::vector<Value> inputs, outputs;  // in the file's order
  std::vector<std::string> outputNames;
  std::optional<int64_t> batch;  // none: any
  Type floating = Type::f32;     // what it computes in
  std::vector<Tensor> values;    // of parameters, buffers and running statistics, by their names in the store
  std::map<std::string, std::string> metadata;
  std::map<Value, Shape> shapes;  // what the file says of outputs of whose shapes nothing else is known
  std::vector<Opaque> opaque;     // only where it is imported; nothing can be calculated behind them
};
struct ReadOptions {
  // What is known of the inputs already: their sizes, where the file leaves them open, and their numbers for operators that plan with
  // them (a shape, axes), which are then those of every run.
  std::map<std::string, Tensor> given;
  std::map<std::string, int64_t> sizes = {};  // of axes that have no number: by their symbols, or as "x.2"
  // For a project: an operator that cannot be read becomes an opaque node and is no problem, batch norm and dropout are layers that
  // train, and what exporters spell out (GELU, layer norm, a bias) is one node. Without it the file is what its attributes say.
  bool imports = false;
  bool folds = true;  // nodes that depend on nothing but numbers of the file are calculated once, by our own ops
};
// Axes other than the batch that need a number before the network can be drawn.
struct OpenAxis {
  std::string input;
  int axis = 0;
  std::string key;  // in ReadOptions::sizes: the symbol, or "x.2"
  Shape shape;      // of the input
  std::vector<std::string> symbols;
};
std::vector<OpenAxis> openAxes(const Model& model, const std::map<std::string, int64_t>& sizes = {});
// The size that an axis without a number is given.
std::optional<int64_t> sizeOf(const Port& port, int axis, const std::map<std::string, int64_t>& sizes);

// Knows the operators that write() writes, and many more; another one is a problem, or an opaque node.
Result<Imported> read(std::string_view bytes, const std::string& path, const ReadOptions& options = {});
Result<Imported> read(const Model& model, const std::string& path, const ReadOptions& options = {});

// Spelled-out forms become the one node that they stand for: SiLU, GELU, layer norm, attention, a product with its bias. What is left
// over, nobody reads: cut() takes it away. `infos`: by node and output.
void recognise(Imported& imported, const std::vector<std::vector<ValueInfo>>& infos);

// Takes away what no output follows from, but for the inputs: losses that wait for a target, statistics that nobody reads.
void cut(Imported& imported);

// The network's parameters with the values of the file; those that it has no values for are drawn as in a new network.
Done fill(const Imported& imported, int64_t batch, Store& store);

// Runs it in evaluation form, in the type that it computes in. `inputs` in the order of imported.inputs, of their types and of the
// sizes that the batch makes them; the results in the order of imported.outputs.
Result<std::vector<Tensor>> run(const Imported& imported, int64_t batch, std::span<const Tensor> inputs, Cpu& cpu);
// The same in f32, with all numbers given as floats, whole ones too.
Result<std::vector<std::vector<float>>> run(const Imported& imported, int64_t batch,
                                            std::span<const std::vector<float>> inputs, Cpu& cpu);

}  // namespace engine::formats::onnx
