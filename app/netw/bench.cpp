// netw bench: times of whole training steps of the reference networks, on batches that are in memory already. A step is
// forward, loss, backward and the optimizer, on the trainer's own plan.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "app/netw/bench_nets.h"
#include "app/netw/device_option.h"
#include "app/netw/memory.h"
#include "app/netw/model.h"
#include "app/netw/verb.h"
#include "engine/formats/export.h"
#include "engine/training/profile.h"
#include "engine/training/session.h"
#include "kernels/philox.h"

namespace netw {

using engine::failure;
using engine::Result;
using engine::training::Session;

namespace {

constexpr int kBlocks = 20;   // of which the median is told
constexpr int kWarmUps = 5;

// Inputs are drawn from the normal distribution, or where there are no classes from 0 to 1; class numbers from the classes.
void draw(const engine::Plan::InputSlot& slot, int64_t classes, uint64_t stream, std::byte* to) {
  const kernels::RandomStream random(1, stream, 0);
  const int64_t count = slot.info.shape.elements();
  for (int64_t i = 0; i < count; ++i) {
    const double normal = double(random.normal(i)), uniform = double(random.uniform(i));
    switch (slot.info.type) {
      case engine::Type::f32: reinterpret_cast<float*>(to)[i] = float(classes ? normal : uniform); break;
      case engine::Type::f64: reinterpret_cast<double*>(to)[i] = classes ? normal : uniform; break;
      default: reinterpret_cast<int64_t*>(to)[i] = std::min(int64_t(uniform * double(classes)), classes - 1);
    }
  }
}

class Bench final : public Verb {
 public:
  void options(Options& o) override {
    o.arguments("NET", nets_, "a, b, b128, c, d, e, f, g or h; all of them if left out.", false);
    o.option("--threads", "LIST", threads_, "Thread counts to measure: 1,2.");
    o.option("--seconds", "X", seconds_, "To measure each for (2).");
    device_.addTo(o);
    o.choice("--precision", precision_, {"f32", "f64"}, "Of the numbers.");
    o.flag("--profile", profile_, "Times each node of a step instead, with its arithmetic a second, as a share of a large matrix product's too, and its memory traffic.");
    o.flag("--infer", infer_, "Answers instead of training steps, one sample at a time and 64 at once.");
    o.option("--export", "FOLDER", export_, "Writes the networks there as ONNX instead, to be measured by other programs.");
    o.option("--batch", "N", batch_, "Samples in a step, or in an answer, instead of the network's own.");
    o.flag("--one", one_, "");  // one row, in this process
    o.option("--began", "SECONDS", began_, "");  // when it was started, by the clock that all processes share
  }

  Result<int> run(Talk& talk) override {
    std::vector<std::string> names;
    for (const BenchNet& net : benchNets()) names.push_back(net.name);
    for (const std::string& net : nets_)
      if (std::find(names.begin(), names.end(), net) == names.end()) {
        talk.error(fmt::format("there is no reference network {}, but {}", net, fmt::join(names, ", ")));
        return kWrongUsage;
      }
    if (nets_.empty()) nets_ = names;
    if (!(seconds_ > 0) || std::any_of(threads_.begin(), threads_.end(), [](double t) { return !(t >= 1) || t != std::floor(t); })) {
      talk.error("--threads takes whole numbers from 1 on, --seconds a number above 0");
      return kWrongUsage;
    }
    if (!export_.empty()) {
      for (const std::string& net : nets_)
        if (Result<int> done = write(net, talk); !done) return done;
      return kDone;
    }
    const Result<engine::DeviceChoice> device = device_.choice();
    if (!device) return tl::unexpected(device.error());
    if (device->kind == engine::DeviceChoice::Kind::cuda && !one_)  // said once, and not by each row
      if (const auto there = engine::Devices::all().open(*device); !there) return tl::unexpected(there.error());
    if (one_) return measure(nets_[0], int(threads_[0]), talk);
    if (profile_) {
      for (const std::string& net : nets_)
        for (double threads : threads_)
          if (Result<int> done = measure(net, int(threads), talk); !done) return done;
      if (talk.json) talk.result(profiles_);
      return kDone;
    }

    Json rows = Json::array();
    if (infer_) return answers(talk);
    if (!talk.json) talk.result(fmt::format("{:5} {:9} {:>7} {:>10} {:>10} {:>9} {:>9} {:>11} {:>10}", "net", "precision", "threads", "ms", "best ms", "start ms", "peak MiB", "first loss", "last loss"));
    for (const std::string& net : nets_)
      for (double threads : threads_) {
        Result<Json> row = inFreshProcess(net, int(threads), batch_);
        if (!row) return tl::unexpected(row.error());
        if (!talk.json) print(*row, talk);
        rows.push_back(*std::move(row));
      }
    if (talk.json) talk.result(rows);
    return kDone;
  }

