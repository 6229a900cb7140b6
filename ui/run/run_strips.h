// What a run has to say over the canvas: that the network was edited since, why it failed, what it noted.
#pragma once
#include <QObject>

#include "ui/run/training.h"
#include "ui/shell/actions.h"
#include "ui/shell/message_bar.h"

namespace ui {

class RunStrips : public QObject {
  Q_OBJECT
 public:
  RunStrips(Project& project, Training& training, MessageBar& messages, Actions& actions, QObject* parent);

 private:
  void showOutdated();
  void showState();
  void showDifference();

  Project& project_;
  Training& training_;
  MessageBar& messages_;
  Actions& actions_;
  Training::State last_ = Training::State::idle;
};

}  // namespace ui
