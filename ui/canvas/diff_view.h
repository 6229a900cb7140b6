// Shows on the canvas what is different from another version, while somebody asks for it.
#pragma once
#include <QObject>

#include "ui/diff/network_diff.h"

namespace ui {

class Canvas;
class DiffBar;

class DiffView : public QObject {
  Q_OBJECT
 public:
  DiffView(NetworkDiff& diff, Canvas& canvas, Actions& actions);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void show();
  void reveal(const DiffRow& row);
  void placeBar();
  void makeRoom();

  NetworkDiff& diff_;
  Canvas& canvas_;
  DiffBar* bar_;
};

}  // namespace ui
