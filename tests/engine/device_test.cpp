// Training on a CUDA device, through the stand-in: the same losses as on the processor, the same bits recorded or not, messages
// instead of crashes when the device has too little memory, fails in the middle, or is not there; and nothing is left behind.
#include <QTemporaryDir>
#include <QtTest>
#include <atomic>
#include <cmath>
#include <nlohmann/json.hpp>
#include <thread>

#include "cuda_on_cpu.h"
#include "engine/device/devices.h"
#include "engine/document/json.h"
#include "engine/document/templates.h"
#include "engine/training/batch_fit.h"
#include "engine/training/run.h"
#include "engine/training/session.h"

using namespace engine;
using namespace engine::training;

namespace {

// Two spirals with dropout, batch norm and a last batch that is smaller.
document::Document spirals(const std::string& optimizer, const std::string& more = "", int epochs = 1, int batch = 48) {
  const std::string text = R"({"netwright":1,"name":"spirals","nodes":[
    {"id":"0000000000000001","type":"Input","name":"point","fields":{"shape":[2]}},
    {"id":"0000000000000002","type":"Linear","name":"hidden","fields":{"out_features":16}},
    {"id":"0000000000000003","type":"BatchNorm1d","name":"norm"},
    {"id":"0000000000000004","type":"ReLU","name":"relu"},
    {"id":"0000000000000005","type":"Dropout","name":"dropout","fields":{"p":0.1}},
    {"id":"0000000000000006","type":"Linear","name":"scores","fields":{"out_features":3}},
    {"id":"0000000000000007","type":"Target","name":"label"},
    {"id":"0000000000000008","type":"CrossEntropyLoss","name":"loss"}],
    "wires":[
    {"from":"0000000000000001","to":"0000000000000002"},{"from":"0000000000000002","to":"0000000000000003"},
    {"from":"0000000000000003","to":"0000000000000004"},{"from":"0000000000000004","to":"0000000000000005"},
    {"from":"0000000000000005","to":"0000000000000006"},{"from":"0000000000000006","to":"0000000000000008","input":0},
    {"from":"0000000000000007","to":"0000000000000008","input":1}],
    "data":{"source":"spirals"},
    "recipe":{"seed":7,"phases":[{"optimizer":)" + optimizer + R"(,"schedule":{"type":"cosine","warmup_steps":2},"batch":)" + std::to_string(batch) + more +
                           R"(,"epochs":)" + std::to_string(epochs) + "}]}}";
  Result<document::Document> parsed = document::parse(text, "spirals.netw");
  if (!parsed) qFatal("%s", withPlace(parsed.error()).c_str());
  return *parsed;
}

// A template, with batches that the stand-in can bear: it runs one CUDA thread after the other.
document::Document shipped(const char* name, int batch) {
  nlohmann::json json = nlohmann::json::parse(document::templateNamed(name)->text);
  json["recipe"]["phases"][0]["batch"] = batch;
  return *document::parse(json.dump(), "template.netw");
}

const DeviceChoice kCpu{DeviceChoice::Kind::cpu, 0}, kCuda{DeviceChoice::Kind::cuda, 0};

struct Steps {
  std::vector<double> losses, norms;
  std::vector<std::vector<std::byte>> stored;
  std::vector<size_t> copies, allocations;  // between host and device, and of device memory, by step
  std::vector<bool> finite;
  size_t inputs = 0;
  bool recorded = false;
  std::string recordingFailure;
  std::string device;                                 // as it is said
  std::optional<NonFinite> found;                     // in the broken step
  std::vector<std::vector<std::byte>> storedAfter;    // one more step, when that was found
};

std::vector<std::vector<std::byte>> storedBy(Session& session) {
  std::vector<std::vector<std::byte>> stored;
  for (const Store::Entry& entry : session.store().entries()) {
    const auto* bytes = static_cast<const std::byte*>(entry.tensor.data);
    stored.emplace_back(bytes, bytes + entry.tensor.bytes());
  }
  return stored;
}

// So many steps of the first phase, with a learning rate that changes; numbers are looked at as late as the plan allows. The batch of
// step `broken` has something in it that is no number.
Result<Steps> train(const document::Document& document, const DeviceChoice& device, int steps, bool records = true, int broken = -1) {
  SessionOptions options;
  options.threads = 1, options.device = device;
  Result<std::unique_ptr<Session>> opened = Session::open(document, options);
  if (!opened) return tl::unexpected(opened.error());
  Session& session = **opened;
  Result<data::Loader> loader = session.loader(data::Part::train, {session.phase(0).batch, true, true, session.seed()});
  if (!loader) return tl::unexpected(loader.error());
  Result<Plan*> found = session.trainPlan(0, session.phase(0).batch);
  if (!found) return tl::unexpected(found.error());
  Plan& plan = **found;
  plan.setRecording(records);
  std::vector<std::vector<double>> memory;
  std::vector<void*> batch;
  for (size_t i = 0; i < loader->bindings(); ++i) {
    memory.emplace_back(size_t(loader->bytesOf(i)) / sizeof(double) + 9);
    batch.push_back(reinterpret_cast<void*>((reinterpret_cast<uintptr_t>(memory.back().data()) + 63) / 64 * 64));
  }
  Steps result;
  result.device = session.deviceName();
  std::vector<uint64_t> given;
  const auto state = [&](int s) {
    StepState made;
    made.step = made.update = uint64_t(s + 1), made.seed = session.seed();
    for (double& rate : made.learningRate) rate = 0.01 / (1 + s);
    return made;
  };
  const auto setBatch = [&](int s) -> Done {
    if (Result<int64_t> rows = loader->fill({s / loader->order().batches(), s % loader->order().batches()}, batch); !rows) return tl::unexpected(rows.error());
    if (s == broken) *static_cast<float*>(batch[0]) = NAN;
    for (size_t i = 0; i < batch.size(); ++i) plan.setInput(int(i), batch[i]);
    return {};
  };
  const auto look = [&] {
    const StepNumbers numbers = plan.numbers(given[result.losses.size()]);
    result.losses.push_back(numbers.loss), result.norms.push_back(*numbers.gradientNorm), result.finite.push_back(numbers.finite);
    return plan.answer();
  };
  for (int s = 0; s < steps; ++s) {
    if (Done done = setBatch(s); !done) return tl::unexpected(done.error());
    const size_t copies = cuda_on_cpu::hostCopies(), allocations = cuda_on_cpu::allocations();
    given.push_back(plan.step(session.cpu(), state(s)));
    if (int(given.size() - result.losses.size()) > plan.stepsAhead())
      if (Done done = look(); !done) return tl::unexpected(done.error());
    result.copies.push_back(cuda_on_cpu::hostCopies() - copies);
    result.allocations.push_back(cuda_on_cpu::allocations() - allocations);
  }
  while (result.losses.size() < given.size())
    if (Done done = look(); !done) return tl::unexpected(done.error());
  result.inputs = plan.inputs().size();
  result.recorded = plan.isRecorded();
  result.recordingFailure = plan.recordingFailure();
  result.stored = storedBy(session);
  if (broken >= 0) {
    if (Done done = setBatch(broken); !done) return tl::unexpected(done.error());
    result.found = plan.findNonFinite(session.cpu(), state(broken));
    if (Done done = setBatch(broken + 1); !done) return tl::unexpected(done.error());
    plan.step(session.cpu(), state(broken));
    result.storedAfter = storedBy(session);
    if (Done done = plan.answer(); !done) return tl::unexpected(done.error());
  }
  return result;
}

double furthest(const std::vector<double>& a, const std::vector<double>& b) {
  double most = a.size() == b.size() ? 0 : INFINITY;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) most = std::max(most, std::abs(a[i] - b[i]) / std::max(1.0, std::abs(b[i])));
  return most;
}

}  // namespace

class DeviceTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() { Devices::all().take(netwright_cuda_module()); }
  void cleanup() {
    cuda_on_cpu::setDevice(true);
    Devices::all().take(netwright_cuda_module());
    QCOMPARE(cuda_on_cpu::liveHandles(), size_t(0));
    QCOMPARE(cuda_on_cpu::allocatedBytes(), size_t(0));
  }

  void everyOptimizer_data() {
    QTest::addColumn<QString>("optimizer");
    QTest::addColumn<QString>("more");
    for (const char* optimizer : {R"({"type":"sgd","lr":0.1,"momentum":0.9})", R"({"type":"adam","lr":0.01})", R"({"type":"adamw","lr":0.01})",
                                  R"({"type":"rmsprop","lr":0.01})", R"({"type":"adadelta","lr":1.0})"})
      QTest::addRow("%s", optimizer) << optimizer << "";
    QTest::addRow("clipped") << R"({"type":"adam","lr":0.01})" << R"(,"clip_norm":0.5,"clip_value":0.1)";
  }
  void everyOptimizer() {
    QFETCH(QString, optimizer);
    QFETCH(QString, more);
    const document::Document document = spirals(optimizer.toStdString(), more.toStdString());
    constexpr int steps = 5;
    const auto cpu = train(document, kCpu, steps), recorded = train(document, kCuda, steps), plain = train(document, kCuda, steps, false);
    QVERIFY2(cpu && recorded && plain, !recorded ? toString(recorded.error()).c_str() : "");
    QVERIFY2(recorded->recorded, recorded->recordingFailure.c_str());
    QVERIFY(!plain->recorded && !cpu->recorded);
    QVERIFY2(recorded->losses == plain->losses, "recorded and not, the losses differ");
    QVERIFY2(recorded->norms == plain->norms, "recorded and not, the norms differ");
    QVERIFY2(recorded->stored == plain->stored, "recorded and not, the parameters differ");
    const double apart = furthest(recorded->losses, cpu->losses);
    QVERIFY2(apart < 1e-5, qPrintable(QString("the losses are not the processor's: %1 apart").arg(apart)));
    QVERIFY(furthest(recorded->norms, cpu->norms) < 1e-4);
  }

  // A step that is not finite changes nothing, nor do those that were given before anybody could see it, until it was looked for.
  void aBrokenStep_data() { everyOptimizer_data(); }
  void aBrokenStep() {
    QFETCH(QString, optimizer);
    QFETCH(QString, more);
    const document::Document document = spirals(optimizer.toStdString(), more.toStdString());
    constexpr int good = 3, ahead = 2;
    for (const bool records : {true, false}) {
      const auto sound = train(document, kCuda, good, records), broken = train(document, kCuda, good + 1 + ahead, records, good);
      QVERIFY(sound && broken);
      QVERIFY2(broken->stored == sound->stored, "a step that is not finite changed the parameters");
      QCOMPARE(broken->finite, (std::vector<bool>{true, true, true, false, true, true}));
      QVERIFY(broken->found && broken->found->name == "point");
      QVERIFY2(broken->storedAfter != sound->stored, "what was trained on the device is not seen");
    }
  }

  // Beside a step: its batch and its state go in, a few numbers come out. Within it nothing is copied, recorded or not, and
  // nothing is allocated after the first one.
  void nothingIsCopiedWithinAStep() {
    const size_t recordedBefore = cuda_on_cpu::recordedHostCopies();
    for (const bool records : {true, false}) {
      const auto steps = train(spirals(R"({"type":"adam","lr":0.01})"), kCuda, 4, records);
      QVERIFY(steps);
      constexpr size_t state = 1, results = 1;
      for (size_t s = 1; s < steps->copies.size(); ++s) {
        QCOMPARE(steps->copies[s], steps->inputs + state + results);
        QCOMPARE(steps->allocations[s], size_t(0));
      }
    }
    QCOMPARE(cuda_on_cpu::recordedHostCopies(), recordedBefore);
  }

  // The whole of it: data, validation, the last smaller batch, checkpoints, the test at the end.
  void aRun() {
    QTemporaryDir folder;
    std::optional<Evaluation> test[2];
    for (const bool onDevice : {false, true}) {
      RunOptions options;
      options.session.threads = 1;
      options.session.device = onDevice ? kCuda : kCpu;
      options.out = folder.filePath(onDevice ? "cuda" : "cpu").toStdString();
      options.testAtEnd = true;
      // Not Adam: it makes whole steps of the rounding errors that are the gradient of a bias before a batch norm.
      Run run(spirals(R"({"type":"sgd","lr":0.1,"momentum":0.9})", "", 1, 250), options);
      const Status status = run.wait();
      QVERIFY2(status.state == State::finished, status.problem ? toString(*status.problem).c_str() : "");
      test[onDevice] = status.test;
    }
    QVERIFY(test[0] && test[1]);
    QCOMPARE(test[0]->samples, test[1]->samples);
    QVERIFY2(std::abs(test[0]->loss - test[1]->loss) < 1e-5, qPrintable(QString("%1, on the device %2").arg(test[0]->loss).arg(test[1]->loss)));
  }

  // Batches are given before the numbers of those before them are looked at, but for a visitor; the last batch is smaller.
  void evaluations() {
    std::optional<Evaluation> cpu;
    for (const DeviceChoice& device : {kCpu, kCuda}) {
      SessionOptions options;
      options.threads = 1, options.device = device;
      Result<std::unique_ptr<Session>> session = Session::open(spirals(R"({"type":"adam","lr":0.01})"), options);
      QVERIFY2(session, session ? "" : toString(session.error()).c_str());
      QVERIFY((*session)->trainPlan(0, (*session)->phase(0).batch));
      const Result<Evaluation> together = (*session)->evaluate(data::Part::train);
      int batches = 0;
      int64_t rows = 0;
      const Result<Evaluation> visited = (*session)->evaluate(data::Part::train, [&](Plan& plan, std::span<void* const>, int64_t count) -> Done {
        ++batches, rows += count;
        return plan.answer();
      });
      QVERIFY2(together && visited, together ? "" : toString(together.error()).c_str());
      QVERIFY2(batches > 4 && rows % Session::kEvaluationBatch != 0, qPrintable(QString("%1 rows, %2 batches").arg(rows).arg(batches)));
      QCOMPARE(together->samples, rows);
      QCOMPARE(together->loss, visited->loss);
      QCOMPARE(together->accuracy, visited->accuracy);
      if (!cpu) cpu = *together;
      QVERIFY2(std::abs(together->loss - cpu->loss) < 1e-5, qPrintable(QString("%1 and %2").arg(together->loss).arg(cpu->loss)));
      QCOMPARE(together->accuracy, cpu->accuracy);
    }
  }
  void aDeviceThatFailsInAnEvaluation() {
    SessionOptions options;
    options.threads = 1, options.device = kCuda;
    Result<std::unique_ptr<Session>> session = Session::open(spirals(R"({"type":"adam","lr":0.01})"), options);
    QVERIFY(session && (*session)->evaluate(data::Part::train));
    for (const size_t after : {0u, 3u, 10u}) {
      cuda_on_cpu::failAfter(after);
      const Result<Evaluation> failed = (*session)->evaluate(data::Part::train);
      cuda_on_cpu::failAfter(size_t(1) << 40);
      QVERIFY2(!failed && toString(failed.error()).find("--device cpu") != std::string::npos, failed ? "nothing said" : toString(failed.error()).c_str());
      QVERIFY((*session)->evaluate(data::Part::train));
    }
  }

  // Numbers come later on a device, but a run that diverges says the same, and keeps the same.
  void aRunThatDiverges() {
    QTemporaryDir folder;
    std::string said[2];
    for (const bool onDevice : {false, true}) {
      RunOptions options;
      options.session.threads = 1;
      options.session.device = onDevice ? kCuda : kCpu;
      options.out = folder.filePath(onDevice ? "cuda" : "cpu").toStdString();
      Run run(spirals(R"({"type":"sgd","lr":1e39})", "", 1, 100), options);
      const Status status = run.wait();
      QVERIFY(status.state == State::failed && status.problem);
      said[onDevice] = toString(*status.problem) + " after " + std::to_string(status.step);
      QVERIFY(QFile::exists(QString::fromStdString(options.out + "/checkpoint.safetensors")));
    }
    QCOMPARE(QString::fromStdString(said[1]), QString::fromStdString(said[0]));
  }

  // Who pauses, steps or changes the rate sees the last step, though the device was given some in advance.
  void pausedAndStepped() {
    QTemporaryDir folder;
    RunOptions options;
    options.session.threads = 1, options.session.device = kCuda, options.startPaused = true;
    options.out = folder.filePath("run").toStdString();
    Run run(spirals(R"({"type":"adam","lr":0.01})", "", 1, 100), options);
    for (const int step : {1, 2}) {
      run.stepOnce();
      QTRY_COMPARE(run.status().step, step);
    }
    QCOMPARE(run.takeSteps().size(), size_t(2));
    run.setLearningRate(0.5);
    run.resume();
    const Status status = run.wait();
    QVERIFY2(status.state == State::finished, status.problem ? toString(*status.problem).c_str() : "");
    const std::vector<StepEvent> steps = run.takeSteps();
    QCOMPARE(steps.back().step, status.steps);
    QCOMPARE(int64_t(steps.size()), status.steps - 2);
    QCOMPARE(steps.front().step, int64_t(3));
    QVERIFY(steps.front().learningRate > 0.1);
  }

  void fashionCnn() {
    document::Document document = shipped("fashion-cnn", 1);
    constexpr int steps = 50;
    const auto cpu = train(document, kCpu, steps), recorded = train(document, kCuda, steps), plain = train(document, kCuda, steps / 10, false);
    QVERIFY2(cpu && recorded && plain, !recorded ? toString(recorded.error()).c_str() : "");
    QVERIFY2(recorded->recorded, recorded->recordingFailure.c_str());
    QVERIFY(std::equal(plain->losses.begin(), plain->losses.end(), recorded->losses.begin()));
    QVERIFY2(furthest(recorded->losses, cpu->losses) < 1e-5, qPrintable(QString::number(furthest(recorded->losses, cpu->losses))));
  }

  // Only where it was asked for are factors rounded, and then it is said.
  void tf32ByChoice() {
    DeviceChoice tf32 = kCuda;
    tf32.tf32 = true;
    const document::Document document = shipped("fashion-cnn", 4);
    const auto cpu = train(document, kCpu, 2), full = train(document, kCuda, 2), rounded = train(document, tf32, 2);
    QVERIFY2(cpu && full && rounded, !rounded ? toString(rounded.error()).c_str() : "");
    QVERIFY(furthest(full->losses, cpu->losses) < 1e-5);
    const double far = furthest(rounded->losses, cpu->losses);
    QVERIFY2(far > 1e-6 && far < 1e-2, qPrintable(QString::number(far)));
    QVERIFY(!QString::fromStdString(full->device).contains("TF32"));
    QVERIFY(QString::fromStdString(rounded->device).endsWith(", TF32"));
    DeviceChoice nowhere = kCpu;
    nowhere.tf32 = true;
    const auto processor = train(document, nowhere, 1);
    QVERIFY(processor);
    QVERIFY(!QString::fromStdString(processor->device).contains("TF32"));
  }

  // Blocks, warps and threads may come in any order, and the bits stay the same: nothing is added as it comes.
  void anyOrderOfThreads_data() {
    QTest::addColumn<QString>("order");
    for (const char* order : {"reverse", "1", "2", "3"}) QTest::newRow(order) << order;
  }
  void anyOrderOfThreads() {
    QFETCH(QString, order);
    const std::string before = cuda_on_cpu::order();
    const document::Document documents[] = {spirals(R"({"type":"adamw","lr":0.01})", R"(,"clip_norm":0.5)"), shipped("fashion-cnn", 1)};
    constexpr int steps[] = {5, 2};
    static std::optional<Steps> natural[std::size(documents)];
    for (size_t i = 0; i < std::size(documents); ++i) {
      if (!natural[i]) {
        cuda_on_cpu::setOrder("natural");
        if (auto result = train(documents[i], kCuda, steps[i])) natural[i] = std::move(*result);
      }
      cuda_on_cpu::setOrder(order.toStdString());
      const auto other = train(documents[i], kCuda, steps[i]);
      cuda_on_cpu::setOrder(before);
      QVERIFY2(natural[i] && other, other ? "" : toString(other.error()).c_str());
      QVERIFY2(other->losses == natural[i]->losses && other->norms == natural[i]->norms && other->stored == natural[i]->stored,
               "the order of threads changes the bits");
    }
  }

  // What does not fit is known before it is asked for: the message has the sizes, and the largest batch that fits, which does.
  void tooLittleMemory() {
    const auto with = [](size_t mebibytes) {
      cuda_on_cpu::setDevice(true, mebibytes << 20);
      Devices::all().take(netwright_cuda_module());
    };
    with(64);  // cuBLAS's part is half of it
    const auto failed = train(shipped("fashion-cnn", 512), kCuda, 1);
    QVERIFY(!failed);
    const QString text = QString::fromStdString(toString(failed.error()));
    const QRegularExpressionMatch said = QRegularExpression("needs (\\d+) MiB of memory for steps of 512 samples, but got (\\d+) MiB .*make the batch (\\d+) at most").match(text);
    QVERIFY2(said.hasMatch() && text.contains("--device cpu"), qPrintable(text));
    QVERIFY(said.captured(1).toInt() > said.captured(2).toInt());
    const int fits = said.captured(3).toInt();
    QVERIFY2(fits > 1, qPrintable(text));
    QVERIFY(!train(shipped("fashion-cnn", fits + 1), kCuda, 0));
    const auto largest = train(shipped("fashion-cnn", fits), kCuda, 0);
    QVERIFY2(largest, largest ? "" : toString(largest.error()).c_str());

    with(37);
    const auto none = train(shipped("fashion-cnn", 2), kCuda, 1);
    QVERIFY(!none);
    QVERIFY2(toString(none.error()).find("not even a single sample fits") != std::string::npos, toString(none.error()).c_str());
  }

  // The whole run, evaluations and the last smaller batch included: what is said to fit does, to the last plan.
  void theLargestBatchOfADevice() {
    cuda_on_cpu::setDevice(true, size_t(80) << 20);
    Devices::all().take(netwright_cuda_module());
    SessionOptions options;
    options.threads = 1, options.device = kCuda, options.withoutData = true;
    const auto session = Session::open(shipped("fashion-cnn", 64), options);
    QVERIFY(session);
    const std::optional<int64_t> room = (*session)->roomOnDevice();
    QVERIFY(room && *room > 0 && *room < int64_t(80) << 20);
    ForecastOptions rows;
    rows.rows = {54000, 6000, 10000};
    const auto fits = largestBatch(**session, rows, {*room, 64, 54000});
    QVERIFY(fits && *fits > 1 && *fits < 54000);
    rows.batch = *fits;
    const auto told = (*session)->forecastRun(rows);
    QVERIFY(told && told->deviceBytes > 0 && told->needed() == told->deviceBytes && told->deviceBytes <= *room);
    QCOMPARE((*session)->roomOnDevice().value(), *room);  // nothing was taken
    for (const int64_t batch : {*fits, 54000 % *fits})
      if (const auto plan = batch > 0 ? (*session)->trainPlan(0, batch) : Result<Plan*>(nullptr); !plan) QFAIL(toString(plan.error()).c_str());
    for (const int64_t batch : {int64_t(256), 6000 % int64_t(256), 10000 % int64_t(256)})
      if (const auto plan = (*session)->evaluationPlan(batch); !plan) QFAIL(toString(plan.error()).c_str());
    const int64_t taken = *room - (*session)->roomOnDevice().value();
    QVERIFY2(taken <= told->deviceBytes && taken > told->deviceBytes * 9 / 10, QByteArray::number(qint64(taken)).constData());
  }

  // Who only looks has a device while nobody computes on it, and who wants to compute waits until it was looked at.
  void lookingAndComputing() {
    cuda_on_cpu::setDevice(true);
    Devices::all().take(netwright_cuda_module());
    SessionOptions computes;
    computes.threads = 1, computes.device = kCuda, computes.withoutData = true;
    SessionOptions looks = computes;
    looks.onlyLooks = true;
    const document::Document document = shipped("xor", 8);
    auto first = Session::open(document, computes);
    QVERIFY(first);
    QVERIFY(Session::open(document, computes));  // several may
    const auto refused = Session::open(document, looks);
    QVERIFY(!refused);
    QCOMPARE(refused.error().needs.text(), std::string(kDeviceInUse));
    first->reset();
    auto looking = Session::open(document, looks);
    QVERIFY(looking && (*looking)->device());
    QVERIFY(!Session::open(document, looks));
    std::atomic<bool> begun = false;
    std::thread other([&] {
      const DeviceUse use = useDevices();
      begun = true;
    });
    QTest::qWait(50);
    QVERIFY(!begun);
    looking->reset();
    other.join();
    QVERIFY(begun);
    QVERIFY(useDevicesToLook());
  }

  void noDevice() {
    cuda_on_cpu::setDevice(false);
    Devices::all().take(netwright_cuda_module());
    QVERIFY(Devices::all().cuda().empty());
    Message reason;
    const auto automatic = Devices::all().open({}, &reason);
    const std::string why = toString(reason);
    QVERIFY(automatic && !*automatic);
    QVERIFY2(!why.empty(), why.c_str());
    QCOMPARE(why, toString(Devices::all().reason()));
    const auto wished = Devices::all().open(kCuda);
    QVERIFY(!wished);
    QVERIFY2(toString(wished.error()).find(why) != std::string::npos, toString(wished.error()).c_str());
  }

  // A driver that serves an older CUDA than the module was built with: no device, and both versions are said.
  void aDriverThatIsTooOld() {
    static CudaModule old = *netwright_cuda_module();
    old.runtime = 12010;
    old.count = [](std::string& why, int& driver) {
      why = "CUDA driver version is insufficient for CUDA runtime version", driver = 11040;
      return 0;
    };
    Devices::all().take(&old);
    QCOMPARE(QString::fromStdString(toString(Devices::all().reason())), QString("the NVIDIA driver serves CUDA 11.4, and this build needs 12.1"));
    Message reason;
    const auto automatic = Devices::all().open({}, &reason);
    const std::string why = toString(reason);
    QVERIFY(automatic && !*automatic);
    QCOMPARE(why, toString(Devices::all().reason()));
    const auto wished = Devices::all().open(kCuda);
    QVERIFY(!wished && toString(wished.error()).find(why) != std::string::npos);
    QVERIFY(!train(spirals(R"({"type":"adam","lr":0.01})"), kCuda, 1));
  }

  // The run ends with a message, and is there to go on with: what was learned until the last checkpoint at least.
  void aDeviceThatFailsInARun() {
    QTemporaryDir folder;
    RunOptions options;
    options.session.threads = 1, options.session.device = kCuda;
    options.out = folder.filePath("run").toStdString();
    constexpr int64_t lastGood = 10;  // of 7 steps an epoch: there is a checkpoint
    options.afterStep = [](int64_t step) {
      if (step == lastGood) cuda_on_cpu::failAfter(0);
    };
    {
      Run run(spirals(R"({"type":"adam","lr":0.01})", "", 3, 250), options);
      const Status status = run.wait();
      cuda_on_cpu::failAfter(size_t(1) << 40);
      QCOMPARE(int(status.state), int(State::failed));
      QVERIFY2(status.problem && toString(*status.problem).find("--device cpu") != std::string::npos, status.problem ? toString(*status.problem).c_str() : "");
      QVERIFY(status.step >= lastGood && status.step <= lastGood + 2);
    }
    options.afterStep = nullptr, options.session.device = kCpu, options.resume = true;
    Run run(spirals(R"({"type":"adam","lr":0.01})", "", 3, 250), options);
    const Status status = run.wait();
    QVERIFY2(status.state == State::finished, status.problem ? toString(*status.problem).c_str() : "");
    QCOMPARE(status.step, status.steps);
  }

  void unknownDevices() {
    const auto other = Devices::all().open({DeviceChoice::Kind::cuda, 7});
    QVERIFY(!other && toString(other.error()).find("cuda:7") != std::string::npos);
    for (const char* text : {"gpu", "cuda:", "cuda:-1", "cuda:x", "cuda:1x", "CPU", ""}) QVERIFY2(!DeviceChoice::parse(text), text);
    for (const char* text : {"auto", "cpu", "cuda", "cuda:3"}) QCOMPARE(DeviceChoice::parse(text)->text(), std::string(text));
  }

  // Whatever call fails, the run ends with a message, and what was there before stays.
  void aDeviceThatFails() {
    const document::Document document = spirals(R"({"type":"adam","lr":0.01})");
    int failures = 0;
    for (const size_t after : {0u, 1u, 5u, 20u, 60u, 100u}) {
      cuda_on_cpu::failAfter(after);
      const auto result = train(document, kCuda, 4);
      cuda_on_cpu::failAfter(size_t(1) << 40);
      if (result) continue;
      ++failures;
      QVERIFY2(!toString(result.error()).empty(), "a message");
    }
    QVERIFY(failures > 3);
  }
};

QTEST_GUILESS_MAIN(DeviceTest)
#include "device_test.moc"
