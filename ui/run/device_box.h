// The device of the next run in the tool bar; opened, the menu of devices and numbers of threads.
#pragma once
#include <QComboBox>

#include "ui/run/device_setting.h"

class QMenu;

namespace ui {

class DeviceBox : public QComboBox {
  Q_OBJECT
 public:
  explicit DeviceBox(DeviceSetting& setting, QWidget* parent = nullptr);
  void showPopup() override;

 private:
  void showChoice();
  void fill(QMenu& menu);

  DeviceSetting& setting_;
};

}  // namespace ui
