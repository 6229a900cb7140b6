// A trained network as a file for other programs: written, read back, run, and compared with the network itself before
// it gets its name.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/training/session.h"

namespace engine::formats {

enum class ExportFormat : uint8_t { onnx, safetensors };
std::string_view nameOf(ExportFormat format);
// By name ("onnx", "safetensors"), or without one by the path's extension.
Result<ExportFormat> exportFormat(const std::string& path, std::string_view name = {});

struct ExportOptions {
  int64_t opset = 17;            // of ONNX
  std::optional<int64_t> batch;  // none: any, "N" in the file
  bool preprocessing = true;     // the graph takes the data's raw values and normalises them itself
  bool verify = true;
};

struct ExportReport {
  std::string file;
  ExportFormat format = ExportFormat::onnx;
  int64_t bytes = 0;
  int64_t opset = 0;  // 0: not ONNX
  bool verified = false;
  double maxDifference = 0;  // of an answer of the file from the network's own; of a value, for safetensors
  double allowed = 0;        // the same, at most
  std::vector<std::string> open = {}, fixed = {};  // named axes that the file leaves open, and those that have their size in it
};

// Of the answers, times the largest magnitude among them (at least 1).
inline constexpr double kAllowedDifference = 1e-5;

// Writes the network in its evaluation form with the values of the session's store. Verified on test data (validation,
// training) where the session has some, else on seeded random numbers; a file whose answers differ by more than what is
// allowed is a problem and is not left under its name. Atomic; the same network and options give the same bytes.
Result<ExportReport> exportModel(training::Session& session, const std::string& path, ExportFormat format,
                                 const ExportOptions& options = {});

// Runs an ONNX file's bytes and the network on the same batch and fills in verified, maxDifference and allowed.
// `options` say how the file was written. A problem when they differ by more than what is allowed.
Done verifyOnnx(training::Session& session, std::string_view bytes, const std::string& path,
                const ExportOptions& options, ExportReport& report);

}  // namespace engine::formats
