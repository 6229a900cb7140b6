// What a run of the recipe takes of memory, told before it takes any, against what the machine or the CUDA device has; and for how
// large a batch there is room. Plans are made off the window's thread, of the newest document only.
#pragma once
#include <QObject>
#include <QThreadPool>
#include <QTimer>
#include <atomic>
#include <memory>
#include <optional>

#include "ui/model/data_summary.h"
#include "ui/run/device_setting.h"

namespace ui {

class MemoryForecast : public QObject {
  Q_OBJECT
 public:
  MemoryForecast(Project& project, Training& training, DeviceSetting& devices, QObject* parent = nullptr);
  ~MemoryForecast() override;

  struct Facts {
    qint64 needs = 0;  // of all plans of the run, and on the processor of its data, as far as they are known
    qint64 data = 0;   // of that, the data
    qint64 room = 0;   // that the machine has, or that is free on the device
    QString device;    // "" for the processor
    bool fits() const { return needs <= room; }
    bool operator==(const Facts&) const = default;
  };
  // None: the network cannot be trained as it is, or nothing is known yet.
  const std::optional<Facts>& facts() const { return facts_; }
  bool isBehind() const { return behind_; }  // what is known is of before the last edits
  bool isTooMuch() const { return !behind_ && facts_ && !facts_->fits(); }
  // The largest batch that fits, 0 where not even a single sample does; none while it is not known. It is looked for where the
  // recipe's does not fit, or where somebody wants it.
  std::optional<qint64> largest() const { return largest_; }
  qint64 rows() const { return rows_; }  // to train on: no batch is larger. 0: not known
  void setLargestWanted(bool wanted);
  void renew() { ask(); }  // others may have taken or given back memory
  engine::Problems problems() const;
  // "Training at batch 4,096 needs 21.3 GiB of memory, and this machine has 15.6 GiB".
  QString whyNot() const;
  // Another machine's memory than this one's.
  void setMachine(qint64 bytes);

 signals:
  void changed();

 private:
  struct Question;
  struct Answer {
    std::optional<Facts> facts;
    bool isBusy = false;  // the device: to be asked again
  };
  Question question() const;
  void ask();
  void find();
  void findLargest();
  void take(std::optional<Facts> facts);
  bool mayUseDevice() const { return devices_.mayBeCuda(); }
  QThreadPool* pool() { return mayUseDevice() ? &onDevice_ : QThreadPool::globalInstance(); }

  Project& project_;
  Training& training_;
  DeviceSetting& devices_;
  DataSummary& data_;
  qint64 machine_;
  std::optional<Facts> facts_;
  std::optional<qint64> largest_;
  qint64 rows_ = 0;
  QTimer timer_;
  quint64 asked_ = 0;
  std::shared_ptr<std::atomic<quint64>> newest_;  // for who looks for the largest: another number, and it is of no use
  QThreadPool onDevice_;  // who goes waits for it: a device ends after those that use it
  bool behind_ = true, finding_ = false, looking_ = false, wanted_ = false, waiting_ = false;
};

}  // namespace ui
