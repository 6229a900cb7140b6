#include "engine/formats/onnx/reader.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "engine/document/text.h"
#include "engine/formats/onnx/families.h"
#include "engine/formats/onnx/tensors.h"

namespace engine::formats::onnx {

namespace {

std::vector<int64_t> sizesOf(const Shape& shape) { return {shape.begin(), shape.end()}; }

// Files may hold both; the network has one type that it computes in.
Tensor inFloating(const Tensor& from, Type floating) {
  if (!isFloating(from.type) || from.type == floating) return from;
  Tensor to{from.name, floating, from.shape, {}};
  const auto convert = [&]<class From, class To>(From, To) {
    for (From value : from.values<From>()) {
      const To converted = To(value);
      to.bytes.append(reinterpret_cast<const char*>(&converted), sizeof converted);
    }
  };
  if (floating == Type::f32) convert(double(), float());
  else convert(float(), double());
  return to;
}

// The one number that all elements are; none where they differ.
std::optional<double> onlyNumber(const Tensor& tensor) {
  const auto only = [&]<class T>(T) -> std::optional<double> {
    const std::vector<T> values = tensor.values<T>();
    if (values.empty()) return 0.0;
    for (T value : values)
      if (!(value == values.front())) return {};
    return double(values.front());
  };
  return tensor.type == Type::f32 ? only(float()) : tensor.type == Type::f64 ? only(double()) : std::nullopt;
}

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

Reader::Reader(const Model& model, std::string path, const ReadOptions& options) : model_(model), path_(std::move(path)), options_(options) {}

void Reader::fail(Message needs, Message got) {
  if (problem_) return;
  const std::string where =
      node_ ? (node_->name.empty() ? node_->op : node_->op + " " + node_->name) : std::string("the graph");
  problem_ = Problem{0, Place::file(path_ + ", " + where), Severity::problem, std::move(needs), std::move(got), {}, {}};
}

const Shape& Reader::shape(Value v) const {
  static const Shape missing = Shape::missing();
  return v ? infos_[size_t(v.node)][size_t(v.output)].shape : missing;
}

const Shape& Reader::shapeAt(Value v, int which) const { return isOpen() ? shapesAt_[which][size_t(v.node)][size_t(v.output)] : shape(v); }

Value Reader::in(int input) {
  if (!has(input)) {
    fail(Message("an input {0}", input), "none");
    return {};
  }
  const std::string& name = node_->inputs[size_t(input)];
  if (const auto there = values_.find(name); there != values_.end()) return there->second;
  if (const auto turned = turned_.find(name); turned != turned_.end()) {
    const Node whole{"Transpose", name, {turned->second}, {}, {}};
    const Node* const outer = std::exchange(node_, &whole);
    const Value v = add("Permute", {{"dims", std::vector<int64_t>{1, 0}}}, {in(0)});
    node_ = outer;
    if (v) values_[name] = v;
    return v;
  }
  const Known* k = known(name);
  if (!k) {
    fail("inputs that nodes before it give", Message("{0}", name));
    return {};
  }
  if (k->other) {
    if (const Value v = repeated(*k)) return values_[name] = v;
    if (const Value v = samplesCounted(*k)) return values_[name] = v;
    fail("numbers that do not depend on the batch, or a batch with a number", Message("{0}", name));
    return {};
  }
  const Tensor& tensor = k->tensor;
  const bool trained = isFloating(tensor.type) && learned_.contains(name) && tensor.shape.elements() > 0;
  // Of files of our own: what is called after a Constant.
  constexpr std::string_view kOfConstant = "/value";
  const bool own = model_.producer == kProducer && name.ends_with(kOfConstant);
  const Node constant{"Constant", own ? name.substr(0, name.size() - kOfConstant.size()) : "", {}, {}, {}};
  const Node* const outer = node_;
  if (own) node_ = &constant;
  const Value v = trained ? add("Parameter", {{"shape", sizesOf(tensor.shape)}}, {}, {{"value", tensor}}) : this->given(tensor);
  node_ = outer;
  if (v && isAlone(name)) values_[name] = v;
  return v;
}

Value Reader::given(const Tensor& tensor) {
  if (const auto number = onlyNumber(tensor); number && std::isfinite(*number)) return add("Constant", {{"shape", sizesOf(tensor.shape)}, {"value", *number}}, {});
  return add("Buffer", {{"shape", sizesOf(tensor.shape)}, {"dtype", std::string(wordOfType(tensor.type))}}, {}, {{"value", tensor}});
}
Value Reader::single(double value, Type type) { return given(filled({}, type, value)); }

Value Reader::reshaped(Value v, const Shape& to) {
  if (!v || shape(v) == to) return v;
  std::vector<int64_t> sizes(to.begin(), to.end());
  const bool empty = std::find(sizes.begin(), sizes.end(), 0) != sizes.end();
  for (size_t axis = 0; axis < sizes.size(); ++axis)
    if (sizes[axis] < 0) sizes[axis] = !empty && sizes[axis] == kBatch && int(axis) < shape(v).rank() && shape(v)[int(axis)] == kBatch ? 0 : -1;
  return add("Reshape", {{"shape", sizes}, {"allowzero", empty}}, {v});
}

Value Reader::second(Value first) {
  constexpr int64_t kOpsetOfBroadcasting = 7;
  const Value v = in(1);
  if (!v || opset() >= kOpsetOfBroadcasting || !integer("broadcast", 0) || !has("axis")) return v;
  const int64_t rank = shape(first).rank(), axis = std::clamp(integer("axis", 0), -rank, rank), behind = rank - (axis < 0 ? axis + rank : axis) - shape(v).rank();
  Shape wide = shape(v);
  for (int64_t i = 0; i < behind && wide.rank() < Shape::kMaxRank; ++i) wide.append(1);
  return reshaped(v, wide);
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
      if (options_.imports) return addBlindly(*op, std::move(inputs), parameters);
      fail("inputs whose shapes are known", "one that is not");
      return {};
    }
    known.push_back(v ? infos_[size_t(v.node)][size_t(v.output)] : ValueInfo{});
  }
  const int count = int(op->type().info.outputs.size());
  for (int which = 0; isOpen() && which < 2; ++which) {
    std::vector<ValueInfo> at = known;
    for (size_t i = 0; i < inputs.size(); ++i)
      if (inputs[i]) at[i].shape = shapeAt(inputs[i], which);
    Shapes shapes(std::move(at), count, 0, kSomeBatch[which], false, imported_.floating);
    op->infer(shapes);
    std::vector<Shape>& to = shapesAt_[which].emplace_back();
    for (const ValueInfo& output : shapes.outputs()) to.push_back(output.shape);
  }
  Shapes shapes(std::move(known), count, 0, imported_.batch.value_or(kBatch), false, imported_.floating);
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
    Tensor tensor = inFloating(given->second, imported_.floating);
    if (tensor.type != stored.type || !(tensor.shape == stored.shape)) {
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

// Behind a node that nobody knows: the node is drawn, and nothing is said of its shapes.
Value Reader::addBlindly(const Op& op, std::vector<Value> inputs, const std::map<std::string, Tensor>& parameters) {
  const std::string own = nameFor(parameters);
  for (const auto& [name, given] : parameters) {
    Tensor tensor = inFloating(given, imported_.floating);
    tensor.name = own + "." + name;
    imported_.values.push_back(std::move(tensor));
  }
  const size_t outputs = op.type().info.outputs.size();
  imported_.network.nodes.push_back({op, std::move(inputs), imported_.network.nodes.size() + 1, own});
  infos_.emplace_back(outputs);
  for (int which = 0; isOpen() && which < 2; ++which) shapesAt_[which].emplace_back(outputs, Shape::missing());
  return {int(imported_.network.nodes.size()) - 1, 0};
}

void Reader::backTo(const Mark& mark) {
  std::vector<engine::Node>& nodes = imported_.network.nodes;
  if (nodes.size() == mark.nodes) return;
  for (size_t n = mark.nodes; n < nodes.size(); ++n) names_.erase(nodes[n].name);
  nodes.resize(mark.nodes, engine::Node{Op::with("Unknown"), {}, 0, {}});
  imported_.values.resize(mark.values);
  infos_.resize(mark.nodes);
  for (auto& shapes : shapesAt_)
    if (shapes.size() > mark.nodes) shapes.resize(mark.nodes);
  std::erase_if(values_, [&](const auto& entry) { return entry.second.node >= int(mark.nodes); });
}

// Whether a graph in an attribute reads what it does not make.
static bool readsOutside(const Model& graph, std::set<std::string> own) {
  own.insert("");
  for (const Port& port : graph.inputs) own.insert(port.name);
  for (const Tensor& tensor : graph.initializers) own.insert(tensor.name);
  const auto isOutside = [&](const std::string& name) { return !own.contains(name); };
  for (const Node& node : graph.nodes) {
    if (std::any_of(node.inputs.begin(), node.inputs.end(), isOutside)) return true;
    for (const auto& [name, attribute] : node.attributes) {
      const Subgraph* const inner = std::get_if<Subgraph>(&attribute);
      const Raw* const raw = std::get_if<Raw>(&attribute);
      if ((inner && readsOutside(**inner, own)) || (raw && raw->readsOutside)) return true;
    }
    own.insert(node.outputs.begin(), node.outputs.end());
  }
  return std::any_of(graph.outputs.begin(), graph.outputs.end(), [&](const Port& port) { return isOutside(port.name); });
}

void Reader::opaque(Problem why) {
  std::vector<Value> inputs;
  for (int i = 0; i < int(node_->inputs.size()) && !problem_; ++i) {
    const Known* k = has(i) ? known(node_->inputs[size_t(i)]) : nullptr;
    inputs.push_back(has(i) && (values_.contains(node_->inputs[size_t(i)]) || !(k && k->other)) ? in(i) : Value{});  // numbers that follow from the batch are no node
  }
  if (problem_) return;
  const Value v = addBlindly(Op::with("Unknown"), std::move(inputs), {});
  const size_t outputs = node_->outputs.size();
  infos_.back().resize(outputs);
  for (int which = 0; isOpen() && which < 2; ++which) shapesAt_[which].back().resize(outputs, Shape::missing());
  for (size_t i = 0; i < outputs && !problem_; ++i)
    if (!node_->outputs[i].empty()) define(node_->outputs[i]), values_[node_->outputs[i]] = {v.node, int(i)};
  Attributes attributes = node_->attributes;
  for (auto& [name, attribute] : attributes)
    if (const Subgraph* graph = std::get_if<Subgraph>(&attribute)) attribute = Raw{(*graph)->bytes, readsOutside(**graph, {})};
  Opaque& to = imported_.opaque.emplace_back(Opaque{v.node, node_->op, std::move(attributes), std::move(why), node_->domain, model_.opset});
  if (const auto version = model_.domains.find(node_->domain); version != model_.domains.end()) to.version = version->second;
  for (int i = 0; i < int(node_->inputs.size()); ++i) to.inputs.push_back(has(i));
  for (const std::string& name : node_->outputs) {
    const auto type = model_.types.find(name);
    const bool ofModel = !name.empty() && std::any_of(model_.outputs.begin(), model_.outputs.end(), [&](const Port& p) { return p.name == name; });
    to.outputs.push_back({ofModel || name.empty() ? name : "value", type == model_.types.end() ? Type::f32 : type->second, ofModel});
  }
}

void Reader::define(const std::string& name) {
  if (values_.contains(name) || known_.contains(name) || lists_.contains(name)) fail("each value once", Message("{0} twice", name));
}

void Reader::result(Value v) {
  if (problem_ || !v) return;
  if (node_->outputs.empty()) return fail("an output", "none");
  for (size_t i = 1; i < node_->outputs.size(); ++i)
    if (!node_->outputs[i].empty()) return fail("one output", Message("{0}", node_->outputs.size()));
  define(node_->outputs[0]);
  values_[node_->outputs[0]] = v;
}

std::vector<Value> Reader::list(int input) {
  if (has(input))
    if (const auto at = lists_.find(node_->inputs[size_t(input)]); at != lists_.end()) return at->second;
  fail("a list of tensors that a node before it gives", has(input) ? Message("{0}", node_->inputs[size_t(input)]) : Message("none"));
  return {};
}

void Reader::resultList(std::vector<Value> list) {
  if (problem_) return;
  if (node_->outputs.size() != 1) return fail("one output", Message("{0}", node_->outputs.size()));
  define(node_->outputs[0]);
  if (!problem_) lists_[node_->outputs[0]] = std::move(list);
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

void Reader::chooseFloating() {
  bool single = false, twice = false;
  const auto see = [&](Type type) { single = single || type == Type::f32, twice = twice || type == Type::f64; };
  for (const Port& port : model_.inputs) see(port.type);
  for (const Tensor& tensor : model_.initializers) see(tensor.type);
  for (const Port& port : model_.outputs)
    if (!port.shape.isMissing() || port.type != Type::f32) see(port.type);
  imported_.floating = twice ? Type::f64 : Type::f32;
}

void Reader::inputs() {
  std::vector<Port> ports;
  for (const Port& port : model_.inputs) {
    if (known_.contains(port.name)) continue;  // files of old versions list initializers among the inputs
    ports.push_back(port);
    if (const auto given = options_.given.find(port.name); given != options_.given.end()) {
      if (given->second.type != port.type)
        return fail(Message("{0} of type {1}", port.name, port.type), Message("{0}", given->second.type));
      ports.back().shape = given->second.shape;
    }
    for (int axis = 0; axis < ports.back().shape.rank(); ++axis)
      if (const auto size = sizeOf(ports.back(), axis, options_.sizes)) ports.back().shape[axis] = *size;
    constexpr int64_t kMostOfAxis = int64_t(1) << 40;  // what readers make of sizes does not overflow
    for (int64_t size : ports.back().shape)
      if (size > kMostOfAxis) return fail("sizes that fit into memory", Message("{0} for {1}", port.shape, port.name));
    if (ports.back().shape.isMissing()) return fail("inputs whose number of axes the file says", Message("{0}", port.name));
  }
  // Samples come along the first axis where that is open; where none is, and all inputs have as many of something, along that.
  const auto open = [](const Port& p) { return p.shape.rank() > 0 && p.shape[0] < 0; };
  const bool anyOpen = std::any_of(ports.begin(), ports.end(), open);
  const bool same = !ports.empty() && std::all_of(ports.begin(), ports.end(), [&](const Port& p) { return p.shape.rank() > 0 && p.shape[0] == ports.front().shape[0]; });
  if (!anyOpen) imported_.batch = same ? ports.front().shape[0] : 1;  // 1: nothing depends on it
  for (const Port& port : ports) {
    const bool batched = anyOpen ? open(port) : same;
    std::vector<int64_t> sizes;
    for (int axis = batched ? 1 : 0; axis < port.shape.rank(); ++axis) {
      if (port.shape[axis] < 0)
        return fail("a batch of any size, and numbers for the other axes", Message("{0} for {1}", port.shape, port.name));
      sizes.push_back(port.shape[axis]);
    }
    names_.insert(port.name);
    define(port.name);
    const std::string kind = isFloating(port.type) ? "values" : port.type == Type::i64 ? "class" : wordOfType(port.type);
    const Value v = add("Input", {{"shape", sizes}, {"kind", kind}, {"batched", batched}}, {});
    if (!v) return;
    if (!port.name.empty() && document::isUtf8(port.name)) imported_.network.nodes.back().name = port.name;
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
    if (const Value v = imported_.outputs.back(); v && shape(v).isMissing() && !port.shape.isMissing()) imported_.shapes[v] = port.shape;
    node_ = nullptr;
    if (problem_) return;
  }
  if (model_.outputs.empty()) fail("outputs", "none");
}

void Reader::readNode() {
  if (const Reads* reads = findReader(node_->op)) reads->read(*this);
  else fail("an operator that this version reads", Message("{0}", node_->op));
}

void Reader::readNodes(const std::vector<Node>& nodes) {
  for (const Node& node : nodes) {
    if (problem_) break;
    node_ = &node;
    // What is calculated from learned numbers is calculated in every step; a layer that wants it as its weight finds it as a number.
    std::map<std::string, Known, std::less<>> numbers;
    if (fold()) {
      if (!learnsThrough()) continue;
      for (const std::string& name : node.outputs)
        if (auto entry = known_.extract(name)) numbers.insert(std::move(entry));
    }
    const Mark before = mark();
    readNode();
    if (problem_ && readsShared()) {
      backTo(before);
      problem_.reset();
      for (const std::string& name : node.outputs) known_.erase(name), lists_.erase(name);
      copiesShared_ = true;
      readNode();
      copiesShared_ = false;
    }
    if (!numbers.empty()) {
      if (std::exchange(problem_, std::nullopt)) backTo(before);
      known_.merge(numbers);
      continue;
    }
    if (!problem_) derive();
    if (!problem_ || !options_.imports) continue;
    // What it had defined before it failed is taken back with its nodes; outputs are named last.
    backTo(before);
    Problem why = *std::exchange(problem_, std::nullopt);
    for (const std::string& name : node.outputs) known_.erase(name), lists_.erase(name);
    opaque(std::move(why));
  }
}

Result<Imported> Reader::read() {
  if (model_.opset < kOldestRead)
    fail(Message("an opset of {0} or newer", kOldestRead), Message("{0}", model_.opset));
  for (const Tensor& tensor : model_.initializers) {
    define(tensor.name);
    known_[tensor.name] = {tensor, {}};
  }
  for (const Node& node : model_.nodes)
    if (node.op != "Constant") ++nodesOfModule_[modulesOf(node.name).path];
  chooseFloating();
  findLearned();
  if (!problem_) inputs();
  readNodes(model_.nodes);
  node_ = nullptr;
  if (!problem_) outputs();
  if (problem_) return tl::unexpected(*problem_);
  imported_.metadata = model_.metadata;
  if (options_.imports) recognise(imported_, infos_);
  cut(imported_);
  return std::move(imported_);
}

Result<Imported> read(std::string_view bytes, const std::string& path, const ReadOptions& options) {
  const Result<Model> model = parse(bytes, path);
  if (!model) return tl::unexpected(model.error());
  return read(*model, path, options);
}
Result<Imported> read(const Model& model, const std::string& path, const ReadOptions& options) { return Reader(model, path, options).read(); }

static std::string keyOf(const Port& port, int axis) { return port.name + "." + std::to_string(axis); }

std::optional<int64_t> sizeOf(const Port& port, int axis, const std::map<std::string, int64_t>& sizes) {
  if (port.shape[axis] >= 0) return {};
  const std::string symbol = size_t(axis) < port.symbols.size() ? port.symbols[size_t(axis)] : "";
  for (const std::string& key : {keyOf(port, axis), symbol})
    if (const auto at = sizes.find(key); !key.empty() && at != sizes.end()) return at->second;
  return {};
}

std::vector<OpenAxis> openAxes(const Model& model, const std::map<std::string, int64_t>& sizes) {
  std::vector<OpenAxis> open;
  for (const Port& port : model.inputs) {
    if (std::any_of(model.initializers.begin(), model.initializers.end(), [&](const Tensor& t) { return t.name == port.name; })) continue;
    for (int axis = 1; axis < port.shape.rank(); ++axis) {
      if (port.shape[axis] >= 0 || sizeOf(port, axis, sizes)) continue;
      const std::string symbol = size_t(axis) < port.symbols.size() ? port.symbols[size_t(axis)] : "";
      open.push_back({port.name, axis, symbol.empty() ? keyOf(port, axis) : symbol, port.shape, port.symbols});
    }
  }
  return open;
}

}  // namespace engine::formats::onnx
