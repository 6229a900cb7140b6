// The page on which keys are changed: every action by its menu with its keys, found by a few letters or by the key itself.
#pragma once
#include <functional>
#include <optional>

#include "ui/shell/key_book.h"
#include "ui/shell/sheet.h"

class QLabel;
class QLineEdit;
class QPushButton;
class QTreeWidget;
class QTreeWidgetItem;

namespace ui {

class KeyField;

class KeysSheet : public Sheet {
  Q_OBJECT
 public:
  KeysSheet(const Actions& actions, QWidget* window);
  void open();

 protected:
  void escape() override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  // One key of one action: a row. Without a key `index` is 0 of none.
  struct Place {
    QString id;
    int index = 0;
  };
  // What was asked for and takes keys from others: it waits for an answer.
  struct Question {
    QString id;
    QList<QKeySequence> keys;
  };

  QPushButton* addButton(const char* name, const QString& text, const char* kind);
  void fill();
  void addRows(const ActionInfo& info);
  std::optional<Place> current() const;
  void select(const QString& id, int index);
  void say(const QString& text, const char* tone = "secondary");
  void showButtons();

  void type(bool another);  // a field over the row's key
  void placeField();
  void endTyping();
  void take(const QKeySequence& key);
  void remove();
  void giveBack();
  void giveAllBack();
  // Gives the action these keys; where others have one of them, asks first.
  void wish(const QString& id, const QList<QKeySequence>& keys, const QString& done);
  void answer(bool yes);

  const Actions& actions_;
  QLineEdit* search_;
  QTreeWidget* list_;
  QLabel* said_;
  QPushButton *take_, *cancel_, *putBack_, *change_, *another_, *remove_, *back_, *allBack_;
  QPointer<KeyField> field_;
  Place typing_;
  KeyBook book_, before_;
  std::optional<Question> question_;
};

}  // namespace ui
