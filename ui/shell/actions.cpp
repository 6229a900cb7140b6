#include "ui/shell/actions.h"

#include <QCoreApplication>
#include <QTimer>
#include <QWidget>

#include "ui/shell/key_book.h"
#include "ui/theme/theme.h"

namespace ui {
namespace {
QString translated(const char* text) { return QCoreApplication::translate("actions", text); }

// "Undo (Ctrl+Z)", what it does, and why it cannot be done now.
QString toolTipOf(const QAction& action, const QString& about, const QString& whyNot) {
  QString text = "<b>" + action.text().remove('&').toHtmlEscaped() + "</b>";
  if (!action.shortcut().isEmpty()) text += "&nbsp;&nbsp;" + action.shortcut().toString(QKeySequence::NativeText).toHtmlEscaped();
  if (!about.isEmpty()) text += "<br>" + about.toHtmlEscaped();
  if (!whyNot.isEmpty()) text += "<br><i>" + whyNot.toHtmlEscaped() + "</i>";
  return text;
}
}  // namespace

QString nameOf(const ActionInfo& info) { return translated(info.text).remove('&').remove("..."); }

Actions::Actions(QWidget* window) : QObject(window), keys_(keyBook()), window_(window) {
  connect(&keyWatcher(), &KeyWatcher::changed, this, &Actions::takeKeys);
  for (const ActionInfo& info : actionTable()) {
    if (info.id[0] == '-') continue;
    auto* action = new QAction(translated(info.text), this);
    action->setObjectName(info.id);
    action->setStatusTip(translated(info.about));
    action->setToolTip(toolTipOf(*action, action->statusTip(), {}));
    if (info.icon[0]) action->setIcon(icon(info.icon));
    actions_[info.id] = action;
  }
}

QAction* Actions::operator[](const char* id) const {
  QAction* action = actions_.value(id);
  if (!action) qFatal("no action is called %s", id);
  return action;
}

void Actions::bind(const char* id, Run run, WhyNot whyNot) {
  QAction* action = (*this)[id];
  action->setShortcuts(keys_.value(id));
  action->setShortcutContext(Qt::WindowShortcut);
  bound_[id] = {std::move(whyNot), {}};
  connect(action, &QAction::triggered, this, [this, run = std::move(run)] {
    run();
    refreshSoon();
  });
  window_->addAction(action);
  refreshSoon();
}

void Actions::bindToggle(const char* id, std::function<void(bool)> run, std::function<bool()> isOn, WhyNot whyNot) {
  QAction* action = (*this)[id];
  action->setCheckable(true);
  bind(id, [action, run = std::move(run)] { run(action->isChecked()); }, std::move(whyNot));
  bound_[id].isOn = std::move(isOn);
}

// Where a key is asked for stays as it is: those of the canvas are the canvas's.
void Actions::takeKeys() {
  keys_ = keyBook();
  for (auto it = bound_.constBegin(); it != bound_.constEnd(); ++it) actions_[it.key()]->setShortcuts(keys_.value(it.key()));
  refresh();
}

void Actions::refreshSoon() {
  if (refreshing_) return;
  refreshing_ = true;
  QTimer::singleShot(0, this, &Actions::refresh);
}

void Actions::refresh() {
  refreshing_ = false;
  for (auto it = bound_.constBegin(); it != bound_.constEnd(); ++it) {
    QAction* action = actions_[it.key()];
    QString whyNot = gate_ ? gate_(it.key()) : QString();
    if (whyNot.isEmpty() && it->whyNot) whyNot = it->whyNot();
    action->setEnabled(whyNot.isEmpty());
    action->setToolTip(toolTipOf(*action, action->statusTip(), whyNot));
    action->setProperty("whyNot", whyNot);
    if (it->isOn) action->setChecked(it->isOn());
  }
}

QList<QMenu*> Actions::makeMenus(QWidget* parent) {
  QList<QMenu*> menus;
  QHash<QString, QMenu*> byName;
  for (const ActionInfo& info : actionTable()) {
    const QString name = info.menu;
    if (name.isEmpty()) continue;
    if (info.id[0] != '-' && !bound_.contains(info.id)) continue;
    QMenu*& menu = byName[name];
    if (info.id[0] == '-') {
      if (menu && !menu->isEmpty() && !menu->actions().last()->isSeparator()) menu->addSeparator();
      continue;
    }
    if (!menu) {
      menu = new QMenu("&" + translated(info.menu), parent);
      menu->setObjectName("menu." + name);
      menu->setToolTipsVisible(true);
      connect(menu, &QMenu::aboutToShow, this, &Actions::refresh);
      menus << menu;
    }
    menu->addAction(actions_[info.id]);
  }
  for (QMenu* menu : menus)
    if (menu->actions().last()->isSeparator()) delete menu->actions().last();
  return menus;
}

QList<QAction*> Actions::all() const {
  QList<QAction*> list;
  for (const ActionInfo& info : actionTable())
    if (bound_.contains(info.id)) list << actions_[info.id];
  return list;
}

}  // namespace ui
