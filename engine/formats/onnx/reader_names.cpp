// What nodes are called: after the file's parameters, PyTorch's modules, or the nodes of the file.
#include "engine/formats/onnx/reader.h"

#include <algorithm>

#include "engine/document/text.h"

namespace engine::formats::onnx {

namespace {
bool endsWith(const std::string& text, std::string_view end) { return text.size() > end.size() && text.ends_with(end); }
}  // namespace

std::string Reader::unique(std::string name) {
  if (name.empty()) name = node_ ? node_->op : "value";
  if (name.empty() || !document::isUtf8(name))  // files of others may hold anything
    std::transform(name.begin(), name.end(), name.begin(), [](char c) { return uint8_t(c) < 0x80 ? c : '_'; });
  if (name.empty()) name = "value";
  std::string free = name;
  for (int i = 2; !names_.insert(free).second; ++i) free = name + "_" + std::to_string(i);
  return free;
}

// PyTorch calls a node by the modules around it, each with the whole of its name, and its operator: "/layer1/layer1.0/conv1/Conv".
// Here it is "layer1.0.conv1", or "layer1.0.relu" where the module has other nodes too.
Reader::Modules Reader::modulesOf(const std::string& name) {
  Modules modules;
  if (!name.starts_with('/')) return modules;
  std::string last;
  for (size_t begin = 1; begin <= name.size();) {
    const size_t end = std::min(name.find('/', begin), name.size());
    const std::string part = name.substr(begin, end - begin);
    begin = end + 1;
    if (begin > name.size()) {
      modules.op = part;
    } else {
      const bool whole = !last.empty() && part.starts_with(last + ".");
      modules.path = whole ? modules.path.substr(0, modules.path.size() - last.size()) + part : modules.path + (modules.path.empty() ? "" : ".") + part;
      last = part;
    }
  }
  return modules;
}

std::string Reader::drawnName(std::string name) const {
  // A value is called after its node: "/layer1/Gather_output_0".
  if (const size_t end = name.rfind("_output_"); end != std::string::npos && name.starts_with('/')) name.resize(end);
  Modules modules = modulesOf(name);
  constexpr std::string_view kPlain = "node_";  // PyTorch's newer exporter: "node_relu_1"
  if (modules.op.empty()) return name.starts_with(kPlain) && name.size() > kPlain.size() ? name.substr(kPlain.size()) : name;
  const auto others = nodesOfModule_.find(modules.path);
  if (!modules.path.empty() && others != nodesOfModule_.end() && others->second == 1) return modules.path;
  std::transform(modules.op.begin(), modules.op.end(), modules.op.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return modules.path.empty() ? modules.op : modules.path + "." + modules.op;
}

// "fc1", where the weight is called fc1.weight; else what the node is called.
std::string Reader::nameFor(const std::map<std::string, Tensor>& parameters) {
  for (const auto& [own, tensor] : parameters)
    if (endsWith(tensor.name, "." + own)) return unique(tensor.name.substr(0, tensor.name.size() - own.size() - 1));
  if (const auto value = parameters.find("value"); value != parameters.end()) return unique(drawnName(value->second.name));
  return unique(node_ ? drawnName(node_->name) : "");
}

}  // namespace engine::formats::onnx
