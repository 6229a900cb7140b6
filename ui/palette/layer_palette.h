// The list of layers: searched, dragged onto the canvas, or added by a double-click or Enter.
#pragma once
#include <QTreeView>
#include <QWidget>

class QLineEdit;
class QStandardItemModel;

namespace ui {

class Project;

class LayerPalette : public QWidget {
  Q_OBJECT
 public:
  explicit LayerPalette(Project& project, QWidget* parent = nullptr);
  void focusSearch();
  QString current() const;   // the layer or block whose row is chosen; "": none
  void addCurrent();         // chosen() of it
  bool hasFocusInList() const;

 signals:
  void chosen(const QString& op);
  void menuWanted(const QPoint& at);  // of the row that is current

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void fill(const QString& pattern);
  void choose(const QModelIndex& index);

  Project& project_;
  QString offered_;  // the names of all that is listed without a pattern
  QLineEdit* search_;
  QTreeView* tree_;
  QStandardItemModel* model_;
  QWidget* nothing_;
};

}  // namespace ui
