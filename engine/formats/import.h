// Models of others as projects: what is on the canvas, and the values that it begins with.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "engine/document/document.h"
#include "engine/formats/onnx/onnx.h"
#include "engine/training/session.h"

namespace engine::formats {

// Numbers for axes that have none in a file, by what it calls them ("sequence"), or by input and axis ("x.2").
using Sizes = std::map<std::string, int64_t>;

struct ImportedModel {
  document::Document document;  // placed; drawn as it was, where the file came from Netwright
  std::shared_ptr<const training::StartValues> weights;
  std::optional<int64_t> batch;  // that the file was written for; none: any
  Problems lost;                 // why nodes became opaque, by their ids
  Problems chosen = {};          // axes without a number in the file, and which one they have here
  Sizes taken = {};              // those numbers
};

// Of a file that was read. Nodes keep the names that they have there, and ids follow from the names: the same file is the same
// document, every time.
Result<ImportedModel> documentOf(const onnx::Imported& imported, const std::string& name);

// By the path's extension: .onnx.
// Axes other than the batch need a number: one of `sizes`, or one that all of the model can be read with, which `chosen` says.
Result<ImportedModel> importModel(const std::string& path, const Sizes& sizes = {});
bool canImport(const std::string& path);

// The project, and its values beside it as NAME.start.safetensors, which its recipe names. Both or neither are new.
Done saveImported(const ImportedModel& model, const std::string& projectPath);

// Values that a recipe may begin with, as a file of their own.
Done writeStart(const training::StartValues& values, const std::string& path);
// The document with a recipe that begins with these values, which lie in NAME.start.safetensors beside the project from now on.
Result<document::Document> beginningWith(document::Document document, const training::StartValues& values, const std::string& projectPath);

// Where the nodes of a drawing are, as text for the metadata of an exported file, and back: by the names of nodes. What cannot be
// read is as if it were not there.
std::string drawingOf(const document::Document& document);
void drawAs(std::string_view drawing, std::vector<document::Node>& nodes);

}  // namespace engine::formats
