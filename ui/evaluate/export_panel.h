// Export of the trained network, and the proof that the file gives the same answers.
#pragma once
#include <QWidget>

#include "engine/formats/export.h"
#include "ui/run/trained.h"

class QButtonGroup;
class QComboBox;
class QFrame;
class QLabel;
class QLineEdit;
class QPushButton;

namespace ui {

class Switch;

class ExportPanel : public QWidget {
  Q_OBJECT
 public:
  ExportPanel(Project& project, Training& training, QWidget* parent = nullptr);
  // As the button does: to the path in the field.
  void exportNow();
  bool isWorking() const { return working_; }
  QString result() const;  // what the card says; "" before the first export
  void setPath(const QString& path);
  void setFormat(engine::formats::ExportFormat format);

 signals:
  void exported(const QString& path);
  void failed(const QString& why);

 private:
  void refresh();
  bool isOpaque() const;  // ONNX, with nodes that nobody here can calculate: goes out as it came, and nothing can be compared
  void offerOpsetOfFile(bool on);
  void choosePath();
  void suggestPath();
  void showCard(const QString& kind, const QString& title, const QString& text);

  Project& project_;
  Training& training_;
  QButtonGroup* formats_;
  QComboBox *opset_, *batch_;
  Switch* preprocessing_;
  QLineEdit* path_;
  QPushButton* button_;
  QLabel* hint_;
  QFrame* card_;
  QLabel *cardTitle_, *cardText_;
  bool working_ = false, pathIsOurs_ = true;
};

}  // namespace ui
