// netw tune: measures the ways that convolutions and products of a network can go on this machine, and keeps those that are
// clearly better than the rules' for every program from then on.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "app/netw/bench_nets.h"
#include "app/netw/model.h"
#include "app/netw/verb.h"
#include "engine/formats/choices_file.h"
#include "engine/plan/tune.h"

namespace netw {

using engine::Done;
using engine::failure;
using engine::Result;
using engine::Tuned;
using engine::document::Document;
using engine::formats::ChoicesFile;
using engine::training::Session;
using engine::training::SessionOptions;

namespace {

constexpr double kMilli = 1e3;

class Tune final : public Verb {
 public:
  void options(Options& o) override {
    o.argument("PROJECT", project_, "A project (.netw), whose plans of training, evaluation and prediction are looked at.", false);
    o.option("--net", "NET", nets_, "A reference network instead: a, b, b128, c, d, e, f, g or h; all of them where no project is given.");
    o.option("--threads", "N", threads_, "To measure with; 0: one for each core. What is chosen holds for any number.");
    o.option("--seconds", "X", seconds_, "To measure each shape for (0.2).");
    o.flag("--reset", reset_, "Forgets what was measured before; without a project or a network that is all.");
  }

  Result<int> run(Talk& talk) override {
    const std::string path = engine::formats::choicesPath();
    if (path.empty())
      return failure("tune", "a folder for what is measured", "none: NETWRIGHT_CHOICES says so, or there is no home folder", "set NETWRIGHT_CHOICES to a file");
    std::vector<std::string> known;
    for (const BenchNet& net : benchNets()) known.push_back(net.name);
    for (const std::string& net : nets_)
      if (std::find(known.begin(), known.end(), net) == known.end()) {
        talk.error(fmt::format("there is no reference network {}, but {}", net, fmt::join(known, ", ")));
        return kWrongUsage;
      }
    if (!(seconds_ > 0) || threads_ < 0 || (!project_.empty() && !nets_.empty())) {
      talk.error("tune takes a project or --net, --seconds above 0, and --threads from 0 on");
      return kWrongUsage;
    }
    ChoicesFile file = engine::formats::choicesOfThisMachine();
    if (reset_) {
      std::error_code error;
      std::filesystem::remove(path, error);
      if (error) return failure(path, "a file that can be deleted", engine::Message("{0}", error.message()));
      if (project_.empty() && nets_.empty()) {
        if (talk.json) talk.result(Json{{"file", path}, {"stored", 0}, {"shapes", Json::array()}});
        else talk.result("forgotten: the rules are used");
        return kDone;
      }
    } else if (Result<ChoicesFile> before = engine::formats::readChoices(path); before && before->isOfThisMachine()) {
      file = *std::move(before);
    }

    if (!project_.empty()) {
      if (Done done = collectFromProject(talk); !done) return tl::unexpected(done.error());
    } else {
      for (const std::string& net : nets_.empty() ? known : nets_)
        if (Done done = collectFromNet(net, talk); !done) return tl::unexpected(done.error());
    }
    if (Done done = measure(talk); !done) return tl::unexpected(done.error());

    for (const Tuned& tuned : measured_) {
      std::erase_if(file.choices, [&](const ChoicesFile::Choice& c) { return c.question == tuned.question; });
      if (!tuned.isRules()) file.choices.push_back({tuned.question, tuned.chosen, tuned.secondsOf(tuned.chosen), tuned.times[0].seconds});
    }
    if (Done done = engine::formats::saveChoices(file, path); !done) return tl::unexpected(done.error());
    tell(path, file, talk);
    return kDone;
  }

 private:
  // The shapes that plans asked for.
  void collect(std::unique_ptr<Session> session) {
    for (const auto& convolution : session->choices().convolutions()) convolutions_.emplace(questionOf(convolution.kind, convolution.shape), convolution);
    for (const auto& product : session->choices().products()) products_.emplace(questionOf(product), product);
    session_ = std::move(session);
  }
  SessionOptions sessionOptions(const std::string& folder) const {
    SessionOptions options{.folder = folder, .threads = threads_, .data = {}, .validation = {}, .split = {}};
    options.choices = kernels::ChoiceTable();
    return options;
  }

