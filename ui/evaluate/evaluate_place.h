// The place where a trained network is judged: figures, confusion matrix, classes, the pictures behind a cell, export.
#pragma once
#include <QWidget>

#include "ui/evaluate/evaluation.h"
#include "ui/shell/actions.h"

class QLabel;
class QStackedLayout;
class QTabBar;

namespace ui {

class ClassTable;
class ConfusionView;
class ExportPanel;
class PictureGrid;

class EvaluatePlace : public QWidget {
  Q_OBJECT
 public:
  EvaluatePlace(Project& project, Training& training, QWidget* parent = nullptr);
  ExportPanel& exportPanel() { return *export_; }
  const Evaluation& evaluation() const { return evaluation_; }

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  QWidget* makeFigures();
  void refresh();
  void showCell(int label, int said);
  void showMistakes();

  Evaluation evaluation_;
  Training& training_;
  QLabel *heading_, *from_, *empty_;
  struct Figure {
    QLabel *value, *about;
  };
  Figure accuracy_, loss_, f1_, calibration_, speed_;
  ConfusionView* confusion_;
  ClassTable* classes_;
  QTabBar* tabs_;
  PictureGrid* pictures_;
  ExportPanel* export_;
  QWidget* report_;
};

}  // namespace ui
