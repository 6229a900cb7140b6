// For how large a batch there is room: the largest that fits and not one more, found with few plans; and what is said where a run
// has no room.
#include <QtTest>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "engine/document/json.h"
#include "engine/document/templates.h"
#include "engine/training/batch_fit.h"
#include "engine/training/run.h"

using namespace engine;
using namespace engine::training;

namespace {

document::Document shipped(const char* name, int64_t batch) {
  nlohmann::json json = nlohmann::json::parse(document::templateNamed(name)->text);
  json["recipe"]["phases"][0]["batch"] = batch;
  return *document::parse(json.dump(), "template.netw");
}

std::unique_ptr<Session> opened(const document::Document& document, std::optional<int64_t> memory = {}) {
  SessionOptions options;
  options.threads = 1;
  options.memory = memory;
  options.withoutData = true;
  auto session = Session::open(document, options);
  if (!session) qFatal("%s", withPlace(session.error()).c_str());
  return std::move(*session);
}

// Most that may be asked: three times the bits, and the last one.
int bound(int64_t most) { return 3 * int(std::ceil(std::log2(double(most)) + 1)) + 1; }

}  // namespace

class BatchFitTest : public QObject {
  Q_OBJECT
 private slots:
  // Whatever the curve, as long as it rises: the answer is exact, and the questions are bounded.
  void theLargestOfAnyCurve_data() {
    QTest::addColumn<int>("kind");
    for (int kind = 0; kind < 6; ++kind) QTest::newRow(QByteArray::number(kind).constData()) << kind;
  }
  void theLargestOfAnyCurve() {
    QFETCH(int, kind);
    std::mt19937_64 random(uint64_t(7 + kind));
    int asked = 0, mostAsked = 0;
    for (int turn = 0; turn < 300; ++turn) {
      const int64_t most = 1 + int64_t(random() % 70000), begin = 1 + int64_t(random() % 80000);
      const double a = double(random() % 1000000), c = double(1 + random() % 5000);
      const auto bytes = [&](int64_t b) -> int64_t {
        const double x = double(b);
        switch (kind) {
          case 0: return int64_t(a + c * x);                                      // a line
          case 1: return int64_t(std::max(a * 50, c * x));                        // an evaluation that takes more than small batches
          case 2: return int64_t(a + c * x) / 4096 * 4096;                        // in pages
          case 3: return int64_t(a + c * x * x / 100);                            // bent upwards
          case 4: return int64_t(a + c * 100 * std::sqrt(x));                     // bent downwards
          default: return b < most / 3 ? int64_t(c * x) : int64_t(c * x * 5 + a);  // computed another way from some size on
        }
      };
      const int64_t room = bytes(1 + int64_t(random() % uint64_t(most + most / 4 + 1))) - int64_t(random() % 2);
      asked = 0;
      const auto found = largestBatch({room, begin, most}, [&](int64_t b) -> std::optional<int64_t> {
        ++asked;
        if (b < 1 || b > most) qFatal("a batch that nobody asked about");
        return bytes(b);
      });
      QVERIFY(found && *found >= 0 && *found <= most);
      QVERIFY2(*found == 0 || bytes(*found) <= room, "it does not fit");
      QVERIFY2(*found == most || bytes(*found + 1) > room, "a larger one fits");
      QVERIFY2(asked <= bound(most), QByteArray::number(asked).constData());
      mostAsked = std::max(mostAsked, asked);
    }
    if (kind == 0) QVERIFY2(mostAsked <= 6, QByteArray::number(mostAsked).constData());  // a line is known from two of its points
  }

  void sizesWithoutAPlan() {
    // Of odd sizes there is none; they count as too large.
    const auto found = largestBatch({1000, 64, 4096}, [](int64_t b) { return b > 40 ? std::optional<int64_t>() : std::optional<int64_t>(b); });
    QCOMPARE(found.value(), int64_t(40));
    QCOMPARE(largestBatch({1000, 1, 100}, [](int64_t) { return std::optional<int64_t>(); }).value(), int64_t(0));
    QCOMPARE(largestBatch({-5, 16, 100}, [](int64_t b) { return std::optional(b); }).value(), int64_t(0));
    QCOMPARE(largestBatch({5, 16, 0}, [](int64_t b) { return std::optional(b); }).value(), int64_t(0));
  }

