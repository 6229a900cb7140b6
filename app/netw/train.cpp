// netw train: trains, checkpoints, and prints the result of the last evaluation.
#include <fmt/format.h>


#include <filesystem>
#include <thread>

#include "app/netw/interrupt.h"
#include "app/netw/loss_option.h"
#include "app/netw/memory.h"
#include "app/netw/device_option.h"
#include "app/netw/model.h"
#include "app/netw/size_option.h"
#include "app/netw/verb.h"
#include "engine/data/bytes.h"
#include "engine/document/json.h"
#include "engine/formats/atomic_file.h"
#include "engine/training/run.h"

namespace netw {

namespace fs = std::filesystem;
using engine::Done;
using engine::failure;
using engine::Problem;
using engine::Result;
using engine::document::Document;
using engine::training::Evaluation;
using engine::training::Run;
using engine::training::State;

namespace {

Json jsonOf(const Evaluation& evaluation) {
  Json json{{"loss", numberOf(evaluation.loss)}};
  if (evaluation.accuracy) json["accuracy"] = numberOf(*evaluation.accuracy);
  return json;
}

std::string resultOf(const char* part, const Evaluation& evaluation) {
  return evaluation.accuracy ? fmt::format("{} accuracy {:.4f}", part, *evaluation.accuracy) : fmt::format("{} loss {}", part, shortNumber(evaluation.loss));
}

std::string spoken(const Evaluation& evaluation) {
  std::string text = fmt::format("loss {}", shortNumber(evaluation.loss));
  if (evaluation.accuracy) text += fmt::format(", accuracy {:.4f}", *evaluation.accuracy);
  return text;
}

class Train final : public Verb {
 public:
  void options(Options& o) override {
    o.argument("MODEL", model_, "A project (.netw).");
    size_.addTo(o);
    o.option("--data", "DATA", data_, "Instead of the project's own.");
    o.option("--validate", "DATA", validate_, "What to validate on after each epoch.");
    o.option("--split", "FRACTIONS", split_, "Train, validation and test part of the data: 0.8,0.1,0.1.");
    o.option("--target", "COLUMN", target_, "The column of the data that the network should answer.");
    o.option("--epochs", "N", epochs_, "How often to go through the data.");
    o.option("--steps", "N", steps_, "How many steps in all, whatever the epochs.");
    o.option("--batch", "N", batch_, "Samples in one step.");
    o.option("--optimizer", "NAME", optimizer_, "sgd, adam, adamw, rmsprop or adadelta, with PyTorch's defaults.");
    o.option("--lr", "X", lr_, "The learning rate.");
    o.option("--momentum", "X", momentum_, "Of sgd and rmsprop.");
    o.flag("--nesterov", nesterov_, "Nesterov's momentum, of sgd.");
    o.option("--weight-decay", "X", weightDecay_, "Of the optimizer.");
    o.option("--loss", "NAME", loss_, "cross_entropy, mse, l1, huber, smooth_l1, bce_with_logits, nll or kl_div; added to a model that has none.");
    o.option("--seed", "N", seed_, "Of first weights, dropout and the order of the data.");
    o.flag("--no-shuffle", noShuffle_, "Rows in order, and from the start again at the end.");
    o.flag("--drop-last", dropLast_, "Leave out the last batch of an epoch where it is smaller.");
    device_.addTo(o);
    o.option("--threads", "N", threads_, "0: one for each core. The result is the same for any number.");
    o.choice("--precision", precision_, {"f32", "f64", "bf16"}, "Of the numbers.");
    o.option("--out", "DIR", out_, "The folder of the run, instead of the next one in PROJECT.runs.");
    o.flag("--resume", resume_, "Go on with the run in --out, or with the project's last one, from its last checkpoint.");
    o.option("--log", "FILE", log_, "A line of JSON for each step and each evaluation.");
    o.option("--set", "PATH=VALUE", sets_, "Any value of the project: optimizer.momentum=0.9.");
  }