 private:
  static std::string lossOf(const Json& loss) { return loss.is_number() ? shortNumber(loss.get<double>()) : loss.get<std::string>(); }

  static void print(const Json& r, Talk& talk) {
    talk.result(fmt::format("{:5} {:9} {:>7} {:>10.4f} {:>10.4f} {:>9.1f} {:>9} {:>11} {:>10}", r["net"].get<std::string>(), r["precision"].get<std::string>(), r["threads"].get<int>(),
                            r["ms"].get<double>(), r["best_ms"].get<double>(), r["start_ms"].get<double>(), r["peak_mib"].get<int64_t>(), lossOf(r["first_loss"]), lossOf(r["last_loss"])));
    std::fflush(stdout);
  }

  Result<int> answers(Talk& talk) const {
    Json rows = Json::array();
    if (!talk.json) talk.result(fmt::format("{:5} {:9} {:>7} {:>6} {:>10} {:>10} {:>12} {:>9} {:>9}", "net", "precision", "threads", "batch", "ms", "best ms", "samples / s", "start ms", "peak MiB"));
    for (const std::string& net : nets_)
      for (double threads : threads_)
        for (int64_t batch : batch_ ? std::vector<int64_t>{*batch_} : std::vector<int64_t>{1, 64}) {
          Result<Json> row = inFreshProcess(net, int(threads), batch);
          if (!row) return tl::unexpected(row.error());
          const Json& r = *row;
          if (!talk.json)
            talk.result(fmt::format("{:5} {:9} {:>7} {:>6} {:>10.4f} {:>10.4f} {:>12.0f} {:>9.1f} {:>9}", net, precision_, int(threads), batch, r["ms"].get<double>(), r["best_ms"].get<double>(),
                                    r["samples_per_second"].get<double>(), r["start_ms"].get<double>(), r["peak_mib"].get<int64_t>()));
          rows.push_back(*std::move(row));
        }
    if (talk.json) talk.result(rows);
    return kDone;
  }

  Result<std::unique_ptr<Session>> open(const std::string& name, int threads, Talk& talk) const {
    Result<engine::document::Document> document = benchDocument(name);
    if (!document) return tl::unexpected(document.error());
    for (const engine::Done& done : {set(*document, "precision", precision_), batch_ ? set(*document, "batch", std::to_string(*batch_)) : engine::Done()})
      if (!done) return tl::unexpected(done.error());
    talk.about(*document);
    const Result<engine::DeviceChoice> device = device_.choice();
    if (!device) return tl::unexpected(device.error());
    return Session::open(*document, {.folder = ".", .threads = threads, .data = {}, .validation = {}, .split = {}, .withoutData = true, .device = *device});
  }

  Result<int> write(const std::string& name, Talk& talk) const {
    Result<std::unique_ptr<Session>> session = open(name, 1, talk);
    if (!session) return tl::unexpected(session.error());
    const Result<engine::Plan*> plan = (*session)->predictionPlan(1);  // makes the weights
    if (!plan) return tl::unexpected(plan.error());
    const std::string file = (std::filesystem::path(export_) / (name + ".onnx")).string();
    const auto report = engine::formats::exportModel(**session, file, engine::formats::ExportFormat::onnx, {});
    if (!report) return tl::unexpected(report.error());
    talk.result(talk.json ? Json{{"net", name}, {"file", file}}.dump() : file);
    return kDone;
  }