  void itEndsWhenItIsCancelled() {
    int asked = 0;
    const auto found = largestBatch({1000, 1, 1 << 20, [&] { return asked == 2; }}, [&](int64_t b) {
      ++asked;
      return std::optional(b * b);
    });
    QVERIFY(!found);
    QCOMPARE(asked, 2);
  }

  // A whole run, exactly: what is said to fit does, with one sample more it does not.
  void ofARealNetwork_data() {
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<qint64>("batch");
    for (const char* name : {"fashion-mlp", "fashion-cnn"})
      for (const qint64 batch : {100, 3000}) QTest::addRow("%s %lld", name, batch) << QByteArray(name) << batch;
  }
  void ofARealNetwork() {
    QFETCH(QByteArray, name);
    QFETCH(qint64, batch);
    const auto session = opened(shipped(name.constData(), 64));
    ForecastOptions options;
    options.rows = {54000, 6000, 10000};
    options.batch = batch;
    const auto exactly = session->forecastRun(options);
    QVERIFY(exactly && exactly->needed() == exactly->bytes());
    options.batch.reset();
    const auto needs = [&](int64_t samples) {
      ForecastOptions of = options;
      of.batch = samples;
      return session->forecastRun(of)->needed();
    };
    for (const int64_t room : {exactly->needed(), exactly->needed() - 1}) {
      const int64_t found = largestBatch(*session, options, {room, 64, 54000}).value();
      QVERIFY2(needs(found) <= room && needs(found + 1) > room, QByteArray::number(qint64(found)).constData());
      // Some sizes are calculated in other slices and take a little less than the one before them: near it, and never above.
      QVERIFY2(double(found) > 0.95 * double(batch) && (found < batch || room >= exactly->needed()), QByteArray::number(qint64(found)).constData());
    }
    QCOMPARE(session->arenaBytes(), int64_t(0));  // no memory was taken for any of it
    QCOMPARE(session->store().entries().size(), size_t(0));
  }

  // A run with less memory than it needs is refused before it takes any, and the problem brings the edit that mends it.
  void aRunWithoutRoomIsRefused() {
    const int64_t memory = int64_t(40) << 20;
    const auto session = opened(shipped("fashion-cnn", 4096), memory);
    const auto refused = session->trainPlan(0, 4096);
    QVERIFY(!refused);
    QCOMPARE(session->arenaBytes(), int64_t(0));
    const Problem problem = refused.error();
    QCOMPARE(problem.edits.size(), size_t(1));
    const auto& edit = std::get<SetField>(problem.edits.front());
    QCOMPARE(edit.node, NodeId(0));
    QCOMPARE(edit.field, std::string(kBatchOfRecipe));
    const int64_t fits = std::get<int64_t>(edit.value);
    QVERIFY(fits > 1 && fits < 4096);
    const QString said = QString::fromStdString(toString(problem));
    QVERIFY2(said.contains(QString("make the batch %1 at most").arg(fits)) && said.contains("steps of 4096 samples") && said.contains("40 MiB that this machine"), qPrintable(said));
    QVERIFY(!session->trainPlan(0, fits + 1));
    const auto taken = session->trainPlan(0, fits);
    QVERIFY2(taken, taken ? "" : toString(taken.error()).c_str());
    const PlanReport& report = (*taken)->report();
    QVERIFY(report.planBytes() + report.inputBytes <= memory);

    const auto none = opened(shipped("fashion-cnn", 64), 1000)->trainPlan(0, 64);
    QVERIFY(!none && none.error().edits.empty());
    QVERIFY(toString(none.error()).find("not even a single sample fits") != std::string::npos);
    QVERIFY(opened(shipped("fashion-cnn", 64))->trainPlan(0, 64));  // nobody looks
  }

  // As the run of a window: it fails, and has taken and written nothing.
  void aRunSaysSo() {
    QTemporaryDir folder;
    RunOptions options;
    options.session.threads = 1;
    options.session.memory = int64_t(1) << 20;
    options.out = folder.filePath("run").toStdString();
    Run run(shipped("spirals", 1 << 20), options);
    run.wait();
    QCOMPARE(int(run.status().state), int(State::failed));
    QVERIFY(run.status().problem);
    QVERIFY2(toString(*run.status().problem).find("of memory for steps of") != std::string::npos, toString(*run.status().problem).c_str());
    QVERIFY(!QFileInfo::exists(folder.filePath("run/checkpoint.safetensors")));
  }
};

QTEST_APPLESS_MAIN(BatchFitTest)
#include "batch_fit_test.moc"
