// The right end of the status bar: parameters, the memory that training will take, and whether something is wrong.
#pragma once
#include <QTimer>
#include <QWidget>
#include <optional>

#include "ui/model/project.h"

class QLabel;
class QPushButton;

namespace ui {

class StatusFacts : public QWidget {
  Q_OBJECT
 public:
  explicit StatusFacts(Project& project, QWidget* parent = nullptr);
  void setProblems(const QString& summary, int problems, int hints);

 signals:
  void problemsWanted();

 private:
  void count();
  void keepWidth();
  void forecast();  // in a thread of its own, of the newest document only

  Project& project_;
  QLabel *parameters_, *memory_;
  QPushButton* problems_;
  QTimer timer_;
  bool working_ = false, stale_ = false;
};

}  // namespace ui
