#include <QApplication>
#include <QTimer>
#include <cstdio>

#include "tests/bench/studio/bench.h"
#include "ui/canvas/live_previews.h"
#include "ui/shell/main_window.h"

namespace bench {

namespace {

constexpr int kTick = 10, kSeconds = 4;
using State = ui::Training::State;

void wait(double seconds) {
  QElapsedTimer timer;
  timer.start();
  while (millisecondsOf(timer) < seconds * 1e3) QApplication::processEvents(QEventLoop::WaitForMoreEvents);
}

struct Measured {
  Times ticks;
  double stepsASecond = 0;
};

// The intervals of a timer of the window's thread while the run goes on.
Measured measure(ui::MainWindow& window) {
  Measured measured;
  QTimer timer;
  timer.setTimerType(Qt::PreciseTimer);
  QElapsedTimer since;
  QObject::connect(&timer, &QTimer::timeout, &window, [&] {
    if (since.isValid()) measured.ticks.all.push_back(millisecondsOf(since));
    since.start();
  });
  timer.start(kTick);
  const qint64 before = window.training().status().step;
  QElapsedTimer clock;
  clock.start();
  wait(kSeconds);
  measured.stepsASecond = double(window.training().status().step - before) / millisecondsOf(clock) * 1e3;
  return measured;
}

void run(const char* name) {
  ui::MainWindow window;
  window.resize(1440, 900);
  window.show();
  window.files().openTemplate(name);
  window.project().edit("Epochs", [](engine::document::Transaction& t) {
    auto recipe = t.view().recipe();
    recipe.phases[0].epochs = 1000000;
    return t.setRecipe(std::move(recipe));
  });
  auto* previews = window.findChild<ui::LivePreviews*>();
  if (!previews) qFatal("the window has no previews");
  window.training().start();
  while (window.training().state() != State::running) wait(0.01);
  wait(1);
  // In turns, so that a machine that changes its mind is unfair to neither.
  Times ticksWith, ticksWithout;
  double with = 0, without = 0;
  constexpr int kRounds = 3;
  for (int round = 0; round < kRounds; ++round)
    for (const bool on : {true, false}) {
      previews->setOn(on);
      wait(0.5);
      const Measured measured = measure(window);
      auto& ticks = on ? ticksWith : ticksWithout;
      ticks.all.insert(ticks.all.end(), measured.ticks.all.begin(), measured.ticks.all.end());
      (on ? with : without) += measured.stepsASecond / kRounds;
    }
  std::printf("| %s | %.0f | %.0f | %.1f %% | %.1f | %.1f | %.1f | %.1f |\n", name, without, with,
              100 * (without - with) / without, ticksWithout.at(0.5), ticksWithout.at(0.95), ticksWith.at(0.95), ticksWith.at(1));
  window.training().stop();
  while (window.training().isActive()) wait(0.01);
}

}  // namespace

void training() {
  std::printf("| run in the window | steps a second | with previews | they cost | tick of %d ms, median | 95th percentile | with previews | slowest |\n|---|---:|---:|---:|---:|---:|---:|---:|\n", kTick);
  for (const char* name : {"xor", "spirals", "fashion-mlp", "fashion-cnn"}) run(name);
  std::printf("\n");
}

}  // namespace bench