  Result<int> run(Talk& talk) override {
    if (Done done = refuseWhatIsNotHere(); !done) return tl::unexpected(done.error());
    const auto sizes = data_ ? size_.sizesFor(model_, dataName(*data_)) : size_.sizes();
    if (!sizes) return tl::unexpected(sizes.error());
    Result<Model> model = openModel(model_, talk, *sizes);
    if (!model) return tl::unexpected(model.error());
    engine::training::RunOptions options;
    if (Done done = chooseFolder(*model, options, talk); !done) return tl::unexpected(done.error());
    const Result<int> result = runIn(*model, options, talk);
    // A run that never began leaves no folder: only an empty one can be removed.
    if (std::error_code error; !result && out_.empty() && !resume_) fs::remove(options.out, error);
    return result;
  }

 private:
  Result<int> runIn(Model& model, engine::training::RunOptions& options, Talk& talk) const {
    if (Done done = edit(model.document); !done) return tl::unexpected(done.error());
    talk.about(model.document);
    options.session = {.folder = model.folder, .threads = threads_, .data = {}, .validation = {}, .split = split_};
    if (validate_) options.session.validation = dataName(*validate_);
    options.session.target = target_;
    options.session.start = model.start;
    Result<engine::DeviceChoice> device = device_.choice();
    if (!device) return tl::unexpected(device.error());
    options.session.device = *device;
    if (Done done = rememberParts(options); !done) return tl::unexpected(done.error());
    options.log = log_;
    // Beside an ONNX file may lie the weights of a project of that name: its run keeps its own in its folder.
    if (!model.isRun && !model.start) options.weights = engine::training::weightsPath(model.path);

    catchInterrupts();
    const double begin = secondsNow();
    Run run(model.document, options);
    const engine::training::Status status = watch(run, talk);
    return report(options, status, secondsNow() - begin, talk);
  }
  Done refuseWhatIsNotHere() const {
    if (precision_ == "bf16") return failure("--precision bf16", "f32 or f64", "bf16, which this version does not compute in", "leave the option out");
    return {};
  }

  // Where the run goes, or the run that goes on: then the project is the one that it was started with.
  Done chooseFolder(Model& model, engine::training::RunOptions& options, Talk& talk) const {
    const auto last = engine::training::lastRunFolder(model.path);
    if (!resume_) {
      if (model.isRun) return failure(model_, "a project (.netw)", "the folder of a run", "give the project, or --resume to go on with the run");
      options.out = out_.empty() ? newFolder(model.path) : out_;
    } else {
      options.out = !out_.empty() ? out_ : model.isRun ? model_ : last.value_or("");
      if (options.out.empty()) return failure(model.path, "a run to go on with", "none", "leave out --resume, or give its folder with --out");
      std::error_code error;
      options.resume = fs::exists(fs::path(options.out) / "checkpoint.safetensors", error);
      const std::string snapshot = (fs::path(options.out) / "project.netw").string();
      if (!options.resume) {
        if (!fs::exists(snapshot, error)) return failure(options.out, "a run to go on with", "no checkpoint and no project", "leave out --resume, or give another --out");
        talk.say("note: " + options.out + " was ended before its first checkpoint; it begins anew");
      }
      Result<Document> document = engine::document::load(snapshot);
      if (!document) return tl::unexpected(document.error());
      model.document = *std::move(document);
    }
    return {};
  }

  // How the data were cut into parts stands in no project: it is kept beside the run, for --resume.
  Done rememberParts(engine::training::RunOptions& options) const {
    const std::string path = (fs::path(options.out) / "parts.json").string();
    auto& session = options.session;
    if (resume_ && session.split.empty() && !session.validation) {
      const auto bytes = engine::data::readFile(path);
      const Json parts = bytes ? Json::parse(reinterpret_cast<const char*>(bytes->data()), reinterpret_cast<const char*>(bytes->data()) + bytes->size(), nullptr, false) : Json();
      if (!parts.is_object()) return {};
      for (const Json& fraction : parts.value("split", Json::array()))
        if (fraction.is_number()) session.split.push_back(fraction.get<double>());
      if (parts.contains("validate") && parts["validate"].is_string()) session.validation = parts["validate"].get<std::string>();
      return {};
    }
    if (session.split.empty() && !session.validation) return {};
    std::error_code error;
    fs::create_directories(options.out, error);
    if (error) return failure(options.out, "a folder for the run", engine::Message("{0}", error.message()), "choose another one with --out");
    Json parts = Json::object();
    if (!session.split.empty()) parts["split"] = session.split;
    if (session.validation) parts["validate"] = *session.validation;
    return engine::formats::writeAtomically(path, parts.dump() + "\n");
  }

