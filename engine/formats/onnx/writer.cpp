#include "engine/formats/onnx/writer.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/formats/onnx/families.h"
#include "engine/passes/axis_names.h"

namespace engine::formats::onnx {

namespace {

template <class T>
std::string bytesOfAll(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

// IR.md: the first version of the format that has the opset.
// As ONNX's releases pair them (docs/Versioning.md): a runtime of that opset reads that version.
int64_t irVersionOf(int64_t opset) {
  return opset < 15 ? 7 : opset < 19 ? 8 : opset < 21 ? 9 : opset < 23 ? 10 : opset < 24 ? 11 : opset < 25 ? 12 : opset < 28 ? 13 : 14;
}

}  // namespace

Writer::Writer(const Graph& network, const Inference& inference, const Store& store, const WriteOptions& options)
    : network_(network), inference_(inference), store_(store), options_(options) {
  model_.irVersion = irVersionOf(options.opset);
  model_.opset = options.opset;
  model_.graphName = options.name;
  model_.metadata = options.metadata;
}

std::string Writer::unique(const std::string& name) {
  std::string free = name;
  for (int i = 2; !used_.insert(free).second; ++i) free = name + "_" + std::to_string(i);
  return free;
}

bool Writer::sized(int i) const {
  const Value v = node().inputs[size_t(i)];
  const std::vector<ValueInfo>& outputs = inference_.nodes[size_t(v.node)].outputs;
  return v.output < int(outputs.size()) && !outputs[size_t(v.output)].shape.isMissing();
}

const Shape& Writer::inShape(int i) const {
  const Value v = node().inputs[size_t(i)];
  return sized(i) ? inference_.nodes[size_t(v.node)].outputs[size_t(v.output)].shape : unknownShape();
}

const Shape& Writer::outShape(int i) const {
  const std::vector<ValueInfo>& outputs = inference_.nodes[size_t(at_)].outputs;
  return i < int(outputs.size()) && !outputs[size_t(i)].shape.isMissing() ? outputs[size_t(i)].shape : unknownShape();
}

const Shape& Writer::unknownShape() const {
  static const Shape shape{1, 1, 1, 1, 1, 1, 1, 1};  // whatever axis is asked for
  if (!problem_)
    problem_ = Problem{node().id, {}, Severity::problem, Message("sizes to write {0}", node().op.name()), "none, behind a node that this version does not know", {}, {}};
  return shape;
}

Type Writer::inType(int i) const {
  const Value v = node().inputs[size_t(i)];
  return sized(i) ? inference_.nodes[size_t(v.node)].outputs[size_t(v.output)].type : Type::f32;
}

void Writer::fail(Message needs, Message got, Message fix) {
  if (problem_) return;
  problem_ = Problem{node().id, {}, Severity::problem, std::move(needs), std::move(got), std::move(fix), {}};
}

bool Writer::has(const char* parameter) const {
  const auto& stored = inference_.nodes[size_t(at_)].stored;
  return std::any_of(stored.begin(), stored.end(), [&](const StoredInfo& s) { return s.name == parameter; });
}

std::string Writer::parameter(const char* parameter) {
  const std::string name = node().name + "." + parameter;
  if (const auto known = stored_.find(name); known != stored_.end()) return known->second;
  const Store::Entry* entry = store_.find(name);
  if (!entry) {
    fail(Message("values for {0}", name), "none", "train the network first");
    return {};
  }
  for (const StoredInfo& stored : inference_.nodes[size_t(at_)].stored)
    if (stored.name == parameter && !(stored.shape == entry->tensor.shape)) {
      fail(Message("{0} of {1}, as its values are", name, entry->tensor.shape), stored.shape,
           "give a batch, if its size depends on it");
      return {};
    }
  Tensor tensor{unique(name), entry->tensor.type == Type::f64 ? Type::f32 : entry->tensor.type, entry->tensor.shape, {}};
  const auto* data = static_cast<const char*>(entry->tensor.data);
  if (entry->tensor.type == Type::f64) {  // files hold f32: half of what reads them knows nothing else
    std::vector<float> narrow(size_t(entry->tensor.elements()));
    for (size_t i = 0; i < narrow.size(); ++i) narrow[i] = float(static_cast<const double*>(entry->tensor.data)[i]);
    tensor.bytes = bytesOfAll(narrow);
  } else {
    tensor.bytes.assign(data, size_t(entry->tensor.bytes()));
  }
  model_.initializers.push_back(std::move(tensor));
  return stored_[name] = model_.initializers.back().name;
}

std::vector<float> Writer::values(const char* parameter) {
  const std::string name = node().name + "." + parameter;
  const Store::Entry* entry = store_.find(name);
  if (!entry) {
    fail(Message("values for {0}", name), "none", "train the network first");
    return {};
  }
  std::vector<float> all(size_t(entry->tensor.elements()));
  for (size_t i = 0; i < all.size(); ++i)
    all[i] = entry->tensor.type == Type::f64 ? float(static_cast<const double*>(entry->tensor.data)[i])
                                             : static_cast<const float*>(entry->tensor.data)[i];
  return all;
}

std::string Writer::numbers(const char* name, const Shape& shape, const std::vector<float>& values) {
  model_.initializers.push_back({unique(node().name + "/" + name), Type::f32, shape, bytesOfAll(values)});
  return model_.initializers.back().name;
}

std::string Writer::integers(const char* name, const std::vector<int64_t>& values) {
  model_.initializers.push_back(
      {unique(node().name + "/" + name), Type::i64, {int64_t(values.size())}, bytesOfAll(values)});
  return model_.initializers.back().name;
}

std::string Writer::tensor(const char* name, Tensor tensor) {
  tensor.name = unique(node().name + "/" + name);
  model_.initializers.push_back(std::move(tensor));
  return model_.initializers.back().name;
}

void Writer::note(const char* entry, const std::string& line) {
  std::string& text = model_.metadata[entry];
  text += (text.empty() ? "" : "\n") + line;
}

std::string Writer::batch() {
  const auto open = std::find_if(model_.inputs.begin(), model_.inputs.end(), [](const Port& p) { return p.shape.rank() > 0 && p.shape[0] == kBatch; });
  if (open == model_.inputs.end()) return fail("an input with a batch before this node", "none", "give a batch"), std::string();
  const std::string sizes = add("Shape", {open->name});
  return add("Slice", {sizes, integers("first", {0}), integers("second", {1})});
}

std::string Writer::append(const char* op, std::string name, std::vector<std::string> inputs, Attributes attributes,
                           const std::string& output) {
  std::string free = name;
  for (int i = 2; !nodeNames_.insert(free).second; ++i) free = name + "_" + std::to_string(i);
  model_.nodes.push_back({op, std::move(free), std::move(inputs), {output}, std::move(attributes)});
  produced_.insert(output);
  return output;
}

std::string Writer::add(const char* op, std::vector<std::string> inputs, Attributes attributes) {
  const std::string name = node().name + "/" + op;
  return append(op, name, std::move(inputs), std::move(attributes), unique(name));
}

std::vector<std::string> Writer::addAll(const char* op, std::vector<std::string> inputs, const std::vector<std::string>& outputs, Attributes attributes) {
  const std::string name = node().name + "/" + op;
  std::vector<std::string> names;
  for (const std::string& output : outputs) names.push_back(unique(node().name + "/" + output));
  append(op, name, std::move(inputs), std::move(attributes), names[0]);
  model_.nodes.back().outputs = names;
  produced_.insert(names.begin(), names.end());
  return names;
}

void Writer::result(const char* op, std::vector<std::string> inputs, Attributes attributes) {
  same(0, append(op, node().name, std::move(inputs), std::move(attributes), unique(node().name)));
}

void Writer::input(int index) {
  at_ = index;
  const Shape& shape = outShape(0);
  std::string name = unique(node().name);
  const Type type = inference_.nodes[size_t(index)].outputs[0].type;
  const bool classes = !isFloating(type);
  Port& port = model_.inputs.emplace_back(Port{name, classes ? type : Type::f32, shape});
  const std::vector<std::string> names = axisNames(node().op);
  port.symbols.resize(size_t(shape.rank()));
  for (size_t i = 0, first = size_t(shape.rank()) - names.size(); i < names.size(); ++i)
    if (options_.open.contains(names[i])) port.shape[int(i + first)] = kUnknown, port.symbols[i + first] = names[i];
  const auto transform = options_.preprocessing.find(index);
  if (!classes && transform != options_.preprocessing.end() && !transform->second.isIdentity()) {
    const data::Transform& t = transform->second;
    const size_t count = std::max({t.mean.size(), t.deviation.size(), size_t(1)});
    const auto at = [](const std::vector<double>& all, size_t i, double otherwise) {
      return all.empty() ? otherwise : all.size() == 1 ? all[0] : all[i];
    };
    std::vector<float> factors, offsets;  // as data::Conversion has them
    for (size_t i = 0; i < count; ++i) {
      factors.push_back(float(t.scale / at(t.deviation, i, 1)));
      offsets.push_back(float(-at(t.mean, i, 0) / at(t.deviation, i, 1)));
    }
    Shape wide;  // one number for all, or one for each index of the first axis of a sample
    if (count > 1) {
      wide.append(int64_t(count));
      for (int axis = 2; axis < shape.rank(); ++axis) wide.append(1);
    }
    if (std::any_of(factors.begin(), factors.end(), [](float f) { return f != 1; }))
      name = add("Mul", {name, numbers("factor", wide, factors)});
    if (std::any_of(offsets.begin(), offsets.end(), [](float f) { return f != 0; }))
      name = add("Add", {name, numbers("offset", wide, offsets)});
  }
  same(0, name);
}

Done Writer::write(int index) {
  at_ = index;
  fields_ = node().op.fields();
  if (const auto known = options_.opaque.find(index); known != options_.opaque.end()) opaque(known->second);
  else if (node().op.is("Input")) input(index);
  else if (const Writes* writes = findWriter(node().op.name())) writes->write(*this);
  else
    fail("an op that has a form in ONNX", Message("{0}", node().op.name()), "export it as safetensors, or replace it");
  if (problem_) return tl::unexpected(*problem_);
  return {};
}

// As it came, with the names of today.
void Writer::opaque(const Opaque& opaque) {
  std::vector<std::string> inputs, outputs;
  for (int i = 0; i < std::max(int(opaque.inputs.size()), this->inputs()); ++i) {
    const bool wanted = i >= int(opaque.inputs.size()) || opaque.inputs[size_t(i)];
    if (wanted && !connected(i)) return fail(Message("something at input {0} of {1}", i, opaque.type), "nothing", "wire an output to it, as it was in the file");
    inputs.push_back(wanted ? in(i) : "");
  }
  for (size_t i = 0; i < opaque.outputs.size(); ++i) {
    const Opaque::Output& output = opaque.outputs[i];
    outputs.push_back(output.name.empty() ? "" : unique(output.ofModel ? output.name : i == 0 ? node().name : node().name + "." + std::to_string(i)));
    if (!output.name.empty()) same(int(i), outputs.back()), produced_.insert(outputs.back());
  }
  std::string name = node().name;
  for (int i = 2; !nodeNames_.insert(name).second; ++i) name = node().name + "_" + std::to_string(i);
  model_.nodes.push_back({opaque.type, std::move(name), std::move(inputs), std::move(outputs), opaque.attributes, opaque.domain});
  if (!opaque.domain.empty()) model_.domains[opaque.domain] = std::max(model_.domains[opaque.domain], opaque.version);
}

Done Writer::outputs(std::span<const Value> values) {
  for (Value v : values) {
    at_ = v.node;
    if (!names_.contains(v)) {
      fail("an output that has a form in ONNX", Message("output {0} of {1}", v.output, node().op.name()));
      return tl::unexpected(*problem_);
    }
    std::string name = names_[v];
    const bool taken =
        std::any_of(model_.outputs.begin(), model_.outputs.end(), [&](const Port& p) { return p.name == name; });
    // What a node does not give itself, and what is named after another node, gets a name of its own.
    const auto opaque = options_.opaque.find(v.node);
    const bool isOpaque = opaque != options_.opaque.end();
    if (taken || !produced_.contains(name) || (name != node().name && v.output == 0 && !isOpaque)) {
      const std::string own = unique(node().name);
      name = append("Identity", own, {name}, {}, own);
    }
    ValueInfo info{Shape::missing(), isOpaque && v.output < int(opaque->second.outputs.size()) ? opaque->second.outputs[size_t(v.output)].type : Type::f32};
    if (const auto& known = inference_.nodes[size_t(v.node)].outputs; v.output < int(known.size())) info = known[size_t(v.output)];
    if (const auto shape = options_.shapes.find(v); info.shape.isMissing() && shape != options_.shapes.end()) info.shape = shape->second;
    model_.outputs.push_back({name, info.type == Type::f64 ? Type::f32 : info.type, info.shape});
  }
  return {};
}

namespace {

// The nodes that `outputs` depend on.
std::vector<bool> needed(const Graph& network, std::span<const Value> outputs) {
  std::vector<bool> is(network.nodes.size());
  std::vector<int> open;
  const auto want = [&](Value v) {
    if (v && !is[size_t(v.node)]) is[size_t(v.node)] = true, open.push_back(v.node);
  };
  for (Value v : outputs) want(v);
  while (!open.empty()) {
    const int n = open.back();
    open.pop_back();
    for (Value v : network.nodes[size_t(n)].inputs) want(v);
  }
  return is;
}

}  // namespace

Result<Model> modelOf(const Graph& network, std::span<const Value> outputs, const Store& store, const WriteOptions& options) {
  Problem problem;
  if (options.opset < kOldestOpset || options.opset > kNewestOpset) {
    problem.needs = Message("an opset from {0} to {1}", kOldestOpset, kNewestOpset);
    problem.got = Message("{0}", options.opset);
    problem.fix = "leave it out: 17 is read by all runtimes of the last years";
    return tl::unexpected(problem);
  }
  if (options.batch && *options.batch < 1) {
    problem.needs = "a batch of at least 1";
    problem.got = Message("{0}", *options.batch);
    return tl::unexpected(problem);
  }
  if (outputs.empty()) {
    problem.needs = "a network that answers something";
    problem.got = "one without outputs";
    problem.fix = "add layers between input and loss";
    return tl::unexpected(problem);
  }
  const Inference inference = infer(network, {options.batch.value_or(kBatch), false, Type::f32});
  for (const Problem& wrong : inference.problems)
    if (wrong.severity == Severity::problem) return tl::unexpected(wrong);
  const std::vector<bool> wanted = needed(network, outputs);
  Writer writer(network, inference, store, options);
  for (int n : inference.order)
    if (wanted[size_t(n)])
      if (Done done = writer.write(n); !done) return tl::unexpected(done.error());
  if (Done done = writer.outputs(outputs); !done) return tl::unexpected(done.error());
  Model model = writer.take();
  if (!options.open.empty()) nameOutputs(model, network, outputs, options);
  return model;
}

Result<std::string> write(const Graph& network, std::span<const Value> outputs, const Store& store, const WriteOptions& options) {
  Result<Model> model = modelOf(network, outputs, store, options);
  if (!model) return tl::unexpected(model.error());
  return serialize(*std::move(model));
}

}  // namespace engine::formats::onnx
