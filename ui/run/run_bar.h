// The run's part of the tool bar: Train or Pause, a step, stop, where and how exactly it computes, and how far it is.
#pragma once
#include <QWidget>

#include "ui/run/device_setting.h"
#include "ui/run/training.h"
#include "ui/shell/actions.h"

class QComboBox;
class QPushButton;

namespace ui {

class DeviceBox;
class RunProgress;

class RunBar : public QWidget {
  Q_OBJECT
 public:
  // Binds train.rate and train.device; the others of the run must be bound already.
  RunBar(Project& project, Training& training, DeviceSetting& devices, Actions& actions, QWidget* parent = nullptr);
  // Little room: precision is left to the recipe panel.
  void setNarrow(bool narrow);

 private:
  void showState();
  void showProgress();
  void showPrecision();
  void choosePrecision(int index);
  void askRate();

  Project& project_;
  Training& training_;
  Actions& actions_;
  QPushButton* primary_;
  DeviceBox* device_;
  QComboBox* precision_;
  RunProgress* progress_;
  QPushButton* resume_;  // there while the last run can go on
};

}  // namespace ui
