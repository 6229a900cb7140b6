// The fields of what is selected, made from what the ops say of themselves. With nothing selected there is room for
// another page (the recipe).
#pragma once
#include <QWidget>

#include "ui/model/project.h"
#include "ui/shell/actions.h"

class QLabel;
class QLineEdit;
class QStackedWidget;
class QVBoxLayout;

namespace ui {

class BindingSection;
class BlockPage;
class FieldRow;
class ProblemCard;
class Tile;
class WhatFollows;

class Inspector : public QWidget {
  Q_OBJECT
 public:
  Inspector(Project& project, Actions& actions, QWidget* parent = nullptr);

  void setEmptyPage(QWidget* page);  // what shows while no node is selected
  bool focusFields();                // the first field, for the keyboard; false: there is none that all nodes have
  void focusName();

 signals:
  void done();  // Enter in a field, or the field is gone: back to where the node was chosen

 private:
  QWidget* makeNodePage();
  void refresh();
  void leave(const QList<QWidget*>& going);
  void build(const std::vector<const engine::document::Node*>& selected);
  void showValues(const std::vector<const engine::document::Node*>& selected);
  void showState(const std::vector<const engine::document::Node*>& selected);
  void showProblems();
  void addCard(const engine::Problem& problem, const QString& place = {});
  std::vector<const engine::document::Node*> nodes() const;  // that are selected

  Project& project_;
  Actions& actions_;
  QStackedWidget* pages_;
  QWidget *empty_, *nodePage_;
  BlockPage* blockPage_;
  Tile* tile_;
  QLineEdit* name_;
  QLabel *type_, *about_, *formula_, *fieldsTitle_, *nameWrong_, *state_;
  QVBoxLayout *fields_, *cards_;
  BindingSection* binding_;
  WhatFollows* follows_;
  QWidget* help_;
  QList<FieldRow*> rows_;
  std::vector<std::pair<engine::NodeId, std::string>> built_;  // what the rows were made for
};

}  // namespace ui
