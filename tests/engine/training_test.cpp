// Runs from the outside: a network learns, stops, goes on, and its checkpoints are the same bytes whatever the threads.
#include <QTemporaryDir>
#include <QtTest>
#include <fstream>
#include <set>
#include <thread>

#include "engine/document/json.h"
#include "engine/training/checkpoint.h"
#include "engine/training/preview.h"
#include "engine/training/profile.h"
#include "engine/training/run.h"

using namespace engine;
using namespace engine::training;

namespace {

// Two spirals, with all that a resumed run could get wrong: dropout, batch norm, momentum, a schedule, a shuffle, and a
// last batch that is smaller.
document::Document spirals(const char* optimizer = R"({"type":"sgd","lr":0.1,"momentum":0.9})", int epochs = 3) {
  const std::string text = R"({"netwright":1,"name":"spirals","nodes":[
    {"id":"0000000000000001","type":"Input","name":"point","fields":{"shape":[2]}},
    {"id":"0000000000000002","type":"Linear","name":"hidden","fields":{"out_features":32}},
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
    "recipe":{"seed":7,"phases":[{"optimizer":)" + std::string(optimizer) + R"(,"schedule":{"type":"cosine","warmup_steps":5},"batch":48,"epochs":)" + std::to_string(epochs) + "}]}}";
  Result<document::Document> parsed = document::parse(text, "spirals.netw");
  if (!parsed) qFatal("%s", withPlace(parsed.error()).c_str());
  return *parsed;
}

std::string contentOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

