// netw check: everything that can be told of a model without running it.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "app/netw/memory.h"
#include "app/netw/model.h"
#include "app/netw/size_option.h"
#include "app/netw/verb.h"
#include "engine/data/bytes.h"
#include "engine/data/statistics.h"
#include "engine/document/expand.h"
#include "engine/passes/unfold.h"
#include "engine/passes/lint.h"
#include "engine/training/batch_fit.h"

namespace netw {

using engine::Inference;
using engine::PlanReport;
using engine::Problem;
using engine::Problems;
using engine::Result;
using engine::Severity;
using engine::Shape;
using engine::training::Session;

namespace {

Json jsonOf(const Shape& shape) {
  if (shape.isMissing()) return nullptr;
  Json json = Json::array();
  for (int64_t size : shape) json.push_back(size == engine::kBatch ? Json("N") : size < 0 ? Json("?") : Json(size));
  return json;
}

// Its own: what it has of another node is counted there.
int64_t parametersOf(const engine::Node& node, const engine::NodeInference& inference) {
  int64_t count = 0;
  if (node.weightsOf) return count;
  for (const engine::StoredInfo& stored : inference.stored)
    if (stored.trained) count += std::max<int64_t>(stored.shape.elements(), 0);
  return count;
}

using engine::training::RunForecast;

// What a run touches beside its plans and its data, on top of what a rehearsal of one step did: the code of checkpoints and
// of the log, the stacks of its threads. Measured on the shipped projects: 1 to 2 MiB.
constexpr int64_t kRunBytes = int64_t(2) << 20;
// What libraries compile and touch when they run for the first time, where a rehearsal would take too long.
constexpr int64_t kLibraryBytes = int64_t(6) << 20;
constexpr int64_t kRehearsedBytes = int64_t(256) << 20;  // of plans; beside larger ones a few MiB do not count
constexpr double kRehearsedFlops = 2e10;                 // of a step: some tenths of a second

// A step and an evaluation of zeros: libraries make and touch what they need on their first calls. What the session then holds
// for it, or nothing where there was no rehearsal.
std::optional<int64_t> rehearse(Session& session, const RunForecast& forecast) {
  if (forecast.bytes() > kRehearsedBytes || forecast.plan.stepFlops > kRehearsedFlops) return {};
  const bool trains = !session.losses(0).empty();
  int64_t onceBytes = 0;
  for (const bool training : {true, false}) {
    if (training && !trains) continue;
    const Result<engine::Plan*> plan = training ? session.trainPlan(0, forecast.batch) : session.evaluationPlan(trains ? Session::kEvaluationBatch : forecast.batch);
    if (!plan) return {};
    std::vector<engine::Arena> slots((*plan)->inputs().size());
    for (size_t i = 0; i < slots.size(); ++i) {
      const engine::ValueInfo& info = (*plan)->inputs()[i].info;
      const int64_t bytes = info.shape.elements() * engine::bytesOf(info.type);
      if (!slots[i].reserve(bytes)) return {};
      std::memset(slots[i].data(), 0, size_t(bytes));
      (*plan)->setInput(int(i), slots[i].data());
    }
    engine::StepState step;
    step.step = step.update = 1;
    onceBytes += (*plan)->report().onceBytes;
    (*plan)->run(session.cpu(), step);
    if (training) (*plan)->update(session.cpu(), step);
  }
  return session.store().bytes() + session.arenaBytes() + onceBytes;
}

class Check final : public Verb {
 public:
  void options(Options& o) override {
    o.argument("MODEL", model_, "A project (.netw), or the folder of a run.");
    size_.addTo(o);
    o.option("--batch", "N", batch_, "Samples in one step, instead of the recipe's.");
    o.option("--data", "DATA", data_, "Instead of the project's own.");
    o.option("--target", "COLUMN", target_, "The column of the data that the network should answer.");
    o.option("--set", "PATH=VALUE", sets_, "Any value of the project.");
  }

