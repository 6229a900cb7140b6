// An ONNX model as plain values: what the writers of ops make and the readers of ops see. Only protobuf.cpp knows the
// schema's generated code, which is dear to compile. ONNX: https://github.com/onnx/onnx/blob/main/docs/IR.md
#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/graph/problem.h"

namespace engine::formats::onnx {

inline constexpr const char* kProducer = "Netwright";  // of what serialize() makes
inline constexpr const char* kBatchName = "N";         // of the batch's axis where it is open
inline constexpr const char* kBuffers = "netwright.buffers";  // in its metadata: initializers that no training changes, a line each

struct Tensor {
  std::string name;
  Type type = Type::f32;
  Shape shape;
  std::string bytes;  // little-endian, row-major; exactly as many as shape and type say

  template <class T>
  std::vector<T> values() const {
    std::vector<T> all(bytes.size() / sizeof(T));
    std::copy_n(bytes.data(), all.size() * sizeof(T), reinterpret_cast<char*>(all.data()));
    return all;
  }
};

struct Model;
// A graph in a graph, as If and Loop have them: its nodes, initializers, and the names of what goes in and out.
using Subgraph = std::shared_ptr<const Model>;

// An attribute as it is in the file: lists of graphs and tensors, and what else nothing here asks for.
struct Raw {
  std::string bytes;
  bool readsOutside = false;  // graphs that read, or may read, values of the graph around them by their names there
};

using Attribute = std::variant<int64_t, float, std::string, std::vector<int64_t>, std::vector<float>, std::vector<std::string>, Tensor, Subgraph, Raw>;
using Attributes = std::map<std::string, Attribute>;

struct Node {
  std::string op;  // "Gemm"
  std::string name;
  std::vector<std::string> inputs, outputs;  // names of values; "": left out
  Attributes attributes;
  std::string domain = {};  // of an operator that is none of ONNX's own, whose name begins with it: "com.microsoft.FusedMatMul"
  std::string module = {};  // of PyTorch, whose newer exporter says it: "encoder.layers.0"
};

// What comes in or goes out. Axes: a number, kBatch ("N" in the file) or kUnknown.
struct Port {
  std::string name;
  Type type = Type::f32;
  Shape shape;
  std::vector<std::string> symbols = {};  // what the file calls its axes that have no number: "sequence"; "" where it does not; or none
};

// What PyTorch's newer exporter says of a number of the file: what it was, or what it was calculated from before the file was written.
struct Origin {
  std::string kind;  // "PARAMETER", "BUFFER"
  std::vector<std::string> foldedFrom;
};

struct Model {
  int64_t irVersion = 8, opset = 17;
  std::string producer;
  std::string graphName;
  std::map<std::string, std::string> metadata;
  std::vector<Node> nodes;  // each after those that it reads
  std::vector<Tensor> initializers;
  std::vector<Port> inputs, outputs;
  std::map<std::string, Origin> origins = {};       // of values, by their names
  std::map<std::string, Type> types = {};           // what the file says of the values that its nodes give
  std::map<std::string, int64_t> domains = {};      // versions of the operators of others
  std::string bytes = {};  // of a graph in an attribute: as it is in the file
};

// The same model gives the same bytes. A model of 2 GiB or more is a problem: protobuf cannot hold it.
Result<std::string> serialize(Model model);

// Nothing in `bytes` is believed: sizes are checked against the bytes that there are before memory is asked for.
Result<Model> parse(std::string_view bytes, const std::string& path);
// A tensor in a file of its own, as ONNX's tests have their inputs and outputs.
Result<Tensor> parseTensor(std::string_view bytes, const std::string& path);

}  // namespace engine::formats::onnx
