#include "ui/run/run_words.h"

#include <QCoreApplication>
#include <QDir>

#include "ui/model/data_summary.h"
#include "ui/model/text.h"

namespace ui {

namespace {
constexpr int kMostSegments = 40;  // more would be dust

struct RunTexts {
  Q_DECLARE_TR_FUNCTIONS(run)
};

QString epochs(qint64 count) { return QCoreApplication::translate("run", "%n epochs", nullptr, plural(double(count))); }

RunWords idle(const Training& training, const Project& project) {
  RunWords words;
  const QString why = training.whyNotStart();
  if (!why.isEmpty()) {
    words.detail = why;
    return words;
  }
  const auto* data = project.findChild<DataSummary*>(QString(), Qt::FindDirectChildrenOnly);
  if (data && !data->whyNone().isEmpty()) {
    words.detail = QCoreApplication::translate("run", "The data cannot be opened: see the recipe.");
    return words;
  }
  const auto& phases = project.document().recipe().phases;
  qint64 count = 0;
  for (const auto& phase : phases) count += phase.epochs;
  const double steps = phases.size() == 1 ? double(phases[0].steps.value_or(0)) : 0;
  words.detail = steps > 0 ? QCoreApplication::translate("run", "Ready. %1 steps", nullptr, plural(steps)).arg(countText(steps))
                           : QCoreApplication::translate("run", "Ready. %1").arg(epochs(count));
  return words;
}
}  // namespace

QString RunWords::sentence() const {
  QStringList parts{headline, detail, right};
  parts.removeAll(QString());
  return parts.join(", ");
}

RunWords wordsOf(const Training& training, const Project& project) {
  using State = Training::State;
  const auto& s = training.status();
  if (training.state() == State::idle) return idle(training, project);

  RunWords words;
  const QString steps = RunTexts::tr("step %1 of %2").arg(countText(double(s.step)), countText(double(s.steps)));
  const qint64 epoch = std::max<qint64>(s.epochsBegun(), 1);
  const QString run = QDir(training.runFolder()).dirName();  // 0007
  const QString number = QString::number(run.toInt());
  words.segments = s.epochs > 1 && s.epochs <= kMostSegments ? int(s.epochs) : 1;
  if (s.steps > 0) words.done = double(s.step) / double(s.steps);
  switch (training.state()) {
    case State::idle: break;
    case State::preparing:
      words.sign = RunWords::Sign::running;
      words.headline = RunTexts::tr("Preparing");
      words.detail = RunTexts::tr("reads the data, plans the memory");
      words.done = 0;
      break;
    case State::running:
    case State::paused: {
      const bool paused = training.state() == State::paused;
      words.sign = paused ? RunWords::Sign::paused : RunWords::Sign::running;
      words.headline = s.epochs > 1 ? RunTexts::tr("Epoch %1 of %2").arg(countText(double(epoch)), countText(double(s.epochs))) : paused ? RunTexts::tr("Paused") : RunTexts::tr("Training");
      words.detail = steps;
      const double left = training.pace().secondsLeft(s.steps - s.step);
      if (training.asked() == Training::Asked::stop || training.asked() == Training::Asked::restart) words.right = RunTexts::tr("stops after this step");
      else if (training.asked() == Training::Asked::pause) words.right = RunTexts::tr("pauses after this step");
      else if (paused) words.right = RunTexts::tr("paused");
      else if (left >= 0) words.right = RunTexts::tr("%1 left").arg(durationText(left));
      break;
    }
    case State::finished:
      words.sign = RunWords::Sign::done;
      words.headline = RunTexts::tr("Run %1 finished").arg(number);
      words.detail = RunTexts::tr("%1 in %2").arg(s.epochs > 0 ? epochs(s.epochs) : steps, durationText(s.seconds));
      words.done = -1;
      break;
    case State::stopped:
      words.sign = RunWords::Sign::paused;
      words.headline = RunTexts::tr("Run %1 stopped").arg(number);
      words.detail = steps;
      break;
    case State::failed:
      words.sign = RunWords::Sign::problem;
      words.headline = RunTexts::tr("Run %1 failed").arg(number);
      words.detail = s.problem ? textOf(*s.problem) : QString();
      words.done = -1;
      break;
  }
  return words;
}

}  // namespace ui