  Done collectFromProject(Talk& talk) {
    Result<Model> model = openModel(project_, talk);
    if (!model) return tl::unexpected(model.error());
    SessionOptions options = sessionOptions(model->folder);
    options.withoutData = model->document.data().source.empty();
    Result<std::unique_ptr<Session>> session = Session::open(model->document, options);
    if (!session && !options.withoutData) {
      talk.say("note: " + talk.text(session.error()) + "; only full batches are measured");
      options.withoutData = true;
      session = Session::open(model->document, options);
    }
    if (!session) return tl::unexpected(session.error());
    if (Done done = plan(**session, {1}); !done) return done;
    collect(*std::move(session));
    return {};
  }
  Done collectFromNet(const std::string& name, Talk& talk) {
    Result<Document> document = benchDocument(name);
    if (!document) return tl::unexpected(document.error());
    talk.about(*document);
    SessionOptions options = sessionOptions(".");
    options.withoutData = true;
    Result<std::unique_ptr<Session>> session = Session::open(*document, options);
    if (!session) return tl::unexpected(session.error());
    constexpr int64_t kMany = 64;  // as `bench --infer` has it
    if (Done done = plan(**session, {1, kMany}); !done) return done;
    collect(*std::move(session));
    return {};
  }
  static Done plan(Session& session, std::initializer_list<int64_t> answers) {
    if (const auto forecast = session.forecastRun(); !forecast) return tl::unexpected(forecast.error());
    for (const int64_t batch : answers)
      if (const Result<engine::Plan*> made = session.predictionPlan(batch); !made) return tl::unexpected(made.error());
    return {};
  }

  Done measure(Talk& talk) {
    const size_t count = convolutions_.size() + products_.size();
    const auto take = [&](Result<Tuned> tuned) -> Done {
      if (!tuned) return tl::unexpected(tuned.error());
      measured_.push_back(*std::move(tuned));
      talk.progress(fmt::format("{} of {} shapes", measured_.size(), count));
      return {};
    };
    for (const auto& [question, convolution] : convolutions_)
      if (Done done = take(engine::tune(session_->cpu(), convolution, seconds_)); !done) return done;
    for (const auto& [question, product] : products_)
      if (Done done = take(engine::tune(session_->cpu(), product, seconds_)); !done) return done;
    talk.clear();
    return {};
  }

  void tell(const std::string& path, const ChoicesFile& file, Talk& talk) const {
    const auto better = std::count_if(measured_.begin(), measured_.end(), [](const Tuned& t) { return !t.isRules(); });
    if (talk.json) {
      Json shapes = Json::array();
      for (const Tuned& tuned : measured_) {
        Json ways = Json::object();
        for (const Tuned::Time& time : tuned.times) ways[nameOf(time.way)] = time.seconds * kMilli;
        shapes.push_back({{"what", tuned.question}, {"rule", nameOf(tuned.times[0].way)}, {"chosen", nameOf(tuned.chosen)}, {"ways_ms", ways}, {"gain", gainOf(tuned)}});
      }
      talk.result(Json{{"file", path}, {"column", file.column}, {"processor", file.processor}, {"threads", session_->threads()}, {"stored", file.choices.size()}, {"shapes", shapes}});
      return;
    }
    size_t longest = 5;
    for (const Tuned& tuned : measured_) longest = std::max(longest, tuned.question.size());
    talk.result(fmt::format("{:{}} {:>9} {:>10} {:>9} {:>10} {:>6}", "shape", longest, "rule", "ms", "best", "ms", "gain"));
    for (const Tuned& tuned : measured_)
      talk.result(fmt::format("{:{}} {:>9} {:>10.4f} {:>9} {:>10.4f} {:>6}", tuned.question, longest, nameOf(tuned.times[0].way), tuned.times[0].seconds * kMilli, nameOf(tuned.chosen),
                              tuned.secondsOf(tuned.chosen) * kMilli, tuned.isRules() ? "" : fmt::format("{:.2f}", gainOf(tuned))));
    talk.result(fmt::format("{} of {} shapes go another way than the rules' from now on; {} choices in {}", better, measured_.size(), file.choices.size(), path));
  }
  static double gainOf(const Tuned& tuned) { return tuned.times[0].seconds / tuned.secondsOf(tuned.chosen); }

  std::string project_;
  std::vector<std::string> nets_;
  int threads_ = 0;
  double seconds_ = 0.2;
  bool reset_ = false;
  std::map<std::string, kernels::Choices::Convolution> convolutions_;  // by question
  std::map<std::string, kernels::ProductShape> products_;
  std::unique_ptr<Session> session_;  // the last one, for its threads
  std::vector<Tuned> measured_;
};

}  // namespace

std::unique_ptr<Verb> makeTune() { return std::make_unique<Tune>(); }

}  // namespace netw
