#include "app/netw/size_option.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <utility>

#include "engine/data/open.h"
#include "engine/document/expand.h"
#include "engine/document/json.h"
#include "engine/passes/axis_names.h"

namespace netw {

using engine::failure;
using engine::Message;
using engine::Result;
using engine::Shape;
using engine::formats::Sizes;
namespace onnx = engine::formats::onnx;

namespace {
Shape withRows(const Shape& row) {
  Shape shape{1};
  for (int64_t size : row) shape.append(size);
  return shape;
}
// Of a project, or of a run's. What is wrong with it is told where it is opened.
void addNamed(const std::string& model, const SizeOption::ShapeOf& shapeOf, Sizes& sizes) {
  std::error_code error;
  const bool isRun = std::filesystem::is_directory(model, error);
  const auto document = engine::document::load(isRun ? (std::filesystem::path(model) / "project.netw").string() : model);
  if (!document) return;
  size_t place = 0;
  for (const engine::Node& node : engine::document::expand(*document).network.nodes) {
    if (!node.op.is("Input")) continue;
    const std::vector<std::string> names = engine::axisNames(node.op);
    const int first = std::get<bool>(node.op.fields().at("batched")) ? 1 : 0, rank = int(names.size()) + first;
    const std::optional<Shape> shape = shapeOf(node.name, place++, rank);
    if (!shape || shape->rank() != rank) continue;
    for (size_t i = 0; i < names.size(); ++i)
      if (const int64_t size = (*shape)[int(i) + first]; !names[i].empty() && size > 0) sizes.emplace(names[i], size);
  }
}

}  // namespace

Result<Sizes> SizeOption::sizes(const std::string& model, const ShapeOf& shapeOf, bool alsoProjects) const {
  Sizes sizes;
  for (const std::string& word : words_) {
    const size_t equals = word.rfind('=');
    const std::string number = equals == std::string::npos ? "" : word.substr(equals + 1);
    int64_t size = 0;
    const auto [rest, error] = std::from_chars(number.data(), number.data() + number.size(), size);
    if (number.empty() || equals == 0 || error != std::errc() || rest != number.data() + number.size() || size < 1)
      return failure("--size", "NAME=N, with a number of at least 1", Message("{0}", word));
    sizes[word.substr(0, equals)] = size;
  }
  if (!shapeOf) return sizes;
  if (!engine::formats::canImport(model)) {
    if (alsoProjects) addNamed(model, shapeOf, sizes);
    return sizes;
  }
  const Result<std::vector<std::byte>> file = engine::data::readFile(model);
  if (!file) return tl::unexpected(file.error());
  const Result<onnx::Model> read = onnx::parse({reinterpret_cast<const char*>(file->data()), file->size()}, model);
  if (!read) return tl::unexpected(read.error());
  std::vector<std::string> inputs;
  for (const onnx::Port& port : read->inputs)
    if (std::none_of(read->initializers.begin(), read->initializers.end(), [&](const onnx::Tensor& t) { return t.name == port.name; })) inputs.push_back(port.name);
  for (const onnx::OpenAxis& axis : onnx::openAxes(*read, sizes)) {
    const size_t place = size_t(std::find(inputs.begin(), inputs.end(), axis.input) - inputs.begin());
    const std::optional<Shape> shape = shapeOf(axis.input, place, axis.shape.rank());
    if (shape && shape->rank() == axis.shape.rank() && (*shape)[axis.axis] > 0) sizes.emplace(axis.key, (*shape)[axis.axis]);
  }
  return sizes;
}

Result<Sizes> SizeOption::sizesFor(const std::string& model, const std::string& data) const {
  engine::data::SourcePointer source;
  bool tried = false;
  return sizes(model, [&](const std::string& name, size_t, int rank) -> std::optional<Shape> {
    if (!std::exchange(tried, true))
      if (auto opened = engine::data::open(data)) source = *opened;  // what is wrong with it is told where it is used
    if (!source) return {};
    const engine::data::Column* found = nullptr;
    int fitting = 0;
    for (const engine::data::Column& column : source->columns()) {
      const bool fits = column.shape.rank() + 1 == rank;
      if (column.name == name) return withRows(column.shape);
      if (fits) found = &column, ++fitting;
    }
    return fitting == 1 ? std::optional(withRows(found->shape)) : std::nullopt;
  });
}

}  // namespace netw
