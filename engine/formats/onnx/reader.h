// What the reader of an operator of ONNX sees of its node, and how it adds to the network.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/formats/onnx/model.h"
#include "engine/formats/onnx/onnx.h"

namespace engine::formats::onnx {

// Numbers that are known while the file is read. Those that follow from the size of a batch that is open are known at two sizes, from
// which the reader of an operator can tell what is the batch and what is not.
struct Known {
  Tensor tensor;                 // at kSomeBatch[0]
  std::optional<Tensor> other;  // at kSomeBatch[1], where it is another one
};
// What a name stands for: a value of the network, a number that is known, or one that follows from ReadOptions::given; or a list.
struct Bound {
  Value value;
  std::optional<Known> known;
  std::optional<Tensor> derived;
  std::optional<std::vector<Value>> list;
};
inline constexpr int64_t kSomeBatch[] = {7919, 104729};  // primes, which no size of a network is

class Reader {
 public:
  Reader(const Model& model, std::string path, const ReadOptions& options = {});
  Result<Imported> read();

  // ---- for readers of operators: the node at hand ----
  const Node& node() const { return *node_; }
  int64_t opset() const { return model_.opset; }
  bool imports() const { return options_.imports; }
  int outputCount() const { return int(node_->outputs.size()); }
  bool gives(int output) const { return output < outputCount() && !node_->outputs[size_t(output)].empty(); }
  bool has(int input) const { return input < int(node_->inputs.size()) && !node_->inputs[size_t(input)].empty(); }
  // What is known as a number: given by the file, calculated from such, or known of an input of the model. Null where a node computes
  // it, or the size of a batch decides.
  const Tensor* initializer(int input) const;
  // The same, but only of what stays as it is from run to run: not what is known of an input of the model.
  const Tensor* inFile(int input) const;
  // Of an input that is wired; an initializer becomes a Parameter. Value{} after a failure.
  Value in(int input);
  const Shape& shape(Value v) const;
  // Whole numbers that are known: axes, places.
  std::vector<int64_t> numbers(int input);
  // The same for sizes, of which some may follow from the batch: kBatch where it is the batch, kUnknown for what else follows from it.
  std::vector<int64_t> sizes(int input);
  // Whether a project goes on learning an input's numbers.
  bool learned(int input) const { return has(input) && learned_.contains(node_->inputs[size_t(input)]); }
  // Known, and nothing but zeros, whatever the batch: as recurrent layers begin.
  bool zeros(int input) const;
  // One known number, of any type.
  double number(int input, double otherwise);
  // The sizes of a value at batch kSomeBatch[which].
  const Shape& shapeAt(Value v, int which) const;
  bool isOpen() const { return !imported_.batch; }  // the batch may be of any size
  Type typeOf(Value v) const { return v ? infos_[size_t(v.node)][size_t(v.output)].type : Type::f32; }
  Type floating() const { return imported_.floating; }

  bool has(const char* attribute) const { return node_->attributes.contains(attribute); }
  int64_t integer(const char* attribute, int64_t otherwise) { return get<int64_t>(attribute, otherwise); }
  double real(const char* attribute, double otherwise) { return double(get<float>(attribute, float(otherwise))); }
  std::string word(const char* attribute, const char* otherwise) { return get<std::string>(attribute, otherwise); }
  std::vector<int64_t> integers(const char* attribute, std::vector<int64_t> otherwise = {}) {
    return get<std::vector<int64_t>>(attribute, std::move(otherwise));
  }
  std::vector<float> reals(const char* attribute, std::vector<float> otherwise = {}) { return get<std::vector<float>>(attribute, std::move(otherwise)); }
  std::vector<std::string> words(const char* attribute) { return get<std::vector<std::string>>(attribute, {}); }
  // Axes that are an attribute up to some opset, and an input from then on; empty: not given.
  std::vector<int64_t> axes();

