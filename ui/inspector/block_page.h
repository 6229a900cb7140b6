// The block that is open, as its uses see it: name, sentence, ports and the fields that it shows; shown while none of its nodes
// is selected.
#pragma once
#include <QWidget>

#include "ui/model/project.h"

class QLabel;
class QLineEdit;
class QMenu;
class QPushButton;
class QVBoxLayout;

namespace ui {

class BlockPage : public QWidget {
  Q_OBJECT
 public:
  explicit BlockPage(Project& project, QWidget* parent = nullptr);

 private:
  // A line for a port or a field: its name, and what can be done with it.
  struct Entry {
    QString name, tip;
    std::function<void(const QString&)> rename;
    std::function<void()> up, down, remove;  // none: cannot be done
  };
  void refresh();
  void fill(QVBoxLayout* rows, const QString& object, std::vector<Entry> entries, const QString& none);
  void showPorts(const char* type, QVBoxLayout* rows, const QString& none);
  void showFields();
  void hideField(const std::string& name);
  void fillMenu();
  bool setFields(const QString& text, std::vector<engine::document::Exposed> fields);

  Project& project_;
  QLineEdit* name_;
  QLabel* uses_;
  QLineEdit* about_;
  QVBoxLayout *inputs_, *outputs_, *fields_;
  QPushButton* add_;
  QMenu* menu_;
  std::vector<QString> shown_;  // what the rows were made for
};

}  // namespace ui
