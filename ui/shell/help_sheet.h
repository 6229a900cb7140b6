// Pages to read over the window: all keys, about the program, about a layer. Closed by Esc or a click beside it.
#pragma once
#include <QWidget>

#include "ui/model/project.h"
#include "ui/shell/actions.h"

class QLabel;
class QTextBrowser;
class QFrame;

namespace ui {

class DeviceSetting;

class HelpSheet : public QWidget {
  Q_OBJECT
 public:
  explicit HelpSheet(QWidget* window);
  void showKeys(const Actions& actions);
  void showAbout(const DeviceSetting& devices);
  void showNode(const Project& project, engine::NodeId node);
  QString plainText() const;

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void open(const QString& title, const QString& html, int width, int height);
  void dismiss();

  QFrame* card_;
  QLabel* title_;
  QTextBrowser* text_;
  QPointer<QWidget> before_;
};

}  // namespace ui
