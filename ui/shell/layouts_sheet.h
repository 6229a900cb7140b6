// The page on which the panels' arrangement is kept under a name, and a kept one is used again.
#pragma once
#include <functional>

#include "ui/shell/sheet.h"

class QLabel;
class QLineEdit;
class QListWidget;
class QPushButton;

namespace ui {

class LayoutsSheet : public Sheet {
  Q_OBJECT
 public:
  // How the panels stand now, and what puts them so again: false where it cannot be.
  using Take = std::function<QByteArray()>;
  using Use = std::function<bool(const QByteArray&)>;
  LayoutsSheet(Take take, Use use, QWidget* window);
  void open();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void fill(const QString& current);
  void save();
  void useCurrent();
  void remove();
  void showButtons();

  Take take_;
  Use use_;
  QLineEdit* name_;
  QListWidget* list_;
  QLabel* said_;
  QPushButton *save_, *useIt_, *remove_;
};

}  // namespace ui
