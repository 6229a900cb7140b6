#include "ui/run/log.h"

#include <QCoreApplication>
#include <QDir>

#include "ui/model/text.h"
#include "ui/run/device_setting.h"
#include "ui/run/training.h"

namespace ui {

void Log::add(const QString& text, Tone tone) {
  if (int(entries_.size()) == kMost) {
    beginRemoveRows({}, 0, 0);
    entries_.pop_front();
    endRemoveRows();
  }
  beginInsertRows({}, int(entries_.size()), int(entries_.size()));
  entries_.push_back({QDateTime::currentDateTime(), tone, text});
  endInsertRows();
}

void Log::clear() {
  beginResetModel();
  entries_.clear();
  endResetModel();
}

QString Log::lineOf(int row) const { return entry(row).time.toString("HH:mm:ss") + "  " + entry(row).text; }

int Log::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : int(entries_.size()); }

QVariant Log::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= int(entries_.size())) return {};
  const Entry& e = entry(index.row());
  switch (role) {
    case Qt::DisplayRole:
    case Qt::AccessibleTextRole: return lineOf(index.row());
    case Qt::ToolTipRole: return e.text;
    case kTime: return e.time;
    case kTone: return int(e.tone);
    case kText: return e.text;
    default: return {};
  }
}

namespace {

QString percent(double share) { return QLocale::c().toString(share * 100, 'f', 1) + " %"; }

struct LogWords {
  Q_DECLARE_TR_FUNCTIONS(ui::Log)
};

QString lineOf(const engine::training::EvaluationEvent& event) {
  const auto& e = event.evaluation;
  const bool test = e.part == engine::data::Part::test;
  QString text = test ? LogWords::tr("Test: loss %1").arg(numberText(e.loss, 4)) : LogWords::tr("Epoch %1: validation loss %2").arg(event.epoch + 1).arg(numberText(e.loss, 4));
  if (e.accuracy) text += LogWords::tr(", accuracy %1").arg(percent(*e.accuracy));
  if (event.train && !test) {
    text += LogWords::tr("; training loss %1").arg(numberText(event.train->loss, 4));
    if (event.train->accuracy) text += LogWords::tr(", accuracy %1").arg(percent(*event.train->accuracy));
  }
  return text;
}

}  // namespace

void logTraining(Training& training, Log& log) {
  Training* t = &training;
  Log* l = &log;
  const auto toldDevice = std::make_shared<bool>(false);
  QObject::connect(t, &Training::started, l, [=] {
    const QString folder = t->runFolder();
    l->add(LogWords::tr("Run %1 starts, in %2").arg(QDir(folder).dirName().toInt()).arg(QDir::toNativeSeparators(folder)));
    *toldDevice = false;
  });
  QObject::connect(t, &Training::ticked, l, [=] {
    const auto& s = t->status();
    if (s.device.empty() || std::exchange(*toldDevice, true)) return;
    const QString device = t->isOnProcessor() ? LogWords::tr("the CPU, on %1").arg(threadsText(t->threadsOfRun())) : qt(s.device);
    l->add(LogWords::tr("It computes on %1: %2").arg(device, textOf(s.deviceReason)));
  });
  QObject::connect(t, &Training::evaluated, l, [=](const auto& evaluations) {
    for (const auto& event : evaluations) l->add(lineOf(event));
  });
  QObject::connect(t, &Training::learningRateSet, l, [=](qint64 step, double rate) {
    l->add(LogWords::tr("Learning rate set to %1 after step %2").arg(numberText(rate), countText(double(step))));
  });
  QObject::connect(t, &Training::noted, l, [=](const engine::Problem& note) { l->add(textOf(note), Log::Tone::warning); });
  QObject::connect(t, &Training::stateChanged, l, [=, last = Training::State::idle]() mutable {
    if (std::exchange(last, t->state()) == t->state()) return;
    const auto& s = t->status();
    switch (t->state()) {
      case Training::State::paused: l->add(LogWords::tr("Paused after step %1").arg(countText(double(s.step)))); break;
      case Training::State::finished: l->add(LogWords::tr("Finished after %1 steps, %2 of computing", nullptr, plural(double(s.step))).arg(countText(double(s.step)), durationText(s.seconds)), Log::Tone::success); break;
      case Training::State::stopped: l->add(LogWords::tr("Stopped after step %1, with a checkpoint").arg(countText(double(s.step)))); break;
      case Training::State::failed: l->add(LogWords::tr("Failed: %1").arg(s.problem ? textOf(*s.problem) : QString()), Log::Tone::problem); break;
      case Training::State::idle:
      case Training::State::preparing:
      case Training::State::running: break;
    }
  });
}

}  // namespace ui
