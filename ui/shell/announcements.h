// What the window says to a screen reader by itself: steps that were made, undone and redone, problems that came and went, how a run
// goes on, messages.
#pragma once

class QWidget;

namespace ui {

class Project;
class ProblemsPanel;
class Training;

void speakOf(QWidget& window, Project& project, Training& training, const ProblemsPanel& problems);

}  // namespace ui
