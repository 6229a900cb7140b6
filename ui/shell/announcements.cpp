#include "ui/shell/announcements.h"

#include <QAbstractSpinBox>
#include <QApplication>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QUndoStack>
#include <memory>

#include "ui/model/text.h"
#include "ui/run/run_words.h"
#include "ui/shell/problems_panel.h"
#include "ui/widgets/spoken.h"

namespace ui {
namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(Spoken)
};

// The field says itself what is typed there.
bool isTyping() {
  const QWidget* focus = QApplication::focusWidget();
  return qobject_cast<const QLineEdit*>(focus) || qobject_cast<const QAbstractSpinBox*>(focus) || qobject_cast<const QPlainTextEdit*>(focus);
}

void speakOfSteps(QWidget& window, const QUndoStack& undo) {
  // A step that is made is one that nobody saw before; one that is redone stood behind the place.
  struct Place {
    int index;
    const QUndoCommand* next;
  };
  const auto place = std::make_shared<Place>(Place{undo.index(), nullptr});
  QObject::connect(&undo, &QUndoStack::indexChanged, &window, [&window, &undo, place](int index) {
    const Place before = std::exchange(*place, {index, undo.command(index)});
    if (index < before.index && index < undo.count()) return announce(&window, Words::tr("Undone: %1").arg(undo.text(index)));
    if (index <= before.index) return;  // another document
    if (before.next && undo.command(before.index) == before.next) announce(&window, Words::tr("Redone: %1").arg(undo.text(index - 1)));
    else if (!isTyping()) announce(&window, undo.text(index - 1));
  });
}

void speakOfProblems(QWidget& window, const Project& project, const ProblemsPanel& problems) {
  const auto count = std::make_shared<int>(problems.problems());
  QObject::connect(&problems, &ProblemsPanel::changed, &window, [&window, &project, &problems, count] {
    const int before = std::exchange(*count, problems.problems());
    if (*count > before && project.hasProblems()) announce(&window, Words::tr("Problem: %1").arg(textOf(project.problems().front())));
    else if (*count < before) announce(&window, problems.summary());
  });
}

void speakOfRun(QWidget& window, Project& project, Training& training) {
  const auto state = std::make_shared<Training::State>(training.state());
  QObject::connect(&training, &Training::stateChanged, &window, [&window, &project, &training, state] {
    if (std::exchange(*state, training.state()) != training.state()) announce(&window, wordsOf(training, project).sentence());
  });
}

}  // namespace

void speakOf(QWidget& window, Project& project, Training& training, const ProblemsPanel& problems) {
  speakOfSteps(window, project.undo());
  speakOfProblems(window, project, problems);
  speakOfRun(window, project, training);
}

}  // namespace ui
