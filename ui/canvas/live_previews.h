// What flows out of the nodes while the project trains, as small pictures in them. Asks the run for a look inside a few
// times a second, makes the pictures off the window's thread, and hands them to the scene. The newest look wins; nothing
// waits for a picture.
#pragma once
#include <QObject>
#include <memory>

#include "ui/run/training.h"

namespace ui {

class Actions;
class Scene;

class LivePreviews : public QObject {
  Q_OBJECT
 public:
  // Binds view.previews, whose state is remembered from start to start.
  LivePreviews(Project& project, Training& training, Scene& scene, Actions& actions, QObject* parent = nullptr);

  bool isOn() const { return on_; }
  void setOn(bool on);

 signals:
  void shown(qint64 step);  // the pictures in the nodes are those after so many steps

 private:
  void look(std::shared_ptr<const engine::training::Preview> preview);
  void showRunning();

  Project& project_;
  Training& training_;
  Scene& scene_;
  bool on_;
  bool making_ = false;
  std::shared_ptr<const engine::training::Preview> next_;  // came while pictures were made
  std::shared_ptr<const engine::training::Preview> last_;  // that is shown
  quint64 generation_ = 0;                                 // of runs: pictures of an earlier one are not shown
};

}  // namespace ui
