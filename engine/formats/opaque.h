// Operators of ONNX that nobody here can calculate: as nodes of a document, and out of it again with all that they had.
#pragma once
#include <optional>
#include <string>

#include "engine/document/document.h"
#include "engine/formats/export.h"
#include "engine/formats/onnx/onnx.h"

namespace engine::formats {

// A node of type "onnx.NonMaxSuppression": attributes are fields, what else it had stands in `extras`.
void keepOpaque(const onnx::Opaque& opaque, document::Node& to);
// What it was; a problem where something of it is not there any more.
Result<onnx::Opaque> opaqueOf(const document::Node& node);
// The sizes that a file says of an output that is an opaque node's, or behind one.
void keepShape(int output, const Shape& shape, document::Node& to);
bool holdsOpaque(const document::Document& document);

// A network with such nodes as an ONNX file. Nothing can be compared, since nothing can be calculated; what was written is read back.
// Without an opset: that of the file that the nodes came from.
struct OpaqueModel {
  std::string bytes;
  int64_t opset = 0;
};
Result<OpaqueModel> writeOpaque(const document::Document& document, const training::StartValues& values, const std::string& path, std::optional<int64_t> opset,
                                std::optional<int64_t> batch);
// The same to a file.
Result<ExportReport> exportOpaque(const document::Document& document, const training::StartValues& values, const std::string& path,
                                  std::optional<int64_t> opset, std::optional<int64_t> batch);

}  // namespace engine::formats
