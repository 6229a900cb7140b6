#include "engine/passes/axis_names.h"

#include <algorithm>

#include "engine/passes/infer.h"

namespace engine {

namespace {

std::string trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(' ');
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::vector<int64_t> sizesOf(const Op& input) { return std::get<std::vector<int64_t>>(input.fields().at("shape")); }

}  // namespace

std::vector<std::string> axisNames(const Op& input) {
  const FieldMap fields = input.fields();
  const std::string& text = std::get<std::string>(fields.at("axes"));
  std::vector<std::string> names(std::get<std::vector<int64_t>>(fields.at("shape")).size());
  size_t begin = 0;
  for (size_t i = 0; i < names.size() && begin <= text.size(); ++i) {
    const size_t end = std::min(text.find(',', begin), text.size());
    names[i] = trimmed(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

std::string axesText(const std::vector<std::string>& names) {
  size_t count = names.size();
  while (count > 0 && trimmed(names[count - 1]).empty()) --count;
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    std::string name = trimmed(names[i]);
    std::replace_if(name.begin(), name.end(), [](char c) { return c == ',' || uint8_t(c) < 0x20 || c == 0x7f; }, '_');
    text += (i ? ", " : "") + name;
  }
  return text.size() <= kMostOfText ? text : "";
}

std::map<std::string, int64_t> namedSizes(const Graph& network) {
  std::map<std::string, int64_t> named;
  for (const Node& node : network.nodes) {
    if (!node.op.is("Input")) continue;
    const std::vector<std::string> names = axisNames(node.op);
    const std::vector<int64_t> sizes = sizesOf(node.op);
    for (size_t i = 0; i < names.size(); ++i)
      if (!names[i].empty()) named.emplace(names[i], sizes[i]);
  }
  return named;
}

std::map<int, Op> resized(const Graph& network, const std::map<std::string, int64_t>& sizes) {
  std::map<int, Op> changed;
  for (size_t n = 0; n < network.nodes.size(); ++n) {
    const Op& op = network.nodes[n].op;
    if (!op.is("Input")) continue;
    const std::vector<std::string> names = axisNames(op);
    std::vector<int64_t> own = sizesOf(op);
    for (size_t i = 0; i < names.size(); ++i)
      if (const auto at = sizes.find(names[i]); !names[i].empty() && at != sizes.end()) own[i] = at->second;
    if (own == sizesOf(op)) continue;
    if (const Result<Op> set = op.set("shape", own)) changed.emplace(int(n), *set);
  }
  return changed;
}

static Problems sharedNames(const Graph& network) {
  struct First {
    const Node* node;
    size_t axis;
    int64_t size;
  };
  std::map<std::string, First> first;
  Problems problems;
  for (const Node& node : network.nodes) {
    if (!node.op.is("Input")) continue;
    const std::vector<std::string> names = axisNames(node.op);
    const std::vector<int64_t> sizes = sizesOf(node.op);
    std::vector<int64_t> wanted = sizes;
    Problem problem{node.id, Place::field("shape"), Severity::problem, {}, {}, {}, {}};
    for (size_t i = 0; i < names.size(); ++i) {
      if (names[i].empty()) continue;
      const First& other = first.emplace(names[i], First{&node, i, sizes[i]}).first->second;
      if (other.size == sizes[i]) continue;
      wanted[i] = other.size;
      if (!problem.needs.empty()) continue;
      problem.needs = Message("{0} for {1}, as {2} has there", other.size, names[i], other.node->name);
      problem.got = Message("{0}", sizes[i]);
      problem.fix = Message("make it {0}, or give the size another name in axes", other.size);
    }
    if (problem.needs.empty()) continue;
    problem.edits = {SetField{node.id, "shape", wanted}};
    problems.push_back(std::move(problem));
  }
  return problems;
}

// Rows of a table by an Arange: as many as the axis that it counts along has elements.
static Problems missingPlaces(const Graph& network, const std::vector<NodeInference>& nodes) {
  Problems problems;
  const auto sizeOf = [&](Value v, int64_t axis) -> int64_t {
    const auto& outputs = nodes[size_t(v.node)].outputs;
    const Shape shape = v.output < int(outputs.size()) ? outputs[size_t(v.output)].shape : Shape::missing();
    return axis >= -shape.rank() && axis < shape.rank() ? shape[int(axis)] : kUnknown;
  };
  for (const Node& node : network.nodes) {
    const bool embeds = node.op.is("Embedding");
    if (!embeds && !node.op.is("IndexSelect")) continue;
    const size_t port = embeds ? 0 : 1;
    if (node.inputs.size() <= port || !node.inputs[port] || (!embeds && !node.inputs[0])) continue;
    const Value places = node.inputs[port];
    if (!network.nodes[size_t(places.node)].op.is("Arange")) continue;
    const FieldMap fields = node.op.fields();
    const int64_t rows = embeds ? std::get<int64_t>(fields.at("num_embeddings")) : sizeOf(node.inputs[0], std::get<int64_t>(fields.at("dim"))), count = sizeOf(places, 0);
    if (rows < 0 || count <= rows) continue;
    problems.push_back({node.id, Place::input(int(port)), Severity::problem, Message("at most {0} places, as the table has", rows), Message("{0}", count),
                        "make the axis of the Input shorter, or the table longer", {}});
  }
  return problems;
}

Problems axisProblems(const Graph& network, const std::vector<NodeInference>& nodes) {
  Problems problems = sharedNames(network);
  for (Problem& problem : missingPlaces(network, nodes)) problems.push_back(std::move(problem));
  return problems;
}

}  // namespace engine
