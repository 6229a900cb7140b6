// Where the next run computes, and on how many threads: what there is, what was chosen, and what comes of it. Remembered for all
// windows.
#pragma once
#include <QObject>
#include <optional>
#include <vector>

#include "engine/device/devices.h"
#include "ui/run/training.h"

namespace ui {

class DeviceSetting : public QObject {
  Q_OBJECT
 public:
  // One device to choose. One that cannot be used says why not.
  struct Entry {
    engine::DeviceChoice choice;
    QString text, whyNot;
  };

  // CUDA's libraries are looked for off the window's thread; until then only the processor is known.
  DeviceSetting(Project& project, Training& training, QObject* parent = nullptr);

  std::vector<Entry> entries() const;
  bool isChosen(const engine::DeviceChoice& choice) const;
  void choose(const engine::DeviceChoice& choice);
  // Products in TF32 on a CUDA device that has it; off until a person chooses it.
  bool hasTf32() const;
  bool isTf32() const { return training_.device().tf32; }
  void chooseTf32(bool on);
  // 0: one for each core, but one for the window.
  void chooseThreads(int threads);
  bool isChosenThreads(int threads) const { return training_.threads() == threads; }
  QList<int> threadCounts() const;

  // The CUDA device that "Compare devices" holds against the processor: what was chosen, or else the first one. Where there is none,
  // `why` says so.
  std::optional<engine::DeviceChoice> toCompare(QString* why) const;

  // Whether the next run computes on a CUDA device, as far as that is known: true while devices are being looked for.
  bool mayBeCuda() const;
  QString nextRun() const;  // "CPU, 3 threads", "NVIDIA H200", "NVIDIA H200, TF32"
  QString whyNext() const;  // "this machine has no NVIDIA driver"
  // The same of the run that is under way, or else of the next one.
  QString inUse() const;
  QString whyInUse() const;

 signals:
  void changed();

 private:
  // Of a run that asks for what was chosen; null: the processor.
  const engine::DeviceInfo* next(QString* why) const;
  bool isDouble() const;

  Project& project_;
  Training& training_;
  std::vector<engine::DeviceInfo> cuda_;
  QString noCuda_;  // why there is none
  bool known_ = false;
  QString missed_;  // what was chosen once, and is not there
  QString device_;  // of the run that is shown
};

// "1 thread", "3 threads".
QString threadsText(int threads);

}  // namespace ui