  Result<int> run(Talk& talk) override {
    const auto sizes = size_.sizes();
    if (!sizes) return tl::unexpected(sizes.error());
    Result<Model> model = openModel(model_, talk, *sizes);
    if (!model) return tl::unexpected(model.error());
    for (const engine::Done& done : {batch_ ? set(model->document, "batch", std::to_string(*batch_)) : engine::Done(), set(model->document, sets_),
                                     target_ ? bindTarget(model->document, *target_) : engine::Done()})
      if (!done) return tl::unexpected(done.error());
    talk.about(model->document);
    document_ = model->document;

    const engine::document::Expanded expanded = engine::document::expand(model->document);
    const Inference inference = engine::infer(expanded.network, {engine::kBatch, true, model->document.recipe().phases.front().precision});
    Problems problems = expanded.problems;
    problems.insert(problems.end(), inference.problems.begin(), inference.problems.end());
    const auto isProblem = [](const Problem& p) { return p.severity == Severity::problem; };

    std::optional<RunForecast> forecast;
    std::vector<engine::DataFact> facts;
    std::unique_ptr<Session> session;  // to the end: what it holds is measured
    if (std::none_of(problems.begin(), problems.end(), isProblem)) {
      session = open(*model, problems);
      if (session) facts = factsOf(*session, problems);
      if (session) {
        for (const Problem& lint : session->lintStart()) problems.push_back(lint);
        dataBytes_ = session->dataBytes();
        if (Result<RunForecast> told = session->forecastRun()) forecast = *std::move(told);
        else problems.push_back(told.error());
        for (const auto& [question, way] : session->choices().inEffect()) choices_[question] = nameOf(way);
      }
    }
    // The program, its libraries and what they keep for themselves, as far as it is touched once the plans are made.
    const std::optional<int64_t> rehearsed = forecast ? rehearse(*session, *forecast) : std::nullopt;
    const int64_t base = std::max<int64_t>(residentBytes() - dataBytes_ - rehearsed.value_or(-kLibraryBytes), 0) + kRunBytes;
    if (forecast) {
      peak_ = peakOf(*forecast, base);
      findLargest(*session, *forecast, base, problems);
    }
    // What is in blocks is listed by its path.
    engine::Graph network = expanded.network;
    Inference shapes = inference;
    if (engine::Result<engine::Unfolded> unfolded = engine::unfold(expanded.network)) {
      network = std::move(unfolded->network);
      shapes = engine::infer(network, {engine::kBatch, true, model->document.recipe().phases.front().precision});
    } else if (std::none_of(problems.begin(), problems.end(), isProblem)) {
      problems.push_back(unfolded.error());
    }
    const Problems lints = engine::lint(network, shapes, facts);
    problems.insert(problems.end(), lints.begin(), lints.end());
    std::stable_sort(problems.begin(), problems.end(), [](const Problem& a, const Problem& b) { return a.severity < b.severity; });

    if (talk.json) talk.result(json(network, shapes, forecast, base, problems, talk));
    else print(network, shapes, forecast, base, problems, talk);
    return std::any_of(problems.begin(), problems.end(), isProblem) ? kFailed : kDone;
  }

 private:
  // With its data where they can be opened; a project that is not bound to any yet has no problem by that.
  std::unique_ptr<Session> open(const Model& model, Problems& problems) const {
    engine::training::SessionOptions options{.folder = model.folder, .threads = 1, .data = {}, .validation = {}, .split = {}};
    if (data_) options.data = *data_;
    options.withoutData = !data_ && model.document.data().source.empty();
    if (!options.withoutData) options.target = target_;
    for (;;) {
      Result<std::unique_ptr<Session>> session = Session::open(model.document, options);
      if (session) return *std::move(session);
      problems.push_back(session.error());
      if (options.withoutData) return nullptr;
      options.withoutData = true;
      options.target.reset();  // a column of nothing
    }
  }

