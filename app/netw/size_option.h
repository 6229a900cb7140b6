// --size, and sizes that follow from arrays or data, for models whose axes have names.
#pragma once
#include <functional>

#include "app/netw/options.h"
#include "engine/formats/import.h"

namespace netw {

class SizeOption {
 public:
  void addTo(Options& o) { o.option("--size", "NAME=N", words_, "The size of an axis by its name, which an ONNX file or the field axes of Inputs gives: sequence=64; or x.2=64 for the third axis of x. A project stays as it is."); }

  // What was given; and for what is still open, the sizes that `shapeOf` says for an input: of its name, which is the place-th one and
  // has so many axes. Open are axes of an ONNX file without a number, and, where `alsoProjects`, axes that a project names.
  using ShapeOf = std::function<std::optional<engine::Shape>(const std::string& name, size_t place, int rank)>;
  engine::Result<engine::formats::Sizes> sizes(const std::string& model = {}, const ShapeOf& shapeOf = {}, bool alsoProjects = false) const;
  // The columns of data that have the inputs' names, or else the only one with so many axes.
  engine::Result<engine::formats::Sizes> sizesFor(const std::string& model, const std::string& data) const;

 private:
  std::vector<std::string> words_;
};

}  // namespace netw
