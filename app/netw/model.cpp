#include "app/netw/model.h"

#include <algorithm>
#include <filesystem>

#include "engine/data/open.h"
#include "engine/document/json.h"
#include "engine/document/set.h"
#include "engine/document/sizes.h"
#include "engine/formats/import.h"
#include "engine/training/checkpoint.h"
#include "engine/training/run.h"

namespace netw {

namespace fs = std::filesystem;
using engine::Done;
using engine::failure;
using engine::Result;
using engine::training::Session;

namespace {

std::string parentOf(const fs::path& path) { return path.parent_path().empty() ? "." : path.parent_path().string(); }

// Runs beside a project (p.runs/0007) have the project's folder; others have paths that hold everywhere.
std::string folderOfRun(const fs::path& run) {
  const fs::path above = fs::path(run / "").parent_path().parent_path();
  return above.extension() == ".runs" ? parentOf(above) : run.string();
}

}  // namespace

Result<Model> openModel(const std::string& path, Talk& talk, const engine::formats::Sizes& sizes) {
  std::error_code error;
  Model model;
  const auto exists = [&](const std::string& file) { return fs::exists(file, error); };
  if (fs::is_directory(path, error)) {
    model.isRun = true;
    model.path = (fs::path(path) / "project.netw").string();
    if (!exists(model.path))
      return failure(path, "a project, or a folder that `netw train` left", "a folder without project.netw", "give the project's file, which ends in .netw");
    model.folder = folderOfRun(path);
    for (const char* file : {"weights.safetensors", "checkpoint.safetensors"})
      if (const std::string weights = (fs::path(path) / file).string(); model.weights.empty() && exists(weights)) model.weights = weights;
  } else {
    if (engine::formats::canImport(path)) {
      Result<engine::formats::ImportedModel> imported = engine::formats::importModel(path, sizes);
      if (!imported) return tl::unexpected(imported.error());
      model.document = std::move(imported->document);
      model.start = imported->weights, model.batch = imported->batch;
      model.path = path, model.folder = parentOf(path);
      talk.about(model.document);
      for (const engine::Problem& chosen : imported->chosen) talk.note(chosen);
      return model;
    }
    if (fs::path(path).extension() == ".safetensors")
      return failure(path, "a project (.netw)", "weights without their network", "give the project that they belong to");
    model.path = path;
    model.folder = parentOf(path);
    if (const std::string weights = engine::training::weightsPath(path); exists(weights)) model.weights = weights;
  }
  Result<engine::document::Document> document = engine::document::load(model.path);
  if (!document) return tl::unexpected(document.error());
  model.document = *std::move(document);
  talk.about(model.document);
  if (sizes.empty()) return model;
  const Result<engine::document::ChangeSet> change = engine::document::setSizes(model.document, sizes);
  if (!change) return tl::unexpected(change.error());
  if (Done done = model.document.apply(*change); !done) return tl::unexpected(done.error());
  talk.about(model.document);
  return model;
}

Result<std::unique_ptr<Session>> openTrained(const Model& model, engine::training::SessionOptions options, int64_t batch, Talk& talk) {
  options.folder = model.folder;
  options.start = model.start;
  // What was trained needs nothing of what it began with.
  if (!model.weights.empty()) options.start = std::make_shared<engine::training::StartValues>();
  Result<std::unique_ptr<Session>> session = Session::open(model.document, options);
  if (!session) return session;
  if (Result<engine::Plan*> plan = (*session)->evaluationPlan(batch); !plan) return tl::unexpected(plan.error());
  if (model.weights.empty()) {
    if (!model.start && model.document.recipe().weights.empty()) talk.say("note: " + model.path + " was never trained: these are the answers of its first weights, drawn from its seed");
    return session;
  }
  if (Done done = engine::training::loadWeights(model.weights, (*session)->store()); !done) return tl::unexpected(done.error());
  return session;
}

Done set(engine::document::Document& document, const std::string& path, const std::string& value) {
  Result<engine::document::ChangeSet> change = engine::document::set(document, path, value);
  if (!change) return tl::unexpected(change.error());
  return document.apply(*change);
}

Done set(engine::document::Document& document, const std::vector<std::string>& assignments) {
  for (const std::string& assignment : assignments) {
    Result<engine::document::ChangeSet> change = engine::document::set(document, assignment);
    if (!change) return tl::unexpected(change.error());
    if (Done done = document.apply(*change); !done) return done;
  }
  return {};
}

Done bindTarget(engine::document::Document& document, const std::string& column) {
  for (const auto& node : document.nodes())
    if (node->type == "Target") return set(document, "data.bindings." + engine::document::hex(node->id) + ".column", Json(column).dump());
  return failure("--target", "a Target node in the network", "none", "add one, or give --loss");
}

std::string dataName(const std::string& data) {
  const auto& builtIn = engine::data::builtInNames();
  if (std::find(builtIn.begin(), builtIn.end(), data) != builtIn.end()) return data;
  std::error_code error;
  const fs::path absolute = fs::absolute(data, error);
  return error ? data : absolute.lexically_normal().string();
}

}  // namespace netw
