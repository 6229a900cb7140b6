// Learning rates by schedule equal those of torch.optim.lr_scheduler: tests/fixtures/torch_schedules.json, recorded by
// record_torch_schedules.py.
#include <QtTest>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/training/schedule.h"

using namespace engine::training;
using Json = nlohmann::json;

class ScheduleTest : public QObject {
  Q_OBJECT

  static Json record() {
    std::ifstream file(NETWRIGHT_SOURCE_DIR "/tests/fixtures/torch_schedules.json");
    return Json::parse(file);
  }

 private slots:
  void series_data() {
    QTest::addColumn<int>("index");
    const Json json = record();
    for (int i = 0; i < int(json["cases"].size()); ++i)
      QTest::addRow("%d %s", i, json["cases"][size_t(i)]["kind"].get<std::string>().c_str()) << i;
  }
  void series() {
    QFETCH(int, index);
    const Json json = record();
    const Json& c = json["cases"][size_t(index)];
    const std::string kind = c["kind"];
    Schedule schedule;
    if (kind == "step") schedule = {.kind = Schedule::Kind::step, .stepSize = c["step_size"], .gamma = c["gamma"]};
    if (kind == "multistep") schedule = {.kind = Schedule::Kind::multistep, .milestones = c["milestones"], .gamma = c["gamma"]};
    if (kind == "exponential") schedule = {.kind = Schedule::Kind::exponential, .gamma = c["gamma"]};
    if (kind == "cosine") schedule = {.kind = Schedule::Kind::cosine, .tMax = c["t_max"], .etaMin = c["eta_min"]};
    if (kind == "warmup") schedule.warmupSteps = c["warmup_steps"];
    const double base = json["base"];
    for (size_t k = 0; k < c["rates"].size(); ++k) {
      // Warm-up counts steps, all others epochs.
      const int64_t epoch = kind == "warmup" ? 0 : int64_t(k), step = int64_t(k);
      const double rate = learningRate(schedule, base, epoch, step), expected = c["rates"][k];
      // PyTorch goes on from the last rate, we start from the first: their rounding adds up.
      QVERIFY2(std::abs(rate - expected) <= 1e-12 * base, qPrintable(QString("%1: %2 is not %3").arg(k).arg(rate).arg(expected)));
    }
  }

  // From the recipe's words, with what was not given.
  void ofARecipe() {
    engine::document::Phase phase;
    phase.schedule = {"multistep", {{"milestones", std::vector<int64_t>{2, 4}}}, {}};
    const auto multistep = scheduleOf(phase);
    QVERIFY(multistep);
    QCOMPARE(learningRate(*multistep, 1, 3, 0), 0.1);
    phase.schedule = {"exponential", {{"gamma", 0.5}, {"warmup_steps", int64_t(1)}}, {}};
    const auto exponential = scheduleOf(phase);
    QVERIFY(exponential);
    QCOMPARE(learningRate(*exponential, 1, 3, 1), 0.125);
    QCOMPARE(learningRate(*exponential, 1, 3, 0), 0.0625);
  }

  // Both at once: the warm-up is a factor of what the schedule says.
  void warmUpOverCosine() {
    const Schedule schedule{.kind = Schedule::Kind::cosine, .tMax = 4, .etaMin = 0, .warmupSteps = 3};
    for (int64_t step = 0; step < 8; ++step) {
      const int64_t epoch = step / 2;
      const double cosine = 0.5 * (1 + std::cos(std::acos(-1.0) * double(epoch) / 4));
      const double expected = cosine * std::min(1.0, double(step + 1) / 4);
      QVERIFY(std::abs(learningRate(schedule, 1, epoch, step) - expected) < 1e-15);
    }
  }
};

QTEST_APPLESS_MAIN(ScheduleTest)
#include "schedule_test.moc"
