// The dock with what a run tells: loss, accuracy where the network has one, and speed.
#pragma once
#include <QWidget>

#include "ui/charts/chart.h"
#include "ui/charts/curves.h"

class QToolButton;

namespace ui {

class Log;
class MessageBar;
class SpeedPanel;

class ChartsPanel : public QWidget {
  Q_OBJECT
 public:
  ChartsPanel(Project& project, Training& training, QWidget* parent = nullptr);

  Chart& loss() { return *loss_; }
  Chart& accuracy() { return *accuracy_; }
  const RunCurves& curves() const { return curves_; }

  // What goes to a file by its ending: .csv, .png or .svg. Written on another thread; exported() tells how it went.
  void exportTo(const QString& path);
  void copyPicture();
  QImage picture(qreal pixelRatio) const;

 signals:
  void exported(const QString& path, const QString& whyNot);  // "": it is there

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void renew();
  void makeMenu(QToolButton* button);
  void askAndExport(const QString& ending, const QString& filter);
  void paintAll(QPainter& p, const QSize& size) const;
  ChartData lossData() const;
  ChartData accuracyData() const;
  bool expectsAccuracy() const;

  Project& project_;
  Training& training_;
  RunCurves curves_;
  Chart *loss_, *accuracy_;
  SpeedPanel* speed_;
  bool showsBefore_ = true, stale_ = true;
  std::pair<const Curves*, const Curves*> shown_;  // that the charts point to
};

// A line in the log for each file that was written, a strip for each that was not.
void logExports(ChartsPanel& charts, Log& log, MessageBar& messages);

}  // namespace ui