  // So that the peak of its memory is its own.
  Result<Json> inFreshProcess(const std::string& net, int threads, std::optional<int64_t> batch) const {
    const std::string batchText = batch ? std::to_string(*batch) : "";
    const std::string threadText = std::to_string(threads), secondsText = fmt::format("{}", seconds_), beganText = fmt::format("{}", secondsNow());
    std::vector<const char*> words = {"netw", "bench", net.c_str(), "--one", "--json", "--quiet", "--precision", precision_.c_str(), "--threads", threadText.c_str(), "--seconds", secondsText.c_str(), "--began", beganText.c_str(), "--device", device_.text().c_str()};
    if (device_.tf32()) words.push_back("--tf32");
    if (batch) words.insert(words.end(), {"--batch", batchText.c_str()});
    if (infer_) words.push_back("--infer");
    words.push_back(nullptr);
    int ends[2];
    if (pipe(ends) != 0) return failure("bench", "a pipe", std::strerror(errno));
    const pid_t child = fork();
    if (child < 0) return failure("bench", "a process of its own for each row", std::strerror(errno));
    if (child == 0) {
      dup2(ends[1], STDOUT_FILENO);
      close(ends[0]);
      close(ends[1]);
      execv("/proc/self/exe", const_cast<char* const*>(words.data()));
      _exit(127);
    }
    close(ends[1]);
    std::string text;
    char buffer[4096];
    for (ssize_t got; (got = read(ends[0], buffer, sizeof buffer)) > 0 || (got < 0 && errno == EINTR);)
      if (got > 0) text.append(buffer, size_t(got));
    close(ends[0]);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    const Json row = Json::parse(text, nullptr, false);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !row.is_object())
      return failure("bench " + net, "a measurement", WIFSIGNALED(status) ? engine::Message("signal {0}", WTERMSIG(status)) : engine::Message("status {0}", WEXITSTATUS(status)));
    return row;
  }

  Result<int> measure(const std::string& name, int threads, Talk& talk) {
    Result<std::unique_ptr<Session>> opened = open(name, threads, talk);
    if (!opened) return tl::unexpected(opened.error());
    Session& session = **opened;
    const int64_t batch = session.phase(0).batch;
    Result<engine::Plan*> made = infer_ ? session.predictionPlan(batch) : session.trainPlan(0, batch);
    if (!made) return tl::unexpected(made.error());
    engine::Plan& plan = **made;
    const auto net = std::find_if(benchNets().begin(), benchNets().end(), [&](const BenchNet& n) { return name == n.name; });
    std::vector<engine::Arena> slots(plan.inputs().size());
    for (size_t i = 0; i < slots.size(); ++i) {
      const auto& slot = plan.inputs()[i];
      if (engine::Done done = slots[i].reserve(slot.info.shape.elements() * engine::bytesOf(slot.info.type)); !done) return tl::unexpected(done.error());
      draw(slot, net->classes, i, slots[i].data());
      plan.setInput(int(i), slots[i].data());
    }

    engine::StepState state;
    state.step = state.update = 0;
    const auto fields = engine::document::completedOptimizer(session.phase(0).optimizer);
    if (!fields) return tl::unexpected(fields.error());
    for (double& rate : state.learningRate) rate = engine::document::number(*fields, "lr");
    double loss = 0;
    uint64_t given = 0, seen = 0;
    const auto look = [&](int ahead) {
      while (given - seen > uint64_t(ahead)) loss = plan.numbers(++seen).loss;
    };
    const auto step = [&] {
      ++state.step, ++state.update;
      if (infer_) {
        plan.run(session.cpu(), state);
        if (session.device()) plan.kept(0);  // an answer is one when it is here
        return;
      }
      given = plan.step(session.cpu(), state);
      look(plan.stepsAhead());  // as a run does: the device is given steps before their numbers are seen
    };
    step();
    look(0);
    if (engine::Done done = plan.answer(); !done) return tl::unexpected(done.error());
    const double first = loss, start = began_ ? secondsNow() - *began_ : 0;
    for (int i = 1; i < kWarmUps; ++i) step();
    double begin = secondsNow();
    if (profile_) return profile(plan, session, state, threads, name, talk);
    step();
    look(0);
    const int64_t block = std::max<int64_t>(1, int64_t(seconds_ / kBlocks / std::max(secondsNow() - begin, 1e-6)));
    std::vector<double> times;
    for (int b = 0; b < kBlocks; ++b) {
      begin = secondsNow();
      for (int64_t i = 0; i < block; ++i) step();
      look(0);
      times.push_back((secondsNow() - begin) / double(block));
    }
    if (engine::Done done = plan.answer(); !done) return tl::unexpected(done.error());
    std::sort(times.begin(), times.end());
    constexpr double kMilli = 1e3, kMebi = 1024 * 1024;
    const int64_t peak = std::llround(double(peakResidentBytes()) / kMebi);
    if (infer_) {
      talk.result(Json{{"net", name}, {"precision", std::string(engine::nameOf(session.precision()))}, {"threads", threads}, {"device", session.deviceName()}, {"batch", batch}, {"ms", times[kBlocks / 2] * kMilli}, {"best_ms", times[0] * kMilli},
                       {"samples_per_second", double(batch) / times[kBlocks / 2]}, {"start_ms", start * kMilli}, {"peak_mib", peak}});
      return kDone;
    }
    talk.result(Json{{"net", name}, {"precision", std::string(engine::nameOf(session.precision()))}, {"threads", threads}, {"device", session.deviceName()}, {"ms", times[kBlocks / 2] * kMilli}, {"best_ms", times[0] * kMilli}, {"start_ms", start * kMilli},
                     {"peak_mib", peak}, {"first_loss", numberOf(first)}, {"last_loss", numberOf(loss)}, {"steps", state.step}, {"parameters", plan.report().parameters}});
    return kDone;
  }

