// A run that the machine has no memory for is not begun before a person has read how much it needs.
#pragma once
#include <QObject>

#include "ui/run/memory_forecast.h"
#include "ui/shell/message_bar.h"

namespace ui {

class MemoryStrip : public QObject {
  Q_OBJECT
 public:
  // Is asked by the training before each new run.
  MemoryStrip(Project& project, Training& training, MemoryForecast& forecast, MessageBar& messages, QObject* parent);

 private:
  bool mayBegin();
  void show();

  Project& project_;
  Training& training_;
  MemoryForecast& forecast_;
  MessageBar& messages_;
};

}  // namespace ui
