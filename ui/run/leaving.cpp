#include "ui/run/leaving.h"

#include <atomic>
#include <list>
#include <mutex>
#include <thread>

namespace ui {

namespace {

struct Leaving {
  struct One {
    std::atomic<bool> over = false;
    std::thread thread;
  };
  std::mutex mutex;
  std::list<One> all;

  ~Leaving() {
    for (One& one : all) one.thread.join();
  }
};

}  // namespace

void leaveRun(std::unique_ptr<engine::training::Run> run) {
  if (!run) return;
  static Leaving leaving;
  run->stop();
  const std::lock_guard lock(leaving.mutex);
  leaving.all.remove_if([](Leaving::One& one) {
    if (one.over) one.thread.join();
    return one.over.load();
  });
  Leaving::One& one = leaving.all.emplace_back();
  one.thread = std::thread([run = std::move(run), &one]() mutable {
    run.reset();  // waits for the run's own thread
    one.over = true;
  });
}

}  // namespace ui
