// How fast a run is and what it takes: samples a second, now and over the last minutes, share of the CPU, memory, and what
// is left.
#pragma once
#include <QTimer>
#include <QWidget>
#include <vector>

#include "ui/charts/process_load.h"
#include "ui/run/training.h"

namespace ui {

class SpeedPanel : public QWidget {
  Q_OBJECT
 public:
  explicit SpeedPanel(Training& training, QWidget* parent = nullptr);
  QString speed() const;  // "4,870", "" where nothing is known
  const std::vector<double>& history() const { return history_; }

 protected:
  void paintEvent(QPaintEvent* event) override;
  void showEvent(QShowEvent* event) override;

 private:
  void look();
  Training& training_;
  QTimer timer_;
  ProcessLoad load_;
  double cpu_ = -1, memory_ = 0;
  std::vector<double> history_;  // of samples a second, oldest first
};

}  // namespace ui
