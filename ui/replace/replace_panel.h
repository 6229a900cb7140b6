// Layers found by type and field, and all of them replaced at once: by another type, or with another value. One undo step.
#pragma once
#include "engine/document/search.h"
#include "ui/model/project.h"
#include "ui/widgets/list_panel.h"

class QLabel;
class QPushButton;
class QTreeWidget;

namespace ui {

class Actions;
class ReplaceForm;
class Switch;

class ReplacePanel : public ListPanel {
  Q_OBJECT
 public:
  ReplacePanel(Project& project, QWidget* parent = nullptr);

  void begin();  // looks for what is selected
  const std::vector<engine::document::SearchHit>& hits() const { return hits_; }

 signals:
  void revealWanted(engine::NodeId node);  // of the network in view by then

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void takeTypes();
  void takeAllFields();
  void takeFields(ReplaceForm& form, const QString& type);
  void search();
  void fill();
  void showOne(int row);
  void selectAll();
  void replaceAll();
  engine::document::Replacing wanted() const;
  QString whyNot() const;
  QString valueIn(const engine::document::SearchHit& hit) const;

  Project& project_;
  ReplaceForm *find_, *with_;
  Switch* selected_;
  QLabel* count_;
  QPushButton *select_, *replace_;
  QTreeWidget* list_;
  std::vector<engine::document::SearchHit> hits_;
};

}  // namespace ui
