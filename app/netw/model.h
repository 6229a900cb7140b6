// What stands for MODEL on the command line: a project, or the folder of a run.
#pragma once
#include <string>

#include "app/netw/talk.h"
#include "engine/formats/import.h"
#include "engine/training/session.h"

namespace netw {

struct Model {
  engine::document::Document document;
  std::string path;     // of the project file
  std::string folder;   // that the paths of its data are relative to
  std::string weights;  // a file with its weights; "" where it was never trained
  bool isRun = false;   // a folder that `train` left
  // What an ONNX model brings: its parameters' values, and the number of samples that it was written for.
  std::shared_ptr<const engine::training::StartValues> start = {};
  std::optional<int64_t> batch = {};
};

// A path that is no project is told what it is. Problems of the document are told by their nodes from here on.
// `sizes`: of axes by their names, in an ONNX file or in the project's Inputs; of those that have none it says which they have.
engine::Result<Model> openModel(const std::string& path, Talk& talk, const engine::formats::Sizes& sizes = {});

// A session with the model's weights in its store; where there are none it says so, and goes on with the first values
// that the project's seed gives. `batch` is a size that will be used.
engine::Result<std::unique_ptr<engine::training::Session>> openTrained(const Model& model, engine::training::SessionOptions options,
                                                                       int64_t batch, Talk& talk);

// The document with one or more "PATH=VALUE" set.
engine::Done set(engine::document::Document& document, const std::string& path, const std::string& value);
engine::Done set(engine::document::Document& document, const std::vector<std::string>& assignments);

// Lets the first Target read that column.
engine::Done bindTarget(engine::document::Document& document, const std::string& column);

// What stands after --data, as a project names it: a built-in name, or a path that is the same from every folder.
std::string dataName(const std::string& data);

}  // namespace netw
