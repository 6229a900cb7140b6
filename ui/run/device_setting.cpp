#include "ui/run/device_setting.h"

#include <QSettings>
#include <QThread>

#include "ui/model/background.h"
#include "ui/model/text.h"

namespace ui {

using engine::DeviceChoice;

namespace {
const char kDevice[] = "run/device", kThreads[] = "run/threads", kTf32[] = "run/tf32";

struct FoundDevices {
  std::vector<engine::DeviceInfo> cuda;
  QString reason;
};

int cores() { return std::max(1, QThread::idealThreadCount()); }
bool same(const DeviceChoice& a, const DeviceChoice& b) { return a.kind == b.kind && a.index == b.index; }
}  // namespace

QString threadsText(int threads) { return DeviceSetting::tr("%n threads", nullptr, threads); }

DeviceSetting::DeviceSetting(Project& project, Training& training, QObject* parent) : QObject(parent), project_(project), training_(training) {
  const QSettings settings;
  training_.setThreads(std::clamp(settings.value(kThreads, 0).toInt(), 0, cores()));
  auto remembered = DeviceChoice::parse(utf8(settings.value(kDevice, "auto").toString()));
  if (!remembered) remembered = DeviceChoice{};
  remembered->tf32 = settings.value(kTf32, false).toBool();
  training_.setDevice(*remembered);
  const auto look = [] {
    const engine::Devices& all = engine::Devices::all();
    return FoundDevices{all.cuda(), textOf(all.reason())};
  };
  inBackground(this, look, [this](const FoundDevices& found) {
    cuda_ = found.cuda;
    noCuda_ = found.reason;
    known_ = true;
    // A device that was taken out meanwhile: the program chooses, until a person does, or the device is there again.
    if (const DeviceChoice was = training_.device(); was.kind == DeviceChoice::Kind::cuda && was.index >= int(cuda_.size())) {
      missed_ = tr("%1 was chosen before, and is not there.").arg(qt(was.text()));
      training_.setDevice({.tf32 = was.tf32});
    }
    emit changed();
  });
  connect(&training_, &Training::deviceChanged, this, &DeviceSetting::changed);
  connect(&project_, &Project::stated, this, [this, wasDouble = isDouble()]() mutable {
    if (std::exchange(wasDouble, isDouble()) != isDouble()) emit changed();
  });
  const auto follow = [this] {
    const QString now = inUse() + whyInUse();
    if (std::exchange(device_, now) != now) emit changed();
  };
  connect(&training_, &Training::ticked, this, follow);
  connect(&training_, &Training::stateChanged, this, follow);
}

bool DeviceSetting::isDouble() const { return project_.document().recipe().phases.front().precision == engine::Type::f64; }

const engine::DeviceInfo* DeviceSetting::next(QString* why) const {
  const DeviceChoice choice = training_.device();
  if (choice.kind == DeviceChoice::Kind::cpu) *why = tr("it was asked for");
  else if (isDouble()) *why = tr("double precision is calculated on the processor");
  else if (!known_) *why = tr("other devices are being looked for");
  else if (choice.index >= int(cuda_.size())) *why = noCuda_;
  else {
    *why = choice.kind == DeviceChoice::Kind::automatic ? tr("it is the first CUDA device") : tr("it was asked for");
    return &cuda_[size_t(choice.index)];
  }
  return nullptr;
}

bool DeviceSetting::mayBeCuda() const {
  QString why;
  return known_ ? next(&why) != nullptr : training_.device().kind != DeviceChoice::Kind::cpu;
}

std::vector<DeviceSetting::Entry> DeviceSetting::entries() const {
  const QString whyDouble = isDouble() ? tr("double precision is calculated on the processor; choose float32 to use it") : QString();
  std::vector<Entry> all{{{DeviceChoice::Kind::automatic, 0}, tr("Automatic"), {}}, {{DeviceChoice::Kind::cpu, 0}, tr("CPU"), {}}};
  for (const engine::DeviceInfo& info : cuda_)
    all.push_back({{DeviceChoice::Kind::cuda, info.index}, tr("%1, %2").arg(qt(info.name), bytesText(double(info.totalBytes))), whyDouble});
  if (cuda_.empty()) all.push_back({{DeviceChoice::Kind::cuda, 0}, tr("CUDA"), known_ ? noCuda_ : tr("it is being looked for")});
  return all;
}

bool DeviceSetting::isChosen(const DeviceChoice& choice) const { return same(training_.device(), choice); }

void DeviceSetting::choose(const DeviceChoice& choice) {
  missed_.clear();
  QSettings().setValue(kDevice, qt(choice.text()));
  DeviceChoice next = choice;
  next.tf32 = isTf32();
  training_.setDevice(next);
}

bool DeviceSetting::hasTf32() const {
  return std::any_of(cuda_.begin(), cuda_.end(), [](const engine::DeviceInfo& info) { return info.hasTf32(); });
}

void DeviceSetting::chooseTf32(bool on) {
  QSettings().setValue(kTf32, on);
  DeviceChoice next = training_.device();
  next.tf32 = on;
  training_.setDevice(next);
}

void DeviceSetting::chooseThreads(int threads) {
  QSettings().setValue(kThreads, threads);
  training_.setThreads(threads);
}

// 1, 2, 3, 4, 6, 8, 12, 16, ... and all.
QList<int> DeviceSetting::threadCounts() const {
  QList<int> counts;
  for (int n = 1; n <= cores(); n += n < 4 ? 1 : n < 8 ? 2 : n < 16 ? 4 : n / 2) counts << n;
  if (counts.last() != cores()) counts << cores();
  return counts;
}

std::optional<DeviceChoice> DeviceSetting::toCompare(QString* why) const {
  if (cuda_.empty()) *why = known_ ? noCuda_ : tr("other devices are being looked for");
  else if (isDouble()) *why = tr("double precision is calculated on the processor; choose float32 to use it");
  else {
    DeviceChoice choice = training_.device();
    if (choice.kind != DeviceChoice::Kind::cuda) choice.index = 0;
    choice.kind = DeviceChoice::Kind::cuda;
    return choice;
  }
  return std::nullopt;
}

QString DeviceSetting::nextRun() const {
  QString why;
  if (const engine::DeviceInfo* info = next(&why))
    return isTf32() && info->hasTf32() ? tr("%1, TF32").arg(qt(info->name)) : qt(info->name);
  return tr("CPU, %1").arg(threadsText(training_.threadsOfNextRun()));
}

QString DeviceSetting::whyNext() const {
  QString why;
  (void)next(&why);
  return missed_.isEmpty() ? why : missed_ + ' ' + why;
}

QString DeviceSetting::inUse() const {
  QString why;
  if (!training_.isActive() || training_.status().device.empty()) return next(&why) ? nextRun() : tr("CPU");
  return training_.isOnProcessor() ? tr("CPU") : qt(training_.status().device);
}

QString DeviceSetting::whyInUse() const {
  return training_.isActive() && !training_.status().device.empty() ? textOf(training_.status().deviceReason) : whyNext();
}

}  // namespace ui