class TrainingTest : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  std::string at(const char* name) const { return folder_.filePath(name).toStdString(); }

  RunOptions options(const char* out, int threads = 1) const {
    RunOptions o;
    o.session.threads = threads;
    o.out = at(out);
    return o;
  }
  std::string checkpointOf(const char* out) const { return contentOf(at(out) + "/checkpoint.safetensors"); }

  Status whole(const document::Document& document, const RunOptions& o) {
    Run run(document, o);
    Status status = run.wait();
    if (status.problem) qWarning("%s", toString(*status.problem).c_str());
    return status;
  }

 private slots:
  void learnsSpirals() {
    const Status status = whole(spirals(R"({"type":"adam","lr":0.01})", 60), options("learns"));
    QCOMPARE(status.state, State::finished);
    QVERIFY(status.test && status.test->accuracy);
    QVERIFY2(*status.test->accuracy > 0.8, qPrintable(QString::number(*status.test->accuracy)));
  }

  void threadsChangeNothing() {
    QCOMPARE(whole(spirals(), options("one", 1)).state, State::finished);
    QCOMPARE(whole(spirals(), options("two", 2)).state, State::finished);
    QVERIFY(!checkpointOf("one").empty());
    QCOMPARE(checkpointOf("one"), checkpointOf("two"));
  }

  void lookingInsideChangesNothing() {
    QCOMPARE(whole(spirals(), options("alone")).state, State::finished);
    std::vector<std::shared_ptr<const Preview>> seen;
    {
      RunOptions o = options("watched");
      o.startPaused = true;
      Run run(spirals(), o);
      run.setPreviews(1e-9);  // as often as it is allowed
      for (int step = 0; step < 5; ++step) {
        run.stepOnce();
        QTRY_VERIFY([&] {
          if (auto preview = run.takePreview(); preview && preview->step == step + 1) seen.push_back(std::move(preview));
          return int(seen.size()) == step + 1;
        }());
      }
      run.resume();
      QCOMPARE(run.wait().state, State::finished);
      seen.push_back(run.takePreview());
    }
    QCOMPARE(checkpointOf("watched"), checkpointOf("alone"));
    QVERIFY(seen.back());
    const NodeOutput *point = seen.back()->of(1), *relu = seen.back()->of(4), *loss = seen.back()->of(8);
    QVERIFY(point && relu && loss);
    QVERIFY(relu->shape == Shape{32});
    QCOMPARE(relu->samples, Preview::kSamples);
    QCOMPARE(int(relu->values.size()), 32 * Preview::kSamples);
    QVERIFY(std::all_of(relu->values.begin(), relu->values.end(), [](float v) { return v >= 0; }));
    QCOMPARE(loss->samples, 1);
    QCOMPARE(seen.front()->of(1)->values, point->values);  // the same samples all the time
    QVERIFY(seen.front()->of(6)->values != seen.back()->of(6)->values);
  }

  void profilingChangesNothing() {
    QCOMPARE(whole(spirals(), options("untimed")).state, State::finished);
    std::vector<std::shared_ptr<const Profile>> told;
    {
      RunOptions o = options("timed");
      o.startPaused = true;
      Run run(spirals(), o);
      run.setProfile(true);
      for (int step = 0; step < 3; ++step) {  // paused, what was timed is told after each step
        run.stepOnce();
        const auto isTold = [&] {
          if (auto profile = run.takeProfile()) told.push_back(std::move(profile));
          return !told.empty() && told.back()->step == step + 1;
        };
        QTRY_VERIFY_WITH_TIMEOUT(isTold(), 120000);  // it multiplies large matrices first, which a sanitizer makes slow
      }
      run.resume();
      QCOMPARE(run.wait().state, State::finished);
      if (auto last = run.takeProfile()) told.push_back(std::move(last));
    }
    QCOMPARE(checkpointOf("timed"), checkpointOf("untimed"));
    for (const auto& profile : told) {
      QVERIFY(profile->steps > 0 && profile->steps <= Profiler::kSteps);
      QVERIFY(profile->stepSeconds > 0);
      QVERIFY(profile->peakFlopsPerSecond > 0);
      const double share = profile->nodeSeconds() / profile->stepSeconds;
      // On a quiet machine it is above 0.95; what somebody else takes between two calls is the step's, not the nodes'.
      QVERIFY2(share > 0.3 && share <= 1, qPrintable(QString::number(share)));
    }
    // Node 2 is a Linear of the document: it multiplies forward and backward, and its activation may be fused into it.
    const NodeCost* linear = told.back()->of(2);
    QVERIFY(linear && linear->forward > 0 && linear->backward > 0 && linear->flops > 0);
    double update = 0;
    std::set<NodeId> nodes;
    for (const NodeCost& cost : told.back()->nodes) {
      update += cost.update;
      QVERIFY2(nodes.insert(cost.node).second, "a node has two rows");
      QVERIFY(cost.node <= 8);  // all belong to the document
    }
    QVERIFY(update > 0);
  }

  void aRunThatIsNotProfiledTellsNothing() {
    Run run(spirals(), options("silent"));
    run.wait();
    QVERIFY(!run.takeProfile());
  }

  void resumedIsNeverStopped_data() {
    QTest::addColumn<QString>("optimizer");
    QTest::addColumn<int>("stopAfter");
    for (const char* optimizer : {R"({"type":"sgd","lr":0.1,"momentum":0.9})", R"({"type":"adamw","lr":0.01})", R"({"type":"rmsprop","lr":0.01,"momentum":0.5})"})
      for (int step : {1, 7, 30}) QTest::addRow("%.16s %d", optimizer + 9, step) << QString(optimizer) << step;
  }
  void resumedIsNeverStopped() {
    QFETCH(QString, optimizer);
    QFETCH(int, stopAfter);
    const document::Document document = spirals(optimizer.toStdString().c_str());
    QCOMPARE(whole(document, options("whole")).state, State::finished);
    RunOptions part = options("part");
    Run* running = nullptr;
    std::mutex mutex;
    std::unique_lock lock(mutex);  // the first step waits until `running` is there
    part.afterStep = [&](int64_t step) {
      const std::lock_guard guard(mutex);
      if (step == stopAfter) running->stop();
    };
    {
      Run run(document, part);
      running = &run;
      lock.unlock();
      const Status status = run.wait();
      QCOMPARE(status.state, State::stopped);
      QCOMPARE(status.step, stopAfter);
    }
    QVERIFY(checkpointOf("part") != checkpointOf("whole"));
    part.afterStep = nullptr;
    part.resume = true;
    QCOMPARE(whole(document, part).state, State::finished);
    QCOMPARE(checkpointOf("part"), checkpointOf("whole"));
    // The log tells the same steps once each.
    const auto lines = [](const std::string& text) { return std::count(text.begin(), text.end(), '\n'); };
    QCOMPARE(lines(contentOf(at("part") + "/log.jsonl")), lines(contentOf(at("whole") + "/log.jsonl")));
  }

  void notFiniteNamesTheNode() {
    const Status status = whole(spirals(R"({"type":"sgd","lr":1e30})"), options("diverges"));
    QCOMPARE(status.state, State::failed);
    QVERIFY(status.problem && status.problem->node != 0);
    QVERIFY(toString(*status.problem).find("finite") != std::string::npos);
    const document::Document drawn = spirals(R"({"type":"sgd","lr":1e30})");
    const document::Node* node = drawn.node(status.problem->node);
    QVERIFY(node);
    QVERIFY2(toString(*status.problem).find("(" + node->type + ")") != std::string::npos, toString(*status.problem).c_str());
    // The checkpoint is that of the last good step, and holds finite numbers only.
    const document::Document document = spirals(R"({"type":"sgd","lr":1e30})");
    SessionOptions sessionOptions;
    sessionOptions.threads = 1;
    Result<std::unique_ptr<Session>> session = Session::open(document, sessionOptions);
    QVERIFY(session);
    QVERIFY((*session)->trainPlan(0, 48));
    Result<Checkpoint> checkpoint = loadCheckpoint(at("diverges") + "/checkpoint.safetensors", (*session)->store());
    QVERIFY(checkpoint);
    QCOMPARE(checkpoint->progress.step, status.step);
    for (const Store::Entry& entry : (*session)->store().entries())
      for (int64_t i = 0; i < entry.tensor.elements(); ++i)
        if (entry.tensor.type == Type::f32) QVERIFY(std::isfinite(static_cast<float*>(entry.tensor.data)[i]));
  }

  void obeysWithinAStep() {
    RunOptions o = options("obeys");
    o.startPaused = true;
    Run run(spirals(), o);
    run.stepOnce();
    QTRY_COMPARE(run.status().step, 1);
    QTRY_COMPARE(run.status().state, State::paused);
    run.setLearningRate(0.5);
    run.stepOnce();
    QTRY_COMPARE(run.status().step, 2);
    const std::vector<StepEvent> steps = run.takeSteps();
    QCOMPARE(steps.size(), size_t(2));
    QCOMPARE(steps[1].learningRate, 0.5 * 2 / 6);  // the second of five steps of warm-up
    run.resume();
    QCOMPARE(run.wait().state, State::finished);
  }
};

QTEST_GUILESS_MAIN(TrainingTest)
#include "training_test.moc"
