// netw eval: loss and metrics of the trained model on data.
#include <fmt/format.h>

#include "app/netw/device_option.h"
#include "app/netw/model.h"
#include "app/netw/size_option.h"
#include "app/netw/verb.h"

namespace netw {

using engine::failure;
using engine::Result;
using engine::data::Part;
using engine::training::Evaluation;
using engine::training::Session;

namespace {

class Eval final : public Verb {
 public:
  void options(Options& o) override {
    o.argument("MODEL", model_, "A project (.netw), or the folder of a run.");
    size_.addTo(o);
    o.option("--data", "DATA", data_, "Instead of the project's own; all of it, where it has no parts.");
    o.option("--target", "COLUMN", target_, "The column of the data that the network should answer.");
    o.option("--split", "FRACTIONS", split_, "Train, validation and test part of the data: 0.8,0.1,0.1.");
    o.choice("--part", part_, {"train", "validation", "test"}, "Otherwise test, or validation, or train: the first that there is.");
    device_.addTo(o);
    o.option("--threads", "N", threads_, "0: one for each core. The result is the same for any number.");
    o.option("--set", "PATH=VALUE", sets_, "Any value of the project.");
  }

  Result<int> run(Talk& talk) override {
    const auto sizes = data_ ? size_.sizesFor(model_, dataName(*data_)) : size_.sizes();
    if (!sizes) return tl::unexpected(sizes.error());
    Result<Model> model = openModel(model_, talk, *sizes);
    if (!model) return tl::unexpected(model.error());
    if (engine::Done done = set(model->document, sets_); !done) return tl::unexpected(done.error());
    if (target_)
      if (engine::Done done = bindTarget(model->document, *target_); !done) return tl::unexpected(done.error());
    const Result<engine::DeviceChoice> device = device_.choice();
    if (!device) return tl::unexpected(device.error());
    Result<std::unique_ptr<Session>> opened = openTrained(*model, {.folder = {}, .threads = threads_, .data = data_, .validation = {}, .target = target_, .split = split_, .device = *device}, 1, talk);
    if (!opened) return tl::unexpected(opened.error());
    Session& session = **opened;
    if (session.device()) talk.say(DeviceOption::said(session));
    if (session.losses(0).empty()) return failure(model_, "a loss to evaluate", "none", "add a loss node to the network");
    Part part = engine::data::partNamed(part_).value_or(Part::train);
    for (Part candidate : {Part::train, Part::validation, Part::test})
      if (part_.empty() && session.source()->size(candidate) > 0) part = candidate;
    Result<Evaluation> e = session.evaluate(part);
    if (!e) return tl::unexpected(e.error());
    const std::string name(engine::data::nameOf(e->part));
    if (talk.json) {
      Json json{{"split", name}, {"samples", e->samples}, {"loss", numberOf(e->loss)}};
      if (e->accuracy) json["accuracy"] = numberOf(*e->accuracy);
      talk.result(json);
      return kDone;
    }
    talk.result(fmt::format("{} samples {}", name, e->samples));
    talk.result(fmt::format("{} loss {}", name, shortNumber(e->loss)));
    if (e->accuracy) talk.result(fmt::format("{} accuracy {:.4f}", name, *e->accuracy));
    return kDone;
  }

 private:
  DeviceOption device_;
  std::string model_, part_;
  std::optional<std::string> data_, target_;
  std::vector<double> split_;
  int threads_ = 0;
  std::vector<std::string> sets_;
  SizeOption size_;
};

}  // namespace

std::unique_ptr<Verb> makeEval() { return std::make_unique<Eval>(); }

}  // namespace netw