  // Each call of a step on its own: the mean over many steps.
  Result<int> profile(engine::Plan& plan, Session& session, engine::StepState& state, int threads, const std::string& net, Talk& talk) {
    const std::vector<engine::Plan::Profiled> calls = plan.profiled();
    std::vector<double> sums(calls.size());
    constexpr int kProducts = 20;
    const double peak = session.device() ? 0 : engine::training::productPeak(session.cpu(), session.precision(), kProducts);
    const double begin = secondsNow();
    int64_t steps = 0;
    do {
      ++state.step, ++state.update, ++steps;
      plan.timeStep(session.cpu(), state, sums);
    } while (secondsNow() - begin < seconds_);
    const double whole = (secondsNow() - begin) / double(steps);
    Json rows = Json::array();
    double all = 0;
    constexpr double kMilli = 1e3, kGiga = 1e9;
    static const char* const phases[] = {"forward", "backward", "update"};
    if (!talk.json) talk.result(fmt::format("{:9} {:24} {:28} {:>9} {:>6} {:>9} {:>6} {:>7}", "phase", "node", "op", "ms", "share", "GFLOP/s", "peak", "GB/s"));
    for (size_t i = 0; i < calls.size(); ++i) {
      const double seconds = sums[i] / double(steps);
      all += seconds;
      if (!calls[i].bytes) continue;
      const double flops = seconds > 0 ? calls[i].flops / seconds : 0, bytes = seconds > 0 ? double(calls[i].bytes) / seconds : 0;
      rows.push_back({{"phase", phases[int(calls[i].phase)]}, {"node", calls[i].name}, {"op", calls[i].op}, {"ms", seconds * kMilli}, {"share", seconds / whole}, {"flops_per_second", flops}, {"share_of_peak", peak > 0 ? flops / peak : 0}, {"bytes_per_second", bytes}});
      if (!talk.json)
        talk.result(fmt::format("{:9} {:24} {:28} {:>9.4f} {:>5.1f}% {:>9.1f} {:>5.0f}% {:>7.1f}", phases[int(calls[i].phase)], calls[i].name, calls[i].op, seconds * kMilli, 100 * seconds / whole, flops / kGiga, peak > 0 ? 100 * flops / peak : 0, bytes / kGiga));
    }
    if (talk.json) profiles_.push_back({{"net", net}, {"threads", threads}, {"ms", whole * kMilli}, {"nodes_ms", all * kMilli}, {"peak_flops_per_second", peak}, {"calls", rows}});
    else talk.result(fmt::format("{} with {} threads: {:.4f} ms a step, {:.1f} % of it in the nodes; a large matrix product runs at {:.0f} GFLOP/s", net, threads, whole * kMilli, 100 * all / whole, peak / kGiga));
    return kDone;
  }

  DeviceOption device_;
  std::vector<std::string> nets_;
  std::vector<double> threads_ = {1, 2};
  double seconds_ = 2;
  std::string precision_ = "f32";
  bool one_ = false, profile_ = false, infer_ = false;
  std::string export_;
  std::optional<int64_t> batch_;
  std::optional<double> began_;
  Json profiles_ = Json::array();
};

}  // namespace

std::unique_ptr<Verb> makeBench() { return std::make_unique<Bench>(); }

}  // namespace netw
