// The right end of the status bar: parameters, the memory that training will take, what computes and why, and whether something
// is wrong.
#pragma once
#include <QWidget>

#include "ui/model/project.h"
#include "ui/run/device_setting.h"
#include "ui/run/memory_forecast.h"

class QLabel;
class QPushButton;

namespace ui {

class StatusFacts : public QWidget {
  Q_OBJECT
 public:
  StatusFacts(Project& project, DeviceSetting& devices, MemoryForecast& memory, QWidget* parent = nullptr);
  // Little room: why something computes is left to the tool tip.
  void setNarrow(bool narrow);
  void setProblems(const QString& summary, int problems, int hints);

 signals:
  void problemsWanted();
  void devicesWanted();

 private:
  void count();
  void keepWidth();
  void showDevice();
  void showMemory();

  Project& project_;
  DeviceSetting& devices_;
  MemoryForecast& forecast_;
  QLabel *parameters_, *memory_;
  QPushButton *device_, *problems_;
  bool narrow_ = false;
};

}  // namespace ui