  // Made at once, so that two runs that start together do not share one.
  static std::string newFolder(const std::string& project) {
    for (;;) {
      const std::string folder = engine::training::nextRunFolder(project);
      std::error_code error;
      fs::create_directories(fs::path(folder).parent_path(), error);
      if (fs::create_directory(folder, error) || error) return folder;  // what cannot be made is told by the run
    }
  }

  Done edit(Document& document) const {
    const auto put = [&](const char* path, const auto& value) -> Done { return set(document, path, Json(value).dump()); };
    std::vector<Done> edits;
    if (loss_)
      if (const auto& names = lossNames(); std::find(names.begin(), names.end(), *loss_) == names.end()) {
        const std::string near = meant(*loss_, names);
        return failure("--loss", engine::Message("one of {0}", fmt::format("{}", fmt::join(names, ", "))), engine::Message("{0}", *loss_),
                       near.empty() ? engine::Message() : engine::Message("write {0}", near));
      }
    if (loss_)
      if (Done done = setLoss(document, *loss_); !done) return done;
    if (data_) edits.push_back(put("data.source", dataName(*data_)));
    else if (!out_.empty() && !document.data().source.empty()) edits.push_back(put("data.source", sourceFromAnywhere(document)));
    if (target_) edits.push_back(bindTarget(document, *target_));
    if (epochs_ && !steps_) edits.push_back(set(document, "steps", "null"));
    if (epochs_) edits.push_back(put("epochs", *epochs_));
    if (steps_) edits.push_back(put("steps", *steps_));
    if (batch_) edits.push_back(put("batch", *batch_));
    if (optimizer_) edits.push_back(put("optimizer.type", *optimizer_));
    if (lr_) edits.push_back(put("optimizer.lr", *lr_));
    if (momentum_) edits.push_back(put("optimizer.momentum", *momentum_));
    if (nesterov_) edits.push_back(put("optimizer.nesterov", true));
    if (weightDecay_) edits.push_back(put("optimizer.weight_decay", *weightDecay_));
    if (seed_) edits.push_back(put("seed", *seed_));
    if (noShuffle_) edits.push_back(put("shuffle", false));
    if (dropLast_) edits.push_back(put("drop_last", true));
    if (!precision_.empty()) edits.push_back(put("precision", precision_));
    for (const Done& done : edits)
      if (!done) return done;
    return set(document, sets_);
  }

  // A run outside of the project's folder finds the data from there, too.
  std::string sourceFromAnywhere(const Document& document) const {
    const std::string& source = document.data().source;
    const std::string named = dataName(source);
    return named == source ? source : (fs::absolute(model_).parent_path() / source).lexically_normal().string();
  }

