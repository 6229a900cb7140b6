// The recipe as a page of the inspector's column: data, batch and epochs, optimizer, schedule, seed. Every change is one
// undo step; what cannot be is told at its field.
#pragma once
#include <QWidget>
#include <map>

#include "ui/model/data_summary.h"
#include "ui/run/memory_forecast.h"
#include "ui/run/recipe_fields.h"
#include "ui/run/training.h"

class QComboBox;
class QLabel;
class QPushButton;
class QVBoxLayout;

namespace ui {

class ElidedLabel;

class FieldRow;

class RecipePanel : public QWidget {
  Q_OBJECT
 public:
  // Without a forecast nothing is said of memory.
  RecipePanel(Project& project, Training& training, QWidget* parent, MemoryForecast* forecast = nullptr);
  void focusFields();  // the first field, for the keyboard

 protected:
  void showEvent(QShowEvent* event) override;
  void hideEvent(QHideEvent* event) override;

 private:
  struct Row {
    RecipeField field;
    FieldRow* row;
  };
  void refresh();
  void build();
  void showValues();
  void showSummary();
  void showMemory();
  void useLargest();
  void edit(const RecipeField& field, const engine::FieldValue* value, quint64 gesture);  // no value: back to the default
  void chooseFile(bool folder);
  FieldRow* rowOf(const std::string& section, const std::string& name) const;

  Project& project_;
  Training& training_;
  DataSummary& summary_;
  size_t phase_ = 0;
  std::string built_;  // what the rows were made for
  std::vector<Row> rows_;
  MemoryForecast* forecast_;
  QLabel *subtitle_, *data_, *steps_, *memory_;
  QPushButton* largest_;
  ElidedLabel* startName_;
  QWidget *phases_, *start_;
  QComboBox* phaseBox_;
  QVBoxLayout* column_;
  std::map<std::string, QVBoxLayout*> sections_;
};

}  // namespace ui
