#include "ui/theme/style.h"

#include <QApplication>
#include <QWidget>

#include "ui/theme/motion.h"

namespace ui {

QString styleSheet(const Theme& t) {
  const auto rgba = [](const QColor& c) { return QStringLiteral("rgba(%1,%2,%3,%4)").arg(c.red()).arg(c.green()).arg(c.blue()).arg(c.alpha()); };
  QString sheet = QStringLiteral(R"(
QMainWindow, QDialog { background: @window; }
QMainWindow::separator { background: @border; width: 1px; height: 1px; }
QMainWindow::separator:hover { background: @accentLine; }
QSplitter::handle { background: @border; }
QMenuBar { background: @window; color: @primary; border-bottom: 1px solid @border; padding: 0 6px; spacing: 0; }
QMenuBar::item { background: transparent; padding: 5px 9px; border-radius: 5px; }
QMenuBar::item:selected { background: @hover; }
QMenu { background: @raised; color: @primary; border: 1px solid @border; padding: 5px; }
QMenu::item { padding: 5px 28px 5px 10px; border-radius: 5px; }
QMenu::icon { padding-left: 8px; }
QMenu::item:selected { background: @soft; color: @primary; }
QMenu::item:disabled { color: @disabled; }
QMenu::separator { height: 1px; background: @border; margin: 5px 6px; }
QToolTip { background: @raised; color: @primary; border: 1px solid @fieldLine; padding: 5px 7px; }
QStatusBar { background: @window; color: @secondary; border-top: 1px solid @border; padding-left: 6px; }
QStatusBar::item { border: none; }
QWidget[surface="panel"] { background: @panel; }
QWidget[surface="window"] { background: @window; }
QWidget[surface="sunken"] { background: @sunken; }
QFrame[kind="line"] { background: @border; border: none; }
QFrame[kind="card"] { background: @panel; border: 1px solid @border; border-radius: 8px; }
QFrame[kind="raised"] { background: @raised; border: 1px solid @border; border-radius: 8px; }
QFrame[kind="warning"] { background: @warningSoft; border: none; border-radius: 6px; }
QFrame[kind="problem"] { background: @problemSoft; border: none; border-radius: 6px; }
QFrame[kind="success"] { background: @successSoft; border: none; border-radius: 6px; }
QFrame[kind="info"] { background: @soft; border: none; border-radius: 6px; }
QFrame[kind="popup"] { background: @raised; border: 1px solid @fieldLine; border-radius: 10px; }
QFrame[kind="popup"] QListView, QFrame[kind="popup"] QTreeView { background: transparent; }
QFrame[kind="window"] { background: @raised; border: 1px solid @fieldLine; }
QFrame[kind="strip"] { background: @soft; border: none; border-bottom: 1px solid @border; }
QLabel { background: transparent; }
QLabel[tone="secondary"] { color: @secondary; }
QLabel[tone="problem"] { color: @problemText; }
QLabel[tone="warning"] { color: @warningText; }
QLabel[tone="success"] { color: @successText; }
QLabel[tone="link"] { color: @link; }
QPushButton, QToolButton { color: @primary; background: @panel; border: 1px solid @fieldLine; border-radius: 6px; padding: 0 12px; min-height: 26px; }
QToolButton { padding: 0 5px; }
QPushButton:hover, QToolButton:hover { background: @hover; }
QPushButton:pressed, QToolButton:pressed { background: @sunken; }
QPushButton:disabled, QToolButton:disabled { color: @disabled; background: @panel; border-color: @border; }
QPushButton:focus, QToolButton:focus { border: 2px solid @focus; padding: 0 11px; min-height: 24px; }
QToolButton:focus { padding: 0 4px; }
QPushButton[kind="primary"] { background: @accent; color: @onAccent; border: 1px solid @accent; font-weight: 600; }
QPushButton[kind="primary"]:hover { background: @accentHover; border-color: @accentHover; }
QPushButton[kind="primary"]:focus { border: 2px solid @primary; }
QPushButton[kind="primary"]:disabled { background: @sunken; color: @disabled; border-color: @border; }
QPushButton[kind="quiet"], QToolButton[kind="quiet"] { background: transparent; border: 1px solid transparent; }
QPushButton[kind="quiet"]:hover, QToolButton[kind="quiet"]:hover { background: @hover; }
QPushButton[kind="quiet"]:checked, QToolButton[kind="quiet"]:checked { background: @soft; color: @link; }
QPushButton[kind="quiet"]:focus, QToolButton[kind="quiet"]:focus { border: 2px solid @focus; }
QPushButton[kind="link"] { background: transparent; border: none; color: @link; padding: 0; min-height: 18px; text-align: left; }
QPushButton[kind="link"][place="strip"] { min-height: 28px; }
QPushButton[kind="link"]:hover { text-decoration: underline; }
QPushButton[kind="link"]:focus { border: 1px solid @focus; }
QFrame[kind="segments"] { background: @sunken; border: 1px solid @border; border-radius: 6px; }
QToolButton[kind="segment"] { background: transparent; border: 1px solid transparent; border-radius: 4px; min-height: 20px; padding: 0 11px; color: @secondary; }
QToolButton[kind="segment"]:hover { color: @primary; }
QToolButton[kind="segment"]:checked { background: @raised; border-color: @fieldLine; color: @primary; }
QToolButton[kind="segment"]:focus { border: 1px solid @focus; padding: 0 11px; min-height: 20px; }
QPushButton[kind="status"] { background: transparent; border: none; border-radius: 4px; padding: 0 4px; min-height: 20px; color: @secondary; }
QPushButton[kind="status"]:hover { background: @hover; color: @primary; }
QPushButton[kind="status"]:focus { border: 1px solid @focus; padding: 0 3px; min-height: 18px; }
QPushButton[kind="search"] { background: @field; border: 1px solid @border; margin: 2px 8px 2px 0; padding: 0 8px; min-height: 18px; min-width: 188px; text-align: left; color: @secondary; }
QPushButton[kind="search"]:hover { background: @hover; color: @primary; }
QPushButton[kind="search"]:focus { border: 2px solid @focus; padding: 0 7px; min-height: 16px; }
QToolButton::menu-indicator { image: none; }
QLineEdit > QToolButton, QLineEdit > QToolButton:hover { background: transparent; border: none; padding: 0; min-height: 0; }
QToolBar { background: @panel; border: none; border-bottom: 1px solid @border; padding: 0; spacing: 8px; }
QLineEdit, QAbstractSpinBox, QComboBox, QPlainTextEdit, QTextEdit { background: @field; color: @primary; border: 1px solid @fieldLine; border-radius: 6px; padding: 0 7px; min-height: 26px; selection-background-color: @accent; selection-color: @onAccent; }
QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus { border: 2px solid @focus; padding: 0 6px; min-height: 24px; }
QLineEdit[kind="bare"], QLineEdit[kind="bare"]:focus { background: transparent; border: none; min-height: 30px; padding: 0 6px; }
QTextEdit[kind="page"], QTextEdit[kind="page"]:focus { background: transparent; border: none; padding: 0; }
QLineEdit[kind="title"] { background: transparent; border: 1px solid transparent; }
QLineEdit[kind="title"]:hover:!read-only { border-color: @fieldLine; }
QLineEdit[kind="title"]:focus { background: @field; border: 2px solid @focus; }
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled { color: @disabled; background: @sunken; }
QLineEdit[problem="true"], QAbstractSpinBox[problem="true"] { border: 2px solid @problem; padding: 0 6px; min-height: 24px; }
QComboBox::drop-down { border: none; width: 22px; }
QComboBox::down-arrow { image: url(:/theme/down-@kind.svg); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: @raised; color: @primary; border: 1px solid @border; outline: none; padding: 4px; selection-background-color: @soft; selection-color: @primary; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { border: none; width: 18px; background: transparent; }
QAbstractSpinBox::up-arrow { image: url(:/theme/up-@kind.svg); width: 10px; height: 10px; }
QAbstractSpinBox::down-arrow { image: url(:/theme/down-@kind.svg); width: 10px; height: 10px; }
QAbstractItemView { background: @panel; color: @primary; border: none; outline: none; selection-background-color: @soft; selection-color: @primary; }
QAbstractItemView[kind="panel"] { border: 1px solid transparent; border-radius: 4px; show-decoration-selected: 0; }
QAbstractItemView[kind="panel"]:focus { border-color: @focus; }
QAbstractItemView::item:selected { background: @soft; color: @primary; }
QHeaderView::section { background: @panel; color: @secondary; border: none; border-bottom: 1px solid @border; padding: 4px 8px; }
QHeaderView::up-arrow, QHeaderView::down-arrow { image: none; width: 0; height: 0; }
QTabBar { background: transparent; qproperty-drawBase: 0; }
QTabBar::tab { background: transparent; color: @secondary; border: none; border-bottom: 2px solid transparent; padding: 7px 2px; margin: 0 9px; }
QTabBar::tab:first, QTabBar::tab:only-one { margin-left: 14px; }
QTabBar[flush="true"]::tab { padding: 7px 0; }
QTabBar[flush="true"]::tab:first, QTabBar[flush="true"]::tab:only-one { margin-left: 0; }
QTabBar::tab:hover { color: @primary; }
QTabBar::tab:selected { color: @primary; border-bottom: 2px solid @accentLine; font-weight: 600; }
QTabBar::tab:focus { color: @link; background: @soft; }
QScrollArea { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: @fieldLine; border-radius: 3px; margin: 2px; min-height: 24px; min-width: 24px; }
QScrollBar::handle:hover { background: @strong; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page { background: transparent; border: none; width: 0; height: 0; }
QProgressBar { background: @sunken; border: none; border-radius: 2px; max-height: 4px; color: transparent; }
QProgressBar::chunk { background: @running; border-radius: 2px; }
QCheckBox { spacing: 8px; }
QCheckBox::indicator { width: 16px; height: 16px; }
QRadioButton { spacing: 8px; border: 1px solid transparent; border-radius: 4px; padding: 2px 4px 2px 0; }
QRadioButton:focus { border-color: @focus; }
QRadioButton::indicator { width: 14px; height: 14px; border: 1px solid @strong; border-radius: 8px; background: @field; }
QRadioButton::indicator:checked { width: 6px; height: 6px; border: 5px solid @accent; background: @onAccent; }
QRadioButton::indicator:focus { border-color: @focus; }
QDockWidget { titlebar-close-icon: none; }
)");
  const QList<std::pair<QString, QString>> values{
      {"@window", rgba(t.surface.window)}, {"@panel", rgba(t.surface.panel)}, {"@sunken", rgba(t.surface.sunken)},
      {"@fieldLine", rgba(t.line.field)}, {"@field", rgba(t.surface.field)}, {"@raised", rgba(t.surface.raised)}, {"@hover", rgba(t.surface.hover)},
      {"@border", rgba(t.line.border)}, {"@strong", rgba(t.line.strong)}, {"@primary", rgba(t.text.primary)},
      {"@secondary", rgba(t.text.secondary)}, {"@disabled", rgba(t.text.disabled)}, {"@onAccent", rgba(t.text.onAccent)}, {"@link", rgba(t.text.link)},
      {"@accentHover", rgba(t.accent.hover)}, {"@accentLine", rgba(t.accent.line)}, {"@accent", rgba(t.accent.fill)}, {"@soft", rgba(t.accent.soft)},
      {"@focus", rgba(t.state.focus)}, {"@problemText", rgba(t.state.problemText)}, {"@problemSoft", rgba(t.state.problemSoft)}, {"@problem", rgba(t.state.problem)},
      {"@warningText", rgba(t.state.warningText)}, {"@warningSoft", rgba(t.state.warningSoft)},
      {"@successText", rgba(t.state.successText)}, {"@successSoft", rgba(t.state.successSoft)}, {"@running", rgba(t.state.running)},
      {"@kind", t.kind == Theme::Kind::light ? "light" : t.kind == Theme::Kind::dark ? "dark" : "contrast"}};
  for (const auto& [name, value] : values) sheet.replace(name, value);
  return sheet;
}

Style::Style() : QProxyStyle("Fusion") {}

int Style::pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const {
  switch (metric) {
    case PM_SmallIconSize: return size::icon;
    case PM_SplitterWidth: return 1;
    case PM_DockWidgetSeparatorExtent: return 1;
    case PM_DockWidgetFrameWidth: return 0;
    case PM_ToolBarFrameWidth: return 0;
    default: return QProxyStyle::pixelMetric(metric, option, widget);
  }
}

int Style::styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget, QStyleHintReturn* data) const {
  switch (hint) {
    case SH_ToolTip_WakeUpDelay: return 500;  // tokens.json, duration_ms.tooltip_delay
    case SH_Widget_Animation_Duration: return isMotionReduced() ? 0 : QProxyStyle::styleHint(hint, option, widget, data);
    case SH_ComboBox_Popup: return 0;         // a list under the field, not over it
    default: return QProxyStyle::styleHint(hint, option, widget, data);
  }
}

void setTone(QWidget* widget, const char* tone) {
  if (widget->property("tone").toByteArray() == tone) return;
  widget->setProperty("tone", tone);
  widget->style()->unpolish(widget);
  widget->style()->polish(widget);
}

void setUpLook() {
  const Theme::Kind kind = systemTheme();
  followSystemMotion();  // while the style is still the desktop's
  QApplication::setStyle(new Style);
  QFont base = QApplication::font();
  if (QFontInfo(base).pixelSize() < 13) base.setPixelSize(13);
  QApplication::setFont(base);
  setTheme(kind);
}

}  // namespace ui
