// Every action of the studio, from one table (action_table.cpp): menus, tool bars, shortcuts, tool tips and Ctrl+K all
// come from it. Who can do an action binds it; what nobody has bound is nowhere to be seen.
#pragma once
#include <QAction>
#include <QHash>
#include <QKeySequence>
#include <QMenu>
#include <QObject>
#include <functional>
#include <span>

namespace ui {

struct ActionInfo {
  const char* id;     // "edit.undo"; also the QAction's object name
  const char* menu;   // "Edit", or "" for none; in the order of the table, "-" as id draws a line
  const char* text;   // "&Undo"
  const char* keys;   // portable texts of key sequences, separated by a space and a bar: "Ctrl+Z"; "" for none
  const char* icon;   // of resources/icons; "" for none
  const char* about;  // one sentence for the status line and the tool tip
};
std::span<const ActionInfo> actionTable();
QString nameOf(const ActionInfo& info);  // "Undo", translated

class Actions : public QObject {
  Q_OBJECT
 public:
  using Run = std::function<void()>;
  // "": it can be done now; else why not, for the tool tip.
  using WhyNot = std::function<QString()>;

  // The actions belong to the window, whose shortcuts they are.
  explicit Actions(QWidget* window);

  void bind(const char* id, Run run, WhyNot whyNot = {});
  // With a check mark, that shows `isOn` after each refresh.
  void bindToggle(const char* id, std::function<void(bool)> run, std::function<bool()> isOn, WhyNot whyNot = {});
  // The action of an id that is in the table; a program error otherwise.
  QAction* operator[](const char* id) const;
  bool isBound(const QString& id) const { return bound_.contains(id); }

  // Asked before every action's own whyNot: what keeps a whole group from being done ("" where nothing does).
  void setGate(std::function<QString(const QString& id)> gate) { gate_ = std::move(gate); }

  // Asks every whyNot and isOn again, at the next turn of the event loop however often it is called.
  void refreshSoon();
  void refresh();
  void trigger(const char* id) { (*this)[id]->trigger(); }

  // The menus of the table with what is bound, for a menu bar. Call when everything is bound.
  QList<QMenu*> makeMenus(QWidget* parent);
  QList<QAction*> all() const;  // bound ones, in the order of the table

 private:
  void takeKeys();  // those of keyBook()

  struct Bound {
    WhyNot whyNot;
    std::function<bool()> isOn;
  };
  QHash<QString, QAction*> actions_;
  QHash<QString, QList<QKeySequence>> keys_;
  QHash<QString, Bound> bound_;
  QWidget* window_;
  std::function<QString(const QString&)> gate_;
  bool refreshing_ = false;
};

}  // namespace ui
