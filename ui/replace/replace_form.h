// One line of the panel "Find and replace": a type, a field of it, and what that field is or is to be.
#pragma once
#include <QComboBox>
#include <QWidget>
#include <optional>

#include "engine/graph/fields.h"

class QHBoxLayout;

namespace ui {

class FieldEditor;

class ReplaceForm : public QWidget {
  Q_OBJECT
 public:
  // `verbs`: what can be said of a field; those in `valued` need a value.
  struct Words {
    const char* name;  // of the objects
    QString title, between, noType, noField;
    QStringList verbs;
    QList<int> valued;
    int factor = -1;  // the verb whose value is a factor
  };
  ReplaceForm(const Words& words, QWidget* parent);

  QString type() const;   // "": none
  QString field() const;  // "": none
  int verb() const { return verb_->currentIndex(); }
  const std::optional<engine::FieldValue>& value() const { return value_; }  // none: not given yet, or wrong
  bool needsValue() const;
  bool isWrong() const;

  void setTypes(const QStringList& types);  // what was chosen stays where it can
  void setFields(const std::vector<engine::FieldInfo>& fields);
  void chooseType(const QString& type);
  void focusType() { type_->setFocus(Qt::TabFocusReason); }

 signals:
  void typeChanged();
  void changed();

 private:
  void showEditor();

  Words words_;
  QComboBox *type_, *field_, *verb_;
  QHBoxLayout* row_;
  QWidget* editorPlace_;
  FieldEditor* editor_ = nullptr;
  std::vector<engine::FieldInfo> infos_;
  std::optional<engine::FieldInfo> shown_;  // that the editor is for
  std::optional<engine::FieldValue> value_;
};

}  // namespace ui
