// netw import: a model of others as a project that opens, trains and exports like any other.
#include <fmt/format.h>

#include <filesystem>

#include "app/netw/model.h"
#include "app/netw/size_option.h"
#include "app/netw/verb.h"
#include "engine/document/expand.h"
#include "engine/document/json.h"
#include "engine/formats/import.h"
#include "engine/formats/match_weights.h"

namespace netw {

namespace fs = std::filesystem;
using engine::Result;
using engine::formats::ImportedModel;

namespace {

class Import final : public Verb {
 public:
  void options(Options& o) override {
    o.argument("FILE", file_, "An ONNX model (.onnx), or weights for a project that there is (.safetensors).");
    o.argument("PROJECT", project_, "The project to write; otherwise FILE's name with .netw, in this folder. Of weights, the project that is to begin with them.", false);
    size_.addTo(o);
    o.flag("--force", force_, "Writes over a project that is there.");
  }

  Result<int> run(Talk& talk) override {
    if (fs::path(file_).extension() == ".safetensors") return weights(talk);
    const auto sizes = size_.sizes();
    if (!sizes) return tl::unexpected(sizes.error());
    Result<ImportedModel> model = engine::formats::importModel(file_, *sizes);
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
      json["chosen"] = Json::array();
      for (const engine::Problem& chosen : model->chosen) json["chosen"].push_back(talk.toJson(chosen));
      talk.result(json);
      return kDone;
    }
    talk.result(fmt::format("{}: {} nodes, {} numbers", to, model->document.nodes().size(), countText(numbers)));
    for (const engine::Problem& chosen : model->chosen) talk.note(chosen);
    if (!model->lost.empty()) talk.say(fmt::format("note: {} of them could not be read; they keep their places, wires and attributes:", model->lost.size()));
    for (const engine::Problem& lost : model->lost) talk.note(lost);
    if (model->batch && *model->batch > 1) talk.say(fmt::format("note: the file was written for {} samples at once; the project takes any number", *model->batch));
    return kDone;
  }

 private:
  // The project begins with what fits; what does not is told, name by name.
  Result<int> weights(Talk& talk) const {
    using Kind = engine::formats::WeightMatch::Kind;
    if (project_.empty()) return engine::failure(file_, "the project that these weights are for", "none", "give it: netw import FILE PROJECT");
    const auto file = engine::formats::readSafetensors(file_);
    if (!file) return tl::unexpected(file.error());
    Result<Model> model = openModel(project_, talk);
    if (!model) return tl::unexpected(model.error());
    if (model->isRun || model->start) return engine::failure(project_, "a project (.netw)", "another model");
    const engine::document::Expanded expanded = engine::document::expand(model->document);
    if (!expanded.problems.empty()) return tl::unexpected(expanded.problems.front());
    for (const engine::Problem& problem : engine::infer(expanded.network, {engine::kBatch, true, model->document.recipe().phases.front().precision}).problems)
      if (problem.severity == engine::Severity::problem) return tl::unexpected(problem);
    const Result<engine::formats::NetworkValues> network = engine::formats::valuesOf(model->document);
    if (!network) return tl::unexpected(network.error());
    std::string prefix;
    const std::vector<engine::formats::WeightMatch> matches = engine::formats::matchWeights(file->tensors(), *network, &prefix);
    const engine::training::StartValues values = engine::formats::fitting(*file, matches, prefix);
    tell(matches, prefix, talk);
    if (values.empty()) return engine::failure(file_, "weights with names of the project's parameters", "none", "rename nodes, so that their parameters have the file's names");
    const Result<engine::document::Document> document = engine::formats::beginningWith(model->document, values, model->path);
    if (!document) return tl::unexpected(document.error());
    if (engine::Done done = engine::document::save(*document, model->path); !done) return tl::unexpected(done.error());
    const bool all = std::all_of(matches.begin(), matches.end(), [](const auto& m) { return m.kind == Kind::fits || m.kind == Kind::unused; });
    if (!all) talk.say("note: what is missing or has another shape begins as the seed draws it");
    return kDone;
  }

  static void tell(const std::vector<engine::formats::WeightMatch>& matches, const std::string& prefix, Talk& talk) {
    constexpr const char* kKinds[] = {"fits", "missing", "other_shape", "unused"};
    const auto text = [](const engine::Shape& shape) { return shape.isMissing() ? std::string("-") : shape.rank() == 0 ? std::string("1 number") : toString(shape); };
    if (talk.json) {
      Json json{{"prefix", prefix}, {"fits", Json::array()}, {"missing", Json::array()}, {"other_shape", Json::array()}, {"unused", Json::array()}};
      for (const auto& m : matches) {
        Json row{{"name", m.name}};
        if (!m.inFile.isMissing()) row["file"] = std::vector<int64_t>(m.inFile.begin(), m.inFile.end());
        if (!m.inNetwork.isMissing()) row["project"] = std::vector<int64_t>(m.inNetwork.begin(), m.inNetwork.end());
        json[kKinds[int(m.kind)]].push_back(std::move(row));
      }
      return talk.result(json);
    }
    constexpr const char* kWords[] = {"fits", "is missing", "another shape", "not used"};
    talk.result(fmt::format("{:40} {:>20} {:>20}  {}", "name", "file", "project", ""));
    for (const auto& m : matches) talk.result(fmt::format("{:40} {:>20} {:>20}  {}", m.name, text(m.inFile), text(m.inNetwork), kWords[int(m.kind)]));
  }

  SizeOption size_;
  std::string file_, project_;
  bool force_ = false;
};

}  // namespace

std::unique_ptr<Verb> makeImport() { return std::make_unique<Import>(); }

}  // namespace netw
