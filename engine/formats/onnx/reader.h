// What the reader of an operator of ONNX sees of its node, and how it adds to the network.
#pragma once
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/formats/onnx/model.h"
#include "engine/formats/onnx/onnx.h"

namespace engine::formats::onnx {

class Reader {
 public:
  Reader(const Model& model, std::string path);
  Result<Imported> read();

  // ---- for readers of operators: the node at hand ----
  const Node& node() const { return *node_; }
  int64_t opset() const { return model_.opset; }
  bool has(int input) const { return input < int(node_->inputs.size()) && !node_->inputs[size_t(input)].empty(); }
  // What the file gives as a number; null where a node computes it.
  const Tensor* initializer(int input) const;
  // Of an input that is wired; an initializer becomes a Parameter. Value{} after a failure.
  Value in(int input);
  const Shape& shape(Value v) const;
  // Numbers of an initializer of whole numbers: axes, sizes.
  std::vector<int64_t> numbers(int input);

  bool has(const char* attribute) const { return node_->attributes.contains(attribute); }
  int64_t integer(const char* attribute, int64_t otherwise) { return get<int64_t>(attribute, otherwise); }
  double real(const char* attribute, double otherwise) { return double(get<float>(attribute, float(otherwise))); }
  std::string word(const char* attribute, const char* otherwise) { return get<std::string>(attribute, otherwise); }
  std::vector<int64_t> integers(const char* attribute, std::vector<int64_t> otherwise = {}) {
    return get<std::vector<int64_t>>(attribute, std::move(otherwise));
  }
  // Axes that are an attribute up to some opset, and an input from then on; empty: not given.
  std::vector<int64_t> axes();

  // Adds a node with these fields; its values follow from `parameters`, by the op's names of them. Value{} after a
  // failure.
  Value add(const char* op, const FieldMap& fields, std::vector<Value> inputs,
            const std::map<std::string, Tensor>& parameters = {});
  // The node's outputs, as many as are given.
  void results(const std::vector<Value>& values);
  // The node's output 0.
  void result(Value v);
  void result(const char* op, const FieldMap& fields, std::vector<Value> inputs,
              const std::map<std::string, Tensor>& parameters = {}) {
    result(add(op, fields, std::move(inputs), parameters));
  }
  // The output is known now: others see it as an initializer.
  void constant(Tensor tensor);
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
  void inputs();
  void outputs();
  void define(const std::string& name);
  std::string unique(std::string name);
  std::string nameFor(const std::map<std::string, Tensor>& parameters);

  const Model& model_;
  std::string path_;
  const Node* node_ = nullptr;
  Imported imported_;
  std::vector<std::vector<ValueInfo>> infos_;  // by node of the network
  std::map<std::string, Value, std::less<>> values_;
  std::map<std::string, const Tensor*, std::less<>> initializers_;
  std::deque<Tensor> folded_;
  std::set<std::string> names_;
  std::optional<Problem> problem_;
};

// Rows become columns.
Tensor transposed(const Tensor& matrix);

}  // namespace engine::formats::onnx
