// Over the canvas while it is compared with another version: with which, how much is different, and the way out.
#pragma once
#include <QWidget>

class QLabel;

namespace ui {

class Actions;
class NetworkDiff;

class DiffBar : public QWidget {
  Q_OBJECT
 public:
  DiffBar(NetworkDiff& diff, Actions& actions, QWidget* parent);

 signals:
  void resized();

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  void fill();

  NetworkDiff& diff_;
  QLabel *against_, *summary_;
};

}  // namespace ui
