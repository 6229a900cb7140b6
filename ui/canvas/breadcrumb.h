// Where one is, while a block is open: the project and the blocks on the way, each a way back.
#pragma once
#include <QWidget>

class QHBoxLayout;

namespace ui {

class Project;

class Breadcrumb : public QWidget {
  Q_OBJECT
 public:
  Breadcrumb(Project& project, QWidget* parent);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  void fill();

  Project& project_;
  QHBoxLayout* row_;
};

}  // namespace ui
