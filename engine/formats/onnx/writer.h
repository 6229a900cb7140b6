// What the writer of an op sees of its node, and how it adds to the model.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "engine/formats/onnx/model.h"
#include "engine/formats/onnx/onnx.h"
#include "engine/passes/infer.h"

namespace engine::formats::onnx {

class Writer {
 public:
  Writer(const Graph& network, const Inference& inference, const Store& store, const WriteOptions& options);

  // One node of the network; those that it reads must have been written.
  Done write(int node);
  void input(int node);  // an Input, with its preprocessing
  // Lets values of the network be the model's outputs. After that, the model is whole.
  Done outputs(std::span<const Value> values);
  Model take() { return std::move(model_); }

  // ---- for writers of ops: the node at hand ----
  const engine::Node& node() const { return network_.nodes[size_t(at_)]; }
  int64_t opset() const { return options_.opset; }
  // Where there are two forms, the one whose numbers do not follow from sizes is wanted.
  bool sizesFollow() const { return options_.sizesFollow || !options_.open.empty(); }
  template <class T>
  T field(const char* name) const {
    return std::get<T>(fields_.at(name));
  }
  bool flag(const char* name) const { return field<bool>(name); }
  int64_t integer(const char* name) const { return field<int64_t>(name); }
  double real(const char* name) const { return field<double>(name); }
  std::string word(const char* name) const { return field<std::string>(name); }
  std::vector<int64_t> integers(const char* name) const { return field<std::vector<int64_t>>(name); }

  int inputs() const { return int(node().inputs.size()); }
  const std::string& in(int i) const { return names_.at(node().inputs[size_t(i)]); }
  const Shape& inShape(int i) const;  // a failure where nobody knows it, behind an opaque node
  bool sized(int i) const;
  Type inType(int i) const;
  const Shape& outShape(int i) const;
  Type outType(int i) const { return inference_.nodes[size_t(at_)].outputs[size_t(i)].type; }

  // The name of an initializer that holds the node's parameter or state.
  std::string parameter(const char* name);
  bool has(const char* parameter) const;
  // Its numbers, for what ONNX wants in another order; empty, and a problem, when there are none.
  std::vector<float> values(const char* parameter);
  bool connected(int i) const { return i < inputs() && node().inputs[size_t(i)]; }
  std::string numbers(const char* name, const Shape& shape, const std::vector<float>& values);
  std::string number(const char* name, double value) { return numbers(name, {}, {float(value)}); }
  std::string integers(const char* name, const std::vector<int64_t>& values);
  std::string tensor(const char* name, Tensor tensor);
  std::string batch();  // a list of one number: how many samples there are, which an input tells where that is open

  // A line more of this entry of the metadata.
  void note(const char* entry, const std::string& line);

  // A node of ONNX whose result is not the node's own; gives the result's name.
  std::string add(const char* op, std::vector<std::string> inputs, Attributes attributes = {});
  // The same for a node with several results.
  std::vector<std::string> addAll(const char* op, std::vector<std::string> inputs, const std::vector<std::string>& outputs, Attributes attributes);
  // The one that gives output 0.
  void result(const char* op, std::vector<std::string> inputs, Attributes attributes = {});
  // Output `output` is what `name` holds already.
  void same(int output, const std::string& name) { names_[Value{at_, output}] = name; }

  void fail(Message needs, Message got = {}, Message fix = {});

 private:
  const Shape& unknownShape() const;
  void opaque(const Opaque& opaque);
  std::string unique(const std::string& name);
  std::string append(const char* op, std::string name, std::vector<std::string> inputs, Attributes attributes,
                     const std::string& output);

  const Graph& network_;
  const Inference& inference_;
  const Store& store_;
  const WriteOptions& options_;
  Model model_;
  int at_ = 0;
  FieldMap fields_;
  std::map<Value, std::string> names_;
  std::set<std::string> used_;  // names of values
  std::set<std::string> nodeNames_;
  std::map<std::string, std::string> stored_;  // name in the store -> in the file
  std::set<std::string> produced_;             // names that a node gives, so that they may be outputs
  mutable std::optional<Problem> problem_;
};

// What write() makes bytes of.
Result<Model> modelOf(const Graph& network, std::span<const Value> outputs, const Store& store, const WriteOptions& options);
// Outputs' axes whose size follows from open ones get their name, where it is one's own.
void nameOutputs(Model& model, const Graph& network, std::span<const Value> outputs, const WriteOptions& options);

}  // namespace engine::formats::onnx
