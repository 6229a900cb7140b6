// netw export: the trained network as a file for other programs, compared with the network before it gets its name.
#include "engine/formats/export.h"

#include <fmt/format.h>

#include <filesystem>

#include "app/netw/model.h"
#include "app/netw/size_option.h"
#include "engine/formats/opaque.h"
#include "engine/training/start_values.h"
#include "app/netw/verb.h"

namespace netw {

using engine::Result;
using engine::formats::ExportFormat;
using engine::formats::ExportReport;
using engine::training::Session;

namespace {

class Export final : public Verb {
 public:
  void options(Options& o) override {
    o.argument("MODEL", model_, "A project (.netw), or the folder of a run.");
    o.argument("FILE", file_, "Where to: .onnx, or .safetensors for the weights alone.");
    size_.addTo(o);
    o.choice("--format", format_, {"onnx", "safetensors"}, "Otherwise by the file's extension.");
    o.option("--opset", "N", opset_, "Version of ONNX's operators, 13 to 28: 17, or that of the file where its operators are not known here.");
    o.option("--batch", "N", batch_, "A fixed number of samples at once, or `dynamic`, which is the default.");
    o.flag("--no-verify", unverified_, "Does not read back and compare what was written.");
    o.flag("--without-preprocessing", withoutPreprocessing_, "The graph takes values that are normalised already.");
  }

  Result<int> run(Talk& talk) override {
    engine::formats::ExportOptions options;
    if (opset_) options.opset = *opset_;
    options.preprocessing = !withoutPreprocessing_;
    options.verify = !unverified_;
    if (batch_ != "dynamic") {
      const bool isNumber = !batch_.empty() && batch_.size() < 10 && batch_.find_first_not_of("0123456789") == std::string::npos;
      if (!isNumber || std::stoll(batch_) == 0) {
        talk.error(fmt::format("--batch needs a number of at least 1, or dynamic, but got {}", batch_));
        return kWrongUsage;
      }
      options.batch = std::stoll(batch_);
    }
    Result<ExportFormat> format = engine::formats::exportFormat(file_, format_);
    if (!format) return tl::unexpected(format.error());
    const auto sizes = size_.sizes();
    if (!sizes) return tl::unexpected(sizes.error());
    Result<Model> model = openModel(model_, talk, *sizes);
    if (!model) return tl::unexpected(model.error());
    if (*format == ExportFormat::onnx && engine::formats::holdsOpaque(model->document)) return withOpaque(*model, options.batch, talk);
    // The data serve the comparison alone: without them it is made on seeded random numbers.
    Result<std::unique_ptr<Session>> session = openTrained(*model, {}, 1, talk);
    if (!session) {
      const std::string why = talk.text(session.error());
      session = openTrained(*model, {.folder = {}, .threads = 0, .data = {}, .validation = {}, .split = {}, .withoutData = true}, 1, talk);
      if (session) talk.say("compared on random numbers: " + why);
    }
    if (!session) return tl::unexpected(session.error());
    Result<ExportReport> report = engine::formats::exportModel(**session, file_, *format, options);
    if (!report) return tl::unexpected(report.error());
    if (talk.json) {
      Json json{{"file", report->file}, {"format", std::string(engine::formats::nameOf(report->format))}, {"bytes", report->bytes}};
      if (report->opset) json["opset"] = report->opset;
      json["verified"] = report->verified;
      if (report->verified) json["max_difference"] = numberOf(report->maxDifference), json["allowed"] = numberOf(report->allowed);
      if (!report->open.empty()) json["open"] = report->open;
      if (!report->fixed.empty()) json["fixed"] = report->fixed;
      talk.result(json);
      return kDone;
    }
    for (const auto& [names, words] : {std::pair(&report->open, "may be of any size in the file"), std::pair(&report->fixed, "has the size of now in the file: what is written follows from it")})
      for (const std::string& name : *names) talk.say("note: " + name + " " + words);
    const std::string size = sizeText(double(report->bytes));
    talk.result(report->verified ? fmt::format("{} ({}): verified, largest difference {:.2g} of {:.2g} allowed", report->file, size,
                                               report->maxDifference, report->allowed)
                                 : fmt::format("{} ({}): not verified", report->file, size));
    return kDone;
  }

 private:
  // Nothing of it can be calculated here.
  Result<int> withOpaque(const Model& model, std::optional<int64_t> batch, Talk& talk) const {
    auto values = model.start;
    const std::string& start = model.document.recipe().weights;
    const std::string file = !model.weights.empty() ? model.weights : start.empty() ? "" : (std::filesystem::path(model.folder) / start).string();
    if (!file.empty()) {
      auto read = engine::training::readStartValues(file);
      if (!read) return tl::unexpected(read.error());
      values = *read;
    }
    if (!values) values = std::make_shared<engine::training::StartValues>();
    const Result<ExportReport> report = engine::formats::exportOpaque(model.document, *values, file_, opset_, batch ? batch : model.batch);
    if (!report) return tl::unexpected(report.error());
    if (talk.json) talk.result(Json{{"file", report->file}, {"format", "onnx"}, {"bytes", report->bytes}, {"opset", report->opset}, {"verified", false}});
    else talk.result(fmt::format("{} ({}): not verified, since it holds operators that this version cannot calculate", report->file, sizeText(double(report->bytes))));
    return kDone;
  }

  std::string model_, file_, format_, batch_ = "dynamic";
  std::optional<int64_t> opset_;
  bool unverified_ = false, withoutPreprocessing_ = false;
  SizeOption size_;
};

}  // namespace

std::unique_ptr<Verb> makeExport() { return std::make_unique<Export>(); }

}  // namespace netw
