// Which numbers of a file were learned: a project goes on learning them, and leaves the others as they are.
#include "engine/formats/onnx/reader.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "engine/formats/onnx/tensors.h"

namespace engine::formats::onnx {

namespace {

bool sameNumbers(const Tensor& tensor) {
  const size_t size = size_t(bytesOf(tensor.type));
  return tensor.bytes.size() <= size || tensor.bytes.compare(size, std::string::npos, tensor.bytes, 0, tensor.bytes.size() - size) == 0;
}

// Numbers that are not all one, so that they are no others' by chance.
bool isTurned(const Tensor& matrix, const Tensor& other) {
  if (!isFloating(matrix.type) || matrix.type != other.type || matrix.shape.rank() != 2 || other.shape.rank() != 2) return false;
  const int64_t rows = matrix.shape[0], columns = matrix.shape[1];
  if (other.shape[0] != columns || other.shape[1] != rows || sameNumbers(matrix)) return false;
  const size_t size = size_t(bytesOf(matrix.type));
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c)
      if (matrix.bytes.compare(size_t(r * columns + c) * size, size, other.bytes, size_t(c * rows + r) * size, size) != 0) return false;
  return true;
}

std::string_view lastPart(std::string_view name) {
  if (const size_t end = name.rfind(':'); end != std::string_view::npos) name = name.substr(0, end);  // TensorFlow's "kernel:0"
  const size_t begin = name.find_last_of("./");
  return begin == std::string_view::npos ? name : name.substr(begin + 1);
}
bool isOneOf(std::string_view name, std::initializer_list<std::string_view> all) { return std::find(all.begin(), all.end(), name) != all.end(); }

// "layer1.0.conv1.weight": names of variables, with dots.
bool isPath(std::string_view name) {
  const auto fits = [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '.'; };
  return !name.empty() && (std::isalpha(uint8_t(name[0])) || name[0] == '_') && std::all_of(name.begin(), name.end(), fits);
}
// By its name alone, whoever wrote the file.
bool soundsLearned(std::string_view name) {
  const std::string_view last = lastPart(name);
  return isOneOf(last, {"weight", "bias", "kernel", "gamma", "beta", "in_proj_weight", "in_proj_bias"});
}
// What PyTorch's modules keep and do not learn, as far as names tell.
bool soundsKept(std::string_view name) {
  const std::string_view last = lastPart(name);
  return isOneOf(last, {"running_mean", "running_var", "num_batches_tracked", "mask", "pe", "mean", "std", "inv_freq", "freqs", "anchors", "buffer"}) ||
         last.ends_with("_mask") || last.ends_with("_buffer");
}

// Operators that move numbers and calculate nothing.
bool isMove(const std::string& op) {
  return isOneOf(op, {"Identity", "Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Slice", "Split", "Gather", "Concat", "Cast"});
}
// What asks for sizes, not for numbers.
bool asksForSizes(const std::string& op) { return isOneOf(op, {"Shape", "Size", "ConstantOfShape"}); }

}  // namespace

// PyTorch's newer exporter says what it learned, and what it calculated from that before it wrote the file. Its older one gives what was
// no parameter or buffer a name that is no path.
void Reader::findLearned() {
  if (model_.producer == kProducer) {  // what is called after a Parameter; a Buffer is told
    const auto told = model_.metadata.find(kBuffers);
    const std::string buffers = told == model_.metadata.end() ? "" : "\n" + told->second + "\n";
    for (const Tensor& tensor : model_.initializers)
      if (tensor.name.ends_with(".value") && buffers.find("\n" + tensor.name + "\n") == std::string::npos) learned_.insert(tensor.name);
    return;
  }
  if (!options_.imports) return;
  const bool told = std::any_of(model_.origins.begin(), model_.origins.end(), [](const auto& o) { return !o.second.kind.empty(); });
  const auto is = [&](const std::string& name) {
    if (const auto at = model_.origins.find(name); at != model_.origins.end()) {
      if (!at->second.kind.empty()) return at->second.kind == "PARAMETER";
      const std::vector<std::string>& from = at->second.foldedFrom;
      return std::any_of(from.begin(), from.end(), [](const std::string& source) { return source.find('.') != std::string::npos && isPath(source) && !soundsKept(source); });
    }
    return soundsLearned(name) || (!told && model_.producer == "pytorch" && isPath(name) && !soundsKept(name));
  };
  std::map<std::string_view, int> uses;
  for (const Node& node : model_.nodes)
    if (!asksForSizes(node.op) && node.op != "Slice" && node.op != "Split")  // parts of one: other numbers each
      for (const std::string& input : node.inputs) ++uses[input];
  for (const Tensor& tensor : model_.initializers) {
    if (!isFloating(tensor.type) || tensor.shape.elements() <= 0 || !is(tensor.name)) continue;
    learned_.insert(tensor.name);
    // Exporters write tensors that are equal once: those of one number alone are equal by chance, as new biases are.
    if (uses[tensor.name] > 1 && !sameNumbers(tensor)) shared_.insert(tensor.name);
  }
  // A matrix that serves twice, as table of an embedding and in the last product, was turned over for the latter and written once more.
  const auto isItself = [&](const Tensor& tensor) {
    const auto at = model_.origins.find(tensor.name);
    return learned_.contains(tensor.name) && (at == model_.origins.end() || at->second.foldedFrom.empty());
  };
  for (const Tensor& tensor : model_.initializers) {
    if (isItself(tensor) || uses[tensor.name] == 0) continue;
    const auto turned = std::find_if(model_.initializers.begin(), model_.initializers.end(), [&](const Tensor& t) { return isItself(t) && uses[t.name] > 0 && isTurned(t, tensor); });
    if (turned == model_.initializers.end()) continue;
    turned_[tensor.name] = turned->name;
    shared_.insert({tensor.name, turned->name});
  }
}

bool Reader::isAlone(const std::string& name, const Tensor& tensor) const { return !learned_.contains(name) || !sameNumbers(tensor); }

bool Reader::readsShared() const {
  return !asksForSizes(node_->op) && std::any_of(node_->inputs.begin(), node_->inputs.end(), [&](const std::string& name) { return shared_.contains(name); });
}

// Of a node that was calculated while reading: where it only moved what is learned, the result is learned in its place. True: it is
// something else, which has to be calculated from what is learned in every step.
bool Reader::learnsThrough() {
  if (asksForSizes(node_->op)) return false;
  const auto learned = [&](const std::string& name) { return learned_.contains(name); };
  if (std::none_of(node_->inputs.begin(), node_->inputs.end(), learned)) return false;
  bool moves = isMove(node_->op) && (node_->op != "Concat" || std::all_of(node_->inputs.begin(), node_->inputs.end(), learned));
  if (node_->op == "Gather" && moves) {  // each row once
    std::vector<int64_t> rows;
    if (const Tensor* tensor = initializer(1); tensor && tensor->type == Type::i64) rows = tensor->values<int64_t>();
    std::sort(rows.begin(), rows.end());
    moves = !rows.empty() && rows.front() >= 0 && std::adjacent_find(rows.begin(), rows.end()) == rows.end();
  }
  bool floats = false;
  for (const std::string& name : node_->outputs) {
    const Known* k = known(name);
    if (name.empty() || !k || !isFloating(k->tensor.type)) continue;
    floats = true;
    if (moves && !k->other) learned_.insert(name);
  }
  return floats && !moves;
}

}  // namespace engine::formats::onnx
