#include "engine/formats/onnx/reader.h"

#include <algorithm>
#include <cstring>

#include "engine/formats/onnx/families.h"

namespace engine::formats::onnx {

namespace {

std::vector<int64_t> sizesOf(const Shape& shape) { return {shape.begin(), shape.end()}; }

// Files of models may hold f64; the network has the type that its plan computes in.
Tensor inSingle(const Tensor& from) {
  if (from.type != Type::f64) return from;
  Tensor to{from.name, Type::f32, from.shape, {}};
  for (double value : from.values<double>()) {
    const float narrow = float(value);
    to.bytes.append(reinterpret_cast<const char*>(&narrow), sizeof narrow);
  }
  return to;
}

bool endsWith(const std::string& text, std::string_view end) { return text.size() > end.size() && text.ends_with(end); }

}  // namespace

Tensor transposed(const Tensor& matrix) {
  Tensor to{matrix.name, matrix.type, {matrix.shape[1], matrix.shape[0]}, {}};
  to.bytes.resize(matrix.bytes.size());
  const size_t rows = size_t(matrix.shape[0]), columns = size_t(matrix.shape[1]), size = size_t(bytesOf(matrix.type));
  for (size_t r = 0; r < rows; ++r)
    for (size_t c = 0; c < columns; ++c)
      std::memcpy(&to.bytes[(c * rows + r) * size], &matrix.bytes[(r * columns + c) * size], size);
  return to;
}

Reader::Reader(const Model& model, std::string path) : model_(model), path_(std::move(path)) {}

void Reader::fail(Message needs, Message got) {
  if (problem_) return;
  const std::string where =
      node_ ? (node_->name.empty() ? node_->op : node_->op + " " + node_->name) : std::string("the graph");
  problem_ = Problem{0, Place::file(path_ + ", " + where), Severity::problem, std::move(needs), std::move(got), {}, {}};
}

std::string Reader::unique(std::string name) {
  if (name.empty()) name = node_ ? node_->op : "value";
  std::string free = name;
  for (int i = 2; !names_.insert(free).second; ++i) free = name + "_" + std::to_string(i);
  return free;
}

const Tensor* Reader::initializer(int input) const {
  if (!has(input)) return nullptr;
  const auto at = initializers_.find(node_->inputs[size_t(input)]);
  return at == initializers_.end() ? nullptr : at->second;
}

const Shape& Reader::shape(Value v) const {
  static const Shape missing = Shape::missing();
  return v ? infos_[size_t(v.node)][size_t(v.output)].shape : missing;
}

Value Reader::in(int input) {
  if (!has(input)) {
    fail(Message("an input {0}", input), "none");
    return {};
  }
  const std::string& name = node_->inputs[size_t(input)];
  if (const auto known = values_.find(name); known != values_.end()) return known->second;
  const Tensor* tensor = initializer(input);
  if (!tensor) {
    fail("inputs that nodes before it give", Message("{0}", name));
    return {};
  }
  if (!isFloating(tensor->type)) {
    fail("numbers with a fraction as input", Message("{0} of type {1}", name, tensor->type));
    return {};
  }
  const bool empty = tensor->shape.elements() == 0;
  const FieldMap fields = {{"shape", sizesOf(tensor->shape)}};
  const Value v = empty ? add("Constant", fields, {}) : add("Parameter", fields, {}, {{"value", *tensor}});
  if (v) values_[name] = v;
  return v;
}

std::vector<int64_t> Reader::numbers(int input) {
  const Tensor* tensor = initializer(input);
  if (tensor && tensor->type == Type::i64 && tensor->shape.rank() <= 1 && tensor->shape.elements() <= 64)
    return tensor->values<int64_t>();
  fail(Message("whole numbers that the file gives as input {0}", input),
       tensor ? Message("{0} of type {1}", tensor->shape, tensor->type) : Message("others"));
  return {};
}

std::vector<int64_t> Reader::axes() {
  if (has(1)) return numbers(1);
  return integers("axes");
}

// "fc1", where the weight is called fc1.weight; else what the node is called.
std::string Reader::nameFor(const std::map<std::string, Tensor>& parameters) {
  for (const auto& [own, tensor] : parameters)
    if (endsWith(tensor.name, "." + own)) return unique(tensor.name.substr(0, tensor.name.size() - own.size() - 1));
  if (const auto value = parameters.find("value"); value != parameters.end()) return unique(value->second.name);
  return unique(node_ ? node_->name : "");
}

Value Reader::add(const char* name, const FieldMap& fields, std::vector<Value> inputs,
                  const std::map<std::string, Tensor>& parameters) {
  if (problem_) return {};
  std::optional<Op> op = Op::named(name);
  if (!op) {
    fail(Message("the op {0}, which this version does not have", name));
    return {};
  }
  for (const auto& [field, value] : fields) {
    Result<Op> set = op->set(field, value);
    if (!set) {
      fail(set.error().needs, set.error().got);
      return {};
    }
    op = *set;
  }
  std::vector<ValueInfo> known;
  for (Value v : inputs) {
    if (v && shape(v).isMissing()) {
      fail("inputs whose shapes are known", "one that is not");
      return {};
    }
    known.push_back(v ? infos_[size_t(v.node)][size_t(v.output)] : ValueInfo{});
  }
  Shapes shapes(std::move(known), int(op->type().info.outputs.size()), 0, imported_.batch.value_or(kBatch), false,
                Type::f32);
  op->infer(shapes);
  for (const Problem& wrong : shapes.problems())
    if (wrong.severity == Severity::problem) {
      fail(wrong.needs, wrong.got);
      return {};
    }
  const std::string own = nameFor(parameters);
  for (const StoredInfo& stored : shapes.stored()) {
    const auto given = parameters.find(stored.name);
    if (given == parameters.end()) continue;
    Tensor tensor = inSingle(given->second);
    if (tensor.type != Type::f32 || !(tensor.shape == stored.shape)) {
      fail(Message("{0} of {1}", stored.name, stored.shape), Message("{0} ({1})", tensor.shape, tensor.type));
      return {};
    }
    tensor.name = own + "." + stored.name;
    imported_.values.push_back(std::move(tensor));
  }
  const NodeId id = imported_.network.nodes.size() + 1;
  imported_.network.nodes.push_back({*op, std::move(inputs), id, own});
  infos_.push_back(shapes.outputs());
  return {int(imported_.network.nodes.size()) - 1, 0};
}

void Reader::define(const std::string& name) {
  if (values_.contains(name) || initializers_.contains(name)) fail("each value once", Message("{0} twice", name));
}

void Reader::result(Value v) {
  if (problem_ || !v) return;
  if (node_->outputs.empty()) return fail("an output", "none");
  for (size_t i = 1; i < node_->outputs.size(); ++i)
    if (!node_->outputs[i].empty()) return fail("one output", Message("{0}", node_->outputs.size()));
  define(node_->outputs[0]);
  values_[node_->outputs[0]] = v;
}

void Reader::results(const std::vector<Value>& values) {
  if (problem_) return;
  for (size_t i = 0; i < node_->outputs.size(); ++i) {
    if (node_->outputs[i].empty()) continue;
    if (i >= values.size() || !values[i]) return fail(Message("{0} outputs", values.size()), Message("{0}", node_->outputs.size()));
    define(node_->outputs[i]);
    values_[node_->outputs[i]] = values[i];
  }
}

void Reader::constant(Tensor tensor) {
  if (problem_) return;
  if (node_->outputs.size() != 1) return fail("one output", Message("{0}", node_->outputs.size()));
  define(node_->outputs[0]);
  tensor.name = node_->outputs[0];
  folded_.push_back(std::move(tensor));
  initializers_[node_->outputs[0]] = &folded_.back();
}

void Reader::inputs() {
  bool first = true;
  for (const Port& port : model_.inputs) {
    if (initializers_.contains(port.name)) continue;  // files of old versions list them among the inputs
    if (!isFloating(port.type) && port.type != Type::i64)
      return fail("numbers with a fraction or class numbers (int64) as inputs", Message("{0} for {1}", port.type, port.name));
    if (port.shape.isMissing() || port.shape.rank() == 0)
      return fail("inputs with a batch axis", Message("{0} for {1}", port.shape, port.name));
    const std::optional<int64_t> batch = port.shape[0] >= 0 ? std::optional(port.shape[0]) : std::nullopt;
    if (!first && batch != imported_.batch)
      return fail("one batch for all inputs", Message("another one for {0}", port.name));
    imported_.batch = batch;
    first = false;
    std::vector<int64_t> sizes;
    for (int axis = 1; axis < port.shape.rank(); ++axis) {
      if (port.shape[axis] < 0)
        return fail("a batch of any size, and numbers for the other axes",
                    Message("{0} for {1}", port.shape, port.name));
      sizes.push_back(port.shape[axis]);
    }
    names_.insert(port.name);
    define(port.name);
    const Value v = add("Input", {{"shape", sizes}, {"kind", std::string(isFloating(port.type) ? "values" : "class")}}, {});
    if (!v) return;
    imported_.network.nodes.back().name = port.name;
    values_[port.name] = v;
    imported_.inputs.push_back(v);
  }
}

void Reader::outputs() {
  for (const Port& port : model_.outputs) {
    Node whole{"output", port.name, {port.name}, {}, {}};
    node_ = &whole;
    imported_.outputs.push_back(in(0));
    imported_.outputNames.push_back(port.name);
    node_ = nullptr;
    if (problem_) return;
  }
  if (model_.outputs.empty()) fail("outputs", "none");
}

Result<Imported> Reader::read() {
  if (model_.opset < kOldestOpset)
    fail(Message("an opset of {0} or newer", kOldestOpset), Message("{0}", model_.opset));
  for (const Tensor& tensor : model_.initializers) {
    define(tensor.name);
    initializers_[tensor.name] = &tensor;
  }
  if (!problem_) inputs();
  for (const Node& node : model_.nodes) {
    if (problem_) break;
    node_ = &node;
    if (const Reads* reads = findReader(node.op)) reads->read(*this);
    else fail("an operator that this version reads", Message("{0}", node.op));
  }
  node_ = nullptr;
  if (!problem_) outputs();
  if (problem_) return tl::unexpected(*problem_);
  imported_.metadata = model_.metadata;
  return std::move(imported_);
}

Result<Imported> read(std::string_view bytes, const std::string& path) {
  const Result<Model> model = parse(bytes, path);
  if (!model) return tl::unexpected(model.error());
  return Reader(*model, path).read();
}

}  // namespace engine::formats::onnx
