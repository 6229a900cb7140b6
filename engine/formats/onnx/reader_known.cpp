// Numbers that are known while the file is read: given by it, calculated from such, or known of an input of the model.
#include "engine/formats/onnx/reader.h"

#include <algorithm>

namespace engine::formats::onnx {

namespace {

std::vector<int64_t> wholeNumbers(const Tensor& tensor) {
  if (tensor.type == Type::i64) return tensor.values<int64_t>();
  const std::vector<int32_t> narrow = tensor.values<int32_t>();
  return {narrow.begin(), narrow.end()};
}
bool isList(const Tensor& tensor) {
  constexpr int64_t kMost = 1 << 16;
  return (tensor.type == Type::i64 || tensor.type == Type::i32) && tensor.shape.rank() <= 1 && tensor.shape.elements() <= kMost;
}

}  // namespace

const Known* Reader::known(const std::string& name) const {
  const auto at = known_.find(name);
  return at == known_.end() ? nullptr : &at->second;
}

const Tensor* Reader::initializer(int input) const {
  if (!has(input)) return nullptr;
  const std::string& name = node_->inputs[size_t(input)];
  if (shared_.contains(name) && !copiesShared_) return nullptr;  // a layer would have numbers of its own
  if (const Known* k = known(name)) return k->other ? nullptr : &k->tensor;
  if (const auto given = options_.given.find(name); given != options_.given.end()) return &given->second;
  const auto derived = derived_.find(name);
  return derived == derived_.end() ? nullptr : &derived->second;
}

const Tensor* Reader::inFile(int input) const {
  const Known* k = has(input) ? known(node_->inputs[size_t(input)]) : nullptr;
  if (k && shared_.contains(node_->inputs[size_t(input)]) && !copiesShared_) return nullptr;
  return k && !k->other ? &k->tensor : nullptr;
}

// First hidden states, kinds of tokens, masks: made for as many samples as there are, and alike for all of them.
Value Reader::repeated(const Known& known) {
  const Tensor &one = known.tensor, &two = *known.other;
  int axis = -1;
  if (one.shape.rank() != two.shape.rank() || one.type != two.type) return {};
  for (int a = 0; a < one.shape.rank(); ++a) {
    if (one.shape[a] == two.shape[a]) continue;
    if (axis >= 0 || one.shape[a] != kSomeBatch[0] || two.shape[a] != kSomeBatch[1]) return {};
    axis = a;
  }
  if (axis < 0) return {};
  const size_t inner = size_t(one.shape.elements(axis + 1, one.shape.rank()) * bytesOf(one.type)), outer = size_t(one.shape.elements(0, axis));
  Tensor sample{one.name, one.type, {1}, {}};
  for (int a = 0; a < one.shape.rank(); ++a)
    if (a != axis) sample.shape.append(one.shape[a]);
  for (size_t o = 0; o < outer; ++o) {
    const size_t mine = o * size_t(one.shape[axis]) * inner, theirs = o * size_t(two.shape[axis]) * inner;
    for (int64_t i = 0; i < one.shape[axis]; ++i)
      if (one.bytes.compare(mine + size_t(i) * inner, inner, one.bytes, mine, inner) != 0) return {};
    for (int64_t i = 0; i < two.shape[axis]; ++i)
      if (two.bytes.compare(theirs + size_t(i) * inner, inner, one.bytes, mine, inner) != 0) return {};
    sample.bytes.append(one.bytes, mine, inner);
  }
  const std::vector<int64_t> sizes(sample.shape.begin(), sample.shape.end());
  const Value v = add("Expand", {{"shape", sizes}, {"batched", true}}, {given(sample)});
  if (axis == 0) return v;
  std::vector<int64_t> dims;
  for (int a = 0; a < one.shape.rank(); ++a) dims.push_back(a < axis ? a + 1 : a == axis ? 0 : a);
  return add("Permute", {{"dims", dims}}, {v});
}

Value Reader::samplesCounted(const Known& known) {
  const Tensor* const both[] = {&known.tensor, &*known.other};
  for (int which = 0; which < 2; ++which) {
    if (both[which]->type != Type::i64 || !(both[which]->shape == Shape{kSomeBatch[which]})) return {};
    const std::vector<int64_t> numbers = both[which]->values<int64_t>();
    for (size_t i = 0; i < numbers.size(); ++i)
      if (numbers[i] != int64_t(i)) return {};
  }
  const auto batched = std::find_if(imported_.inputs.begin(), imported_.inputs.end(), [&](Value v) { return shape(v).rank() > 0 && shape(v)[0] == kBatch; });
  return batched == imported_.inputs.end() ? Value{} : add("Arange", {{"dim", int64_t(0)}}, {*batched});
}

std::vector<int64_t> Reader::numbers(int input) {
  const Tensor* tensor = initializer(input);
  if (tensor && isList(*tensor)) return wholeNumbers(*tensor);
  fail(Message("whole numbers that the file gives as input {0}", input),
       tensor ? Message("{0} of type {1}", tensor->shape, tensor->type) : Message("others"));
  return {};
}

std::vector<int64_t> Reader::sizes(int input) {
  const Known* k = has(input) ? known(node_->inputs[size_t(input)]) : nullptr;
  if (!k || !k->other || !isList(k->tensor) || !isList(*k->other)) return numbers(input);
  std::vector<int64_t> sizes = wholeNumbers(k->tensor);
  const std::vector<int64_t> others = wholeNumbers(*k->other);
  for (size_t i = 0; i < sizes.size() && i < others.size(); ++i)
    if (sizes[i] != others[i]) sizes[i] = sizes[i] == kSomeBatch[0] && others[i] == kSomeBatch[1] ? kBatch : kUnknown;
  return sizes;
}

bool Reader::zeros(int input) const {
  const Known* k = has(input) ? known(node_->inputs[size_t(input)]) : nullptr;
  return k && k->tensor.bytes.find_first_not_of('\0') == std::string::npos;
}

double Reader::number(int input, double otherwise) {
  if (!has(input)) return otherwise;
  const Tensor* tensor = initializer(input);
  if (!tensor || tensor->shape.elements() != 1) {
    fail(Message("one number that the file gives as input {0}", input), tensor ? Message("{0}", tensor->shape) : Message("others"));
    return otherwise;
  }
  switch (tensor->type) {
    case Type::f32: return double(tensor->values<float>()[0]);
    case Type::f64: return tensor->values<double>()[0];
    case Type::i64: return double(tensor->values<int64_t>()[0]);
    case Type::i32: return double(tensor->values<int32_t>()[0]);
    case Type::u8:
    case Type::boolean: return double(tensor->values<uint8_t>()[0]);
  }
  return otherwise;
}

std::vector<int64_t> Reader::axes() {
  if (has(1)) return numbers(1);
  return integers("axes");
}

void Reader::constant(Tensor tensor, std::optional<Tensor> other) {
  if (problem_) return;
  if (node_->outputs.size() != 1) return fail("one output", Message("{0}", node_->outputs.size()));
  define(node_->outputs[0]);
  tensor.name = node_->outputs[0];
  if (other && other->shape == tensor.shape && other->bytes == tensor.bytes) other.reset();
  known_[node_->outputs[0]] = {std::move(tensor), std::move(other)};
}

std::optional<std::vector<Tensor>> Reader::calculated(const std::map<std::string, const Tensor*>& inputs, int64_t mostBytes) const {
  Model alone{model_.irVersion, model_.opset, {}, {}, {}, {*node_}, {}, {}, {}};
  for (const auto& [name, tensor] : inputs) {
    alone.initializers.push_back(*tensor);
    alone.initializers.back().name = name;
  }
  for (const std::string& name : node_->outputs)
    if (!name.empty()) alone.outputs.push_back({name, Type::f32, Shape::missing()});
  const ReadOptions once{.given = {}, .folds = false};
  const Result<Imported> read = Reader(alone, path_, once).read();
  if (!read) return {};  // what is wrong is told where it is read as a node
  // Nothing is believed of sizes that follow from numbers of the file.
  int64_t needed = 0;
  for (const NodeInference& node : infer(read->network, {1, false, read->floating}).nodes)
    for (const ValueInfo& output : node.outputs) {
      int64_t size;
      const bool large = __builtin_mul_overflow(std::max<int64_t>(output.shape.elements(), 0), bytesOf(output.type), &size) || size > mostBytes;
      if (large || (needed += size) > mostBytes) return {};
    }
  Cpu cpu;
  Result<std::vector<Tensor>> answers = run(*read, 1, std::span<const Tensor>(), cpu);
  if (!answers) return {};
  return *std::move(answers);
}

// Graphs are read in their place, where each of their nodes may be calculated: not once more in all that they stand in.
static bool holdsGraph(const Node& node) {
  return std::any_of(node.attributes.begin(), node.attributes.end(), [](const auto& a) { return std::holds_alternative<Subgraph>(a.second); });
}
static bool isChance(const Node& node) { return node.op.starts_with("Random") || node.op == "Bernoulli" || node.op == "Multinomial"; }

// Of a Gather: what is not there would be no number.
bool Reader::placesExist() {
  const Tensor *table = inFile(0), *index = inFile(1);
  const int64_t axis = integer("axis", 0);
  if (!table || !index || index->type != Type::i64 || axis < 0 || axis >= table->shape.rank()) return true;
  const std::vector<int64_t> places = index->values<int64_t>();
  const int64_t size = table->shape[int(axis)];
  return std::all_of(places.begin(), places.end(), [&](int64_t place) { return place >= -size && place < size; });
}

// Calculated here and now by our own ops, where nothing but known numbers goes in and the operator is no matter of chance.
bool Reader::fold() {
  constexpr int64_t kMostBytes = int64_t(1) << 28;
  if (!options_.folds || node_->inputs.empty() || isChance(*node_) || holdsGraph(*node_) || readsShared()) return false;
  int64_t bytes = 0;
  bool two = false;
  if (node_->op == "Gather" && !placesExist()) return false;
  for (const std::string& name : node_->inputs) {
    if (name.empty()) continue;
    const Known* k = known(name);
    if (!k) return false;
    bytes += int64_t(k->tensor.bytes.size());
    two = two || k->other;
  }
  if (bytes > kMostBytes) return false;
  std::vector<Tensor> results[2];
  for (int which = 0; which < (two ? 2 : 1); ++which) {
    std::map<std::string, const Tensor*> inputs;
    for (const std::string& name : node_->inputs)
      if (!name.empty()) inputs[name] = which == 1 && known(name)->other ? &*known(name)->other : &known(name)->tensor;
    auto answers = calculated(inputs, kMostBytes);
    if (!answers) return false;
    results[which] = *std::move(answers);
  }
  size_t at = 0;
  for (const std::string& name : node_->outputs) {
    if (name.empty()) continue;
    define(name);
    Known& k = known_[name];
    k.tensor = std::move(results[0][at]);
    if (two && !(results[1][at].shape == k.tensor.shape && results[1][at].bytes == k.tensor.bytes)) k.other = std::move(results[1][at]);
    ++at;
  }
  return true;
}

// Sizes and places that other nodes plan with are few.
void Reader::derive() {
  constexpr int64_t kMostBytes = 1 << 12;
  if (!options_.folds || options_.given.empty() || node_->inputs.empty() || isChance(*node_) || holdsGraph(*node_)) return;
  std::map<std::string, const Tensor*> inputs;
  int64_t bytes = 0;
  for (int i = 0; i < int(node_->inputs.size()); ++i) {
    if (!has(i)) continue;
    const Tensor* tensor = initializer(i);
    if (!tensor || (bytes += int64_t(tensor->bytes.size())) > kMostBytes) return;
    inputs[node_->inputs[size_t(i)]] = tensor;
  }
  if (auto answers = calculated(inputs, kMostBytes)) {
    size_t at = 0;
    for (const std::string& name : node_->outputs)
      if (!name.empty()) derived_[name] = std::move((*answers)[at++]);
  }
}

}  // namespace engine::formats::onnx