  engine::training::Status watch(Run& run, Talk& talk) const {
    constexpr auto kPause = std::chrono::milliseconds(20);
    const double begin = secondsNow();
    std::optional<int64_t> firstStep;
    bool asked = false, toldDevice = false;
    const auto tell = [&] {
      if (const engine::training::Status now = run.status(); !toldDevice && !now.device.empty()) {
        talk.say(DeviceOption::said(now.device, now.deviceReason));
        toldDevice = true;
      }
      for (const Problem& note : run.takeNotes()) talk.note(note);
      run.takeSteps();
      for (const auto& event : run.takeEvaluations()) {
        const Evaluation& e = event.evaluation;
        talk.say(e.part == engine::data::Part::test ? "test: " + spoken(e)
                                                    : fmt::format("epoch {}, step {}: {} {}{}", event.epoch + 1, event.step, engine::data::nameOf(e.part),
                                                                  spoken(e), event.train ? "; train " + spoken(*event.train) : ""));
      }
    };
    for (;;) {
      const engine::training::Status status = run.status();
      tell();
      if (status.state == State::finished || status.state == State::stopped || status.state == State::failed) break;
      if (interrupted() && !asked) {
        asked = true;
        talk.say("stopping after this step");
        run.stop();
      }
      if (status.state == State::running && status.steps > 0) {
        if (!firstStep) firstStep = status.step;
        talk.progress(progressOf(status, *firstStep, secondsNow() - begin));
      }
      std::this_thread::sleep_for(kPause);
    }
    const engine::training::Status status = run.wait();
    tell();
    talk.clear();
    return status;
  }

  static std::string progressOf(const engine::training::Status& status, int64_t firstStep, double seconds) {
    constexpr int kBar = 20;
    const double share = double(status.step) / double(std::max<int64_t>(status.steps, 1));
    const int full = std::min(kBar, int(share * kBar));
    std::string text = fmt::format("[{}{}] epoch {}/{} step {}/{}", std::string(size_t(full), '#'), std::string(size_t(kBar - full), '.'),
                                   std::min(status.epoch + 1, status.epochs), status.epochs, status.step, status.steps);
    if (status.train) text += ", " + spoken(*status.train);
    if (status.seconds > 0) text += fmt::format(", {} samples/s", countText(int64_t(double(status.samples) / status.seconds)));
    if (status.step > firstStep) text += fmt::format(", {:.0f} s left", seconds * double(status.steps - status.step) / double(status.step - firstStep));
    return text;
  }

  Result<int> report(const engine::training::RunOptions& options, const engine::training::Status& status, double seconds, Talk& talk) const {
    if (status.state == State::failed) return tl::unexpected(*status.problem);
    const bool stopped = status.state == State::stopped;
    const std::string weights = stopped || options.weights.empty() ? (fs::path(options.out) / "weights.safetensors").string() : options.weights;
    if (stopped) talk.say(fmt::format("stopped after step {}, with a checkpoint in {}; `netw train {} --resume{}` goes on", status.step, options.out, model_,
                                      out_.empty() ? "" : " --out " + out_));
    else talk.say(fmt::format("weights in {}, run in {}", weights, options.out));
    if (talk.json) {
      Json json{{"run", options.out}, {"state", stopped ? "stopped" : "finished"}, {"steps", status.step}, {"epochs", status.epochsBegun()}, {"seconds", seconds}, {"device", status.device}};
      if (status.train) json["train"] = jsonOf(*status.train);
      if (status.validation) json["validation"] = jsonOf(*status.validation);
      if (status.test) json["test"] = jsonOf(*status.test);
      json["weights"] = weights;
      json["memory"] = {{"plan", status.plan.planBytes()}, {"peak", peakResidentBytes()}};
      talk.result(json);
    } else if (!stopped) {
      if (status.test) talk.result(resultOf("test", *status.test));
      else if (status.validation) talk.result(resultOf("validation", *status.validation));
      else if (status.train) talk.result(resultOf("train", *status.train));
    }
    return stopped ? kInterrupted : kDone;
  }

  DeviceOption device_;
  std::string model_, precision_, out_, log_;
  std::optional<std::string> data_, validate_, target_, optimizer_, loss_;
  std::vector<double> split_;
  std::optional<int64_t> epochs_, steps_, batch_;
  std::optional<uint64_t> seed_;
  std::optional<double> lr_, momentum_, weightDecay_;
  bool nesterov_ = false, noShuffle_ = false, dropLast_ = false, resume_ = false;
  int threads_ = 0;
  std::vector<std::string> sets_;
  SizeOption size_;
};

}  // namespace

std::unique_ptr<Verb> makeTrain() { return std::make_unique<Train>(); }

}  // namespace netw
