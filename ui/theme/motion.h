// Whether things may move by themselves: a layout that is shown as a movement, panels that slide, menus that fade. Where they may
// not, all is at once where it ends.
#pragma once
#include <QObject>
#include <QString>

namespace ui {

bool isMotionReduced();  // as it was chosen, else as the system has it
void reduceMotion(bool reduces);  // chosen, and kept

// What the desktop's own files in `folder` (the user's configuration) say, of those that Plasma and GTK have.
bool filesReduceMotion(const QString& folder);
// Asks the desktop; tells later where it has to be asked another way.
void followSystemMotion();

class MotionWatcher : public QObject {
  Q_OBJECT
 signals:
  void changed();
};
MotionWatcher& motionWatcher();

}  // namespace ui
