// netw import: a model of others as a project that opens, trains and exports like any other.
#include <fmt/format.h>

#include <filesystem>

#include "app/netw/model.h"
#include "app/netw/verb.h"
#include "engine/formats/import.h"

namespace netw {

namespace fs = std::filesystem;
using engine::Result;
using engine::formats::ImportedModel;

namespace {

class Import final : public Verb {
 public:
  void options(Options& o) override {
    o.argument("FILE", file_, "An ONNX model (.onnx).");
    o.argument("PROJECT", project_, "The project to write; otherwise FILE's name with .netw, in this folder.", false);
    o.flag("--force", force_, "Writes over a project that is there.");
  }

  Result<int> run(Talk& talk) override {
    Result<ImportedModel> model = engine::formats::importModel(file_);
    if (!model) return tl::unexpected(model.error());
    const std::string to = project_.empty() ? fs::path(file_).stem().string() + ".netw" : project_;
    std::error_code error;
    if (!force_ && fs::exists(to, error)) return engine::failure(to, "a name that is free", "a file that is there", "give another name, or --force to write over it");
    talk.about(model->document);
    if (engine::Done done = engine::formats::saveImported(*model, to); !done) return tl::unexpected(done.error());
    int64_t numbers = 0;
    for (const auto& [name, array] : *model->weights) numbers += array.shape.elements();
    if (talk.json) {
      Json json{{"project", to}, {"nodes", model->document.nodes().size()}, {"values", numbers}};
      if (model->batch) json["batch"] = *model->batch;
      json["opaque"] = Json::array();
      for (const engine::Problem& lost : model->lost) json["opaque"].push_back(talk.toJson(lost));
      talk.result(json);
      return kDone;
    }
    talk.result(fmt::format("{}: {} nodes, {} numbers", to, model->document.nodes().size(), countText(numbers)));
    if (!model->lost.empty()) talk.say(fmt::format("note: {} of them could not be read; they keep their places, wires and attributes:", model->lost.size()));
    for (const engine::Problem& lost : model->lost) talk.note(lost);
    if (model->batch && *model->batch > 1) talk.say(fmt::format("note: the file was written for {} samples at once; the project takes any number", *model->batch));
    return kDone;
  }

 private:
  std::string file_, project_;
  bool force_ = false;
};

}  // namespace

std::unique_ptr<Verb> makeImport() { return std::make_unique<Import>(); }

}  // namespace netw