  // Adds a node with these fields; its values follow from `parameters`, by the op's names of them. Value{} after a
  // failure.
  Value add(const char* op, const FieldMap& fields, std::vector<Value> inputs,
            const std::map<std::string, Tensor>& parameters = {});
  // Numbers that the reader of an operator makes by itself, as a Buffer or a Constant.
  Value given(const Tensor& tensor);
  Value single(double value, Type type);
  // The same elements in another shape, in which kBatch stands for the batch.
  Value reshaped(Value v, const Shape& to);
  // Of input 1 of two that broadcast: before opset 7 its axes were named by attributes, where they are not the last ones.
  Value second(Value first);
  // Lists of values live while the file is read.
  std::vector<Value> list(int input);
  void resultList(std::vector<Value> list);
  // A graph in an attribute; null where there is none.
  Subgraph body(const char* attribute) const;
  // What an input stands for, and its value.
  Bound argument(int input) const { return boundTo(node_->inputs[size_t(input)]); }
  Value valueOf(const Bound& bound);
  // The one truth that is known of it.
  std::optional<bool> truthOf(const Bound& bound) const;
  // Reads the nodes of a graph in the place of the node at hand. Its outputs; none after a failure.
  std::vector<Bound> inlined(const Model& graph, const std::vector<Bound>& inputs);
  void results(const std::vector<Bound>& values);
  // The node's outputs, as many as are given.
  void results(const std::vector<Value>& values);
  // The node's output 0.
  void result(Value v);
  void result(const char* op, const FieldMap& fields, std::vector<Value> inputs,
              const std::map<std::string, Tensor>& parameters = {}) {
    result(add(op, fields, std::move(inputs), parameters));
  }
  // The output is known now: others see it as an initializer.
  void constant(Tensor tensor, std::optional<Tensor> other = {});
  bool failed() const { return problem_.has_value(); }
  void fail(Message needs, Message got = {});

 private:
  template <class T>
  T get(const char* attribute, T otherwise) {
    const auto at = node_->attributes.find(attribute);
    if (at == node_->attributes.end()) return otherwise;
    if (const T* value = std::get_if<T>(&at->second)) return *value;
    fail(Message("another kind of value for {0}", attribute));
    return otherwise;
  }
  struct Modules {
    std::string path, op;  // "layer1.0", "Relu_1"; both empty where the name is no path
  };
  static Modules modulesOf(const std::string& name);
  std::string drawnName(std::string name) const;
  struct Mark {
    size_t nodes, values;
  };
  Mark mark() const { return {imported_.network.nodes.size(), imported_.values.size()}; }
  void backTo(const Mark& mark);  // as if what came since had not been added
  void opaque(Problem why);
  Value addBlindly(const Op& op, std::vector<Value> inputs, const std::map<std::string, Tensor>& parameters);
  void chooseFloating();
  void inputs();
  void outputs();
  Value repeated(const Known& known);  // the same for each sample, along whichever axis; Value{} where they are not
  Value samplesCounted(const Known& known);  // 0, 1, ... for each sample; Value{} where they are not
  bool placesExist();
  bool fold();  // true: the node's outputs are known now
  void derive();  // what the node gives for the inputs of the model that are known, where it is little
  // The outputs of the node at hand for these inputs, calculated by our own ops; none where that is not to be had, or of more bytes.
  std::optional<std::vector<Tensor>> calculated(const std::map<std::string, const Tensor*>& inputs, int64_t mostBytes) const;
  const Known* known(const std::string& name) const;
  Bound boundTo(const std::string& name) const;
  void bind(const std::string& name, const Bound& bound);
  void readNodes(const std::vector<Node>& nodes);
  void readNode();
  struct ReadBy {
    int count = 0;
    std::set<std::string> modules;
    bool asTable = false;  // rows of it are taken
  };
  using Readers = std::map<std::string_view, ReadBy>;
  Readers readersOf(bool told) const;
  void findLearned();
  bool learnsThrough();
  bool readsShared() const;
  bool isAlone(const std::string& name) const;  // who reads the name reads the same parameter
  void define(const std::string& name);
  std::string unique(std::string name);
  std::string nameFor(const std::map<std::string, Tensor>& parameters);

  const Model& model_;
  std::string path_;
  const Node* node_ = nullptr;
  Imported imported_;
  const ReadOptions& options_;
  std::vector<std::vector<ValueInfo>> infos_;  // by node of the network
  std::vector<std::vector<Shape>> shapesAt_[2];  // the same at kSomeBatch; empty where the batch has a number
  std::map<std::string, Value, std::less<>> values_;
  std::map<std::string, Known, std::less<>> known_;
  std::map<std::string, Tensor, std::less<>> derived_;  // from ReadOptions::given: known, but not to be relied on by the network
  std::map<std::string, std::vector<Value>, std::less<>> lists_;
  std::set<std::string> names_;
  std::set<std::string, std::less<>> learned_;  // known numbers that a project goes on learning
  std::set<std::string, std::less<>> shared_;   // of these, those that several nodes read
  std::map<std::string, std::string, std::less<>> turned_;  // matrices that are others, rows for columns
  std::set<std::string, std::less<>> copied_;   // those that are several parameters, which are equal by chance
  bool copiesShared_ = false;                   // the node at hand wants them as its own
  int64_t inlined_ = 0;  // nodes of graphs in others so far
  std::map<std::string, int> nodesOfModule_;
  std::optional<Problem> problem_;
};

// Rows become columns.
Tensor transposed(const Tensor& matrix);

}  // namespace engine::formats::onnx
