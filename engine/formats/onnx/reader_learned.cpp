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

// Who reads each number, and in which module of PyTorch.
Reader::Readers Reader::readersOf(bool told) const {
  Readers readers;
  std::map<std::string_view, std::string_view> same;  // other names for one
  for (const Node& node : model_.nodes) {
    if (asksForSizes(node.op) || node.op == "Slice" || node.op == "Split") continue;  // parts of one: other numbers each
    const bool renames = node.op == "Identity" && node.inputs.size() == 1 && node.outputs.size() == 1;
    const bool another = renames && isPath(node.outputs[0]);  // parameter, which is equal
    for (const std::string& input : node.inputs) {
      const auto at = same.find(input);
      const std::string_view name = at == same.end() ? std::string_view(input) : at->second;
      if (renames && !another) {
        same[node.outputs[0]] = name;
        continue;
      }
      // "/layer_1" is the second time of "/layer". The older exporter gives each parameter a name of its own.
      std::string module = node.module.empty() ? modulesOf(node.name).path : node.module;
      const size_t end = module.find_last_not_of("0123456789");
      if (node.module.empty() && end != std::string::npos && end + 1 < module.size() && module[end] == '_') module.resize(end);
      ReadBy& by = readers[name];
      ++by.count;
      by.modules.insert(another ? node.outputs[0] : !told && isPath(input) ? "*" : module);
      by.asTable = by.asTable || node.op == "Gather";
    }
  }
  return readers;
}

// PyTorch's newer exporter says what it learned, and what it calculated from that before it wrote the file. Its older one gives what was
// no parameter or buffer a name that is no path.
void Reader::findLearned() {
  if (model_.producer == kProducer) {  // what is called after a Parameter; a Buffer is told
    const auto told = model_.metadata.find(kBuffers);
    const std::string buffers = told == model_.metadata.end() ? "" : "\n" + told->second + "\n";
    for (const Tensor& tensor : model_.initializers)
      if (tensor.name.ends_with(".value") && buffers.find("\n" + tensor.name + "\n") == std::string::npos) learned_.insert(tensor.name);
    // Tables of embeddings, some of whose rows may be taken while the file is read.
    for (const Node& node : model_.nodes)
      if (node.op == "Gather" && !node.inputs.empty() && node.inputs[0].ends_with(".weight")) learned_.insert(node.inputs[0]);
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
  const Readers readers = readersOf(told);
  for (const Tensor& tensor : model_.initializers) {
    const auto found = readers.find(tensor.name);
    if (!isFloating(tensor.type) || tensor.shape.elements() <= 0 || found == readers.end()) continue;
    const ReadBy& by = found->second;
    // Exporters write tensors that are equal once: by chance those of one number alone are equal, as new biases are, and those of layers
    // that began as copies of one. What the same module reads again, or takes rows of, is the same parameter.
    const bool alike = sameNumbers(tensor), again = by.modules.size() == 1 && (!alike || !by.modules.begin()->empty());
    const bool matrix = !told && model_.producer == "pytorch" && tensor.shape.rank() == 2 && by.count > 1 && again && !alike;  // that was turned over
    if (!is(tensor.name) && !matrix) continue;
    learned_.insert(tensor.name);
    if (by.count > 1) (again || (by.asTable && !alike) ? shared_ : copied_).insert(tensor.name);
  }
  // A matrix that serves twice, as table of an embedding and in the last product, was turned over for the latter and written once more.
  const auto isItself = [&](const Tensor& tensor) {
    const auto at = model_.origins.find(tensor.name);
    return learned_.contains(tensor.name) && (at == model_.origins.end() || at->second.foldedFrom.empty());
  };
  for (const Tensor& tensor : model_.initializers) {
    if (isItself(tensor) || !readers.contains(tensor.name)) continue;
    const auto turned = std::find_if(model_.initializers.begin(), model_.initializers.end(), [&](const Tensor& t) { return isItself(t) && isTurned(t, tensor); });
    if (turned == model_.initializers.end()) continue;
    turned_[tensor.name] = turned->name;
    shared_.insert({tensor.name, turned->name});
  }
}

bool Reader::isAlone(const std::string& name) const { return !copied_.contains(name); }

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
    if (!moves || k->other) continue;
    learned_.insert(name);
    if (sameNumbers(k->tensor)) copied_.insert(name);
  }
  return floats && !moves;
}

}  // namespace engine::formats::onnx