  std::vector<engine::DataFact> factsOf(const Session& session, Problems& problems) const {
    std::vector<engine::DataFact> facts;
    if (!session.source()) return facts;
    for (const Problem& lint : session.source()->lints()) problems.push_back(lint);
    for (const engine::training::BoundInput& bound : session.bindings()) {
      const int column = session.source()->columnNamed(bound.column);
      Result<engine::data::Statistics> s = engine::data::statistics(*session.source(), engine::data::Part::train, column);
      if (!s) {
        problems.push_back(s.error());
        continue;
      }
      const auto normalised = [&](double x) {
        const double mean = bound.transform.mean.empty() ? 0 : bound.transform.mean[0], deviation = bound.transform.deviation.empty() ? 1 : bound.transform.deviation[0];
        return (x * bound.transform.scale - mean) / deviation;
      };
      facts.push_back({bound.node, normalised(s->minimum), normalised(s->maximum), int64_t(session.source()->columns()[size_t(column)].classes.size())});
    }
    return facts;
  }

  // What the process will have at most: itself, the data, the plans and the batches that wait; or what it took to open the
  // data, which was done here as it is done there.
  int64_t peakOf(const RunForecast& f, int64_t base) const { return std::max(base + dataBytes_ + f.bytes(), peakResidentBytes() + kRunBytes); }

  // After all is measured: it makes more plans.
  void findLargest(Session& session, const RunForecast& forecast, int64_t base, Problems& problems) {
    if (session.losses(0).empty()) return;
    const int64_t machine = engine::data::memoryOfMachine(), rows = session.source() ? session.source()->size(engine::data::Part::train) : 0;
    engine::training::BatchQuestion question{.room = machine - base - dataBytes_, .begin = forecast.batch};
    if (rows > 0) question.most = rows;
    largest_ = engine::training::largestBatch(session, {}, question);
    if (forecast.bytes() <= question.room) return;
    Problem lint;
    lint.severity = Severity::lint;
    lint.place = engine::Place::field("batch");
    lint.needs = engine::Message("{0} of memory for a run at batch {1}", sizeText(double(peak_)), forecast.batch);
    lint.got = engine::Message("{0} that this machine has", sizeText(double(machine)));
    lint.fix = largest_.value_or(0) > 0 ? engine::Message("make the batch {0} at most, which fits", *largest_)
                                        : engine::Message("make the network smaller: not even a single sample fits");
    problems.push_back(lint);
  }

  Json json(const engine::Graph& network, const Inference& inference, const std::optional<RunForecast>& forecast, int64_t base,
            const Problems& problems, const Talk& talk) const {
    int64_t parameters = 0;
    for (size_t n = 0; n < network.nodes.size(); ++n) parameters += parametersOf(network.nodes[n], inference.nodes[n]);
    Json json{{"parameters", parameters}, {"trainable", parameters}};
    if (forecast) {
      const PlanReport& p = forecast->plan;
      json["memory"] = {{"parameters", p.parameterBytes}, {"state", p.stateBytes}, {"activations", p.activationBytes}, {"workspace", p.workspaceBytes},
                        {"inputs", p.inputBytes}, {"once", p.onceBytes}, {"plan", p.planBytes()}, {"data", dataBytes_}, {"base", base}, {"peak", peak_},
                        {"machine", engine::data::memoryOfMachine()}, {"largest_batch", largest_ ? Json(*largest_) : Json(nullptr)}};
      json["flops"] = {{"forward", int64_t(p.forwardFlops / double(forecast->batch))}, {"step", int64_t(p.stepFlops / double(forecast->batch))}};
      json["plan"] = {{"steps", p.steps}, {"once", p.once}, {"fused", p.fused}, {"folded", p.folded}, {"channels_last", p.channelsLast}, {"reorders", p.reorders}, {"reorder_bytes", p.reorderBytes},
                      {"in_place", p.sharedInPlace}, {"views", p.sharedViews}, {"arena", p.arenaBytes}, {"arena_bound", p.boundBytes}, {"choices", choices_}};
    } else {
      json["memory"] = nullptr;
      json["flops"] = nullptr;
      json["plan"] = nullptr;
    }
    json["nodes"] = Json::array();
    for (size_t n = 0; n < network.nodes.size(); ++n) {
      const engine::Node& node = network.nodes[n];
      Json inputs = Json::array(), outputs = Json::array();
      for (engine::Value v : node.inputs) {
        const bool known = v && size_t(v.output) < inference.nodes[size_t(v.node)].outputs.size();
        inputs.push_back(known ? jsonOf(inference.nodes[size_t(v.node)].outputs[size_t(v.output)].shape) : Json(nullptr));
      }
      for (const engine::ValueInfo& output : inference.nodes[n].outputs) outputs.push_back(jsonOf(output.shape));
      json["nodes"].push_back({{"id", engine::document::hex(node.id)}, {"name", node.name}, {"type", typeOf(node)}, {"inputs", inputs},
                               {"outputs", outputs}, {"parameters", parametersOf(node, inference.nodes[n])}});
    }
    json["problems"] = Json::array();
    for (const Problem& problem : problems) json["problems"].push_back(talk.toJson(problem));
    return json;
  }

  void print(const engine::Graph& network, const Inference& inference, const std::optional<RunForecast>& forecast, int64_t base,
             const Problems& problems, Talk& talk) const {
    size_t nameWidth = 4, typeWidth = 4;
    for (const engine::Node& node : network.nodes) nameWidth = std::max(nameWidth, node.name.size()), typeWidth = std::max(typeWidth, node.op.name().size());
    int64_t parameters = 0;
    for (size_t n = 0; n < network.nodes.size(); ++n) {
      const auto& outputs = inference.nodes[n].outputs;
      const int64_t count = parametersOf(network.nodes[n], inference.nodes[n]);
      parameters += count;
      talk.result(fmt::format("{:{}}  {:{}}  {:>12}  {}", network.nodes[n].name, nameWidth, typeOf(network.nodes[n]), typeWidth,
                              count ? countText(count) : "", outputs.empty() ? "" : engine::toString(outputs[0].shape)));
    }
    talk.result(fmt::format("\nparameters   {}", countText(parameters)));
    if (forecast) {
      const PlanReport& p = forecast->plan;
      talk.result(fmt::format("arithmetic   {:.3g} operations a sample forward, {:.3g} a training step", p.forwardFlops / double(forecast->batch), p.stepFlops / double(forecast->batch)));
      talk.result(fmt::format("memory       {} at most, at batch {}:", sizeText(double(peak_)), forecast->batch));
      const auto line = [&](const char* what, int64_t bytes) { talk.result(fmt::format("  {:12} {:>10}", what, sizeText(double(bytes)))); };
      line("parameters", p.parameterBytes);
      line("state", p.stateBytes);
      line("activations", p.activationBytes);
      line("workspace", p.workspaceBytes);
      line("batches", p.inputBytes + forecast->waitingBytes);
      line("data", dataBytes_);
      line("program", base);
      if (largest_) talk.result(fmt::format("  largest batch {:>7} fits into {}", *largest_, sizeText(double(engine::data::memoryOfMachine()))));
      talk.result(fmt::format("plan         {} steps; {} nodes taken into others, {} with channels last, {}; {} results in place, {} views", p.steps, p.fused, p.channelsLast,
                              p.reorders ? fmt::format("{} reorders of pictures ({})", p.reorders, sizeText(double(p.reorderBytes))) : "no reorders", p.sharedInPlace, p.sharedViews));
    }
    for (const Problem& problem : problems)
      talk.result(fmt::format("\n{}: {}", problem.severity == Severity::problem ? "problem" : "lint", talk.text(problem)));
    if (problems.empty()) talk.result("\nno problems");
  }

  // As it stands in the file: the type of a node that nobody knows is in the document only.
  std::string typeOf(const engine::Node& node) const {
    const engine::document::Node* written = document_.node(node.id);
    return written ? written->type : node.op.name();
  }

  engine::document::Document document_;
  Json choices_ = Json::object();  // those that are not the rules'
  int64_t dataBytes_ = 0, peak_ = 0;
  std::optional<int64_t> largest_;  // batch that the machine has memory for; none where nothing is trained

  std::string model_;
  std::optional<int64_t> batch_;
  std::optional<std::string> data_, target_;
  std::vector<std::string> sets_;
  SizeOption size_;
};

}  // namespace

std::unique_ptr<Verb> makeCheck() { return std::make_unique<Check>(); }

}  // namespace netw
