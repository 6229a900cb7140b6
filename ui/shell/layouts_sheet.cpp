#include "ui/shell/layouts_sheet.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSettings>
#include <QVBoxLayout>
#include <QVariantMap>

#include "ui/theme/style.h"

namespace ui {

namespace {
constexpr char kLayoutsSetting[] = "window/layouts";
constexpr int kLayoutsWide = 460, kLayoutsHigh = 380, kLongestLayoutName = 60, kLayoutRow = 28;

QVariantMap keptLayouts() { return QSettings().value(kLayoutsSetting).toMap(); }
}  // namespace

LayoutsSheet::LayoutsSheet(Take take, Use use, QWidget* window)
    : Sheet("layouts_sheet", window), take_(std::move(take)), use_(std::move(use)), name_(new QLineEdit(&card())), list_(new QListWidget(&card())), said_(new QLabel(&card())) {
  setTitle(tr("Layouts of the panels"));
  name_->setObjectName("layouts_name");
  name_->setMaxLength(kLongestLayoutName);
  name_->setAccessibleName(tr("Name for the layout as it is now"));
  name_->setPlaceholderText(tr("Name for the layout as it is now"));
  list_->setObjectName("layouts_list");
  list_->setAccessibleName(tr("Layouts that were kept"));
  list_->setProperty("kind", "panel");
  list_->installEventFilter(this);
  said_->setObjectName("layouts_said");
  said_->setWordWrap(true);
  said_->setProperty("tone", "secondary");
  const auto button = [this](const char* name, const QString& text, const char* kind) {
    auto* made = new QPushButton(text, &card());
    made->setObjectName(name);
    made->setProperty("kind", kind);
    return made;
  };
  auto* above = new QHBoxLayout;
  above->addWidget(name_, 1);
  above->addWidget(save_ = button("layouts_save", tr("Keep"), "primary"));
  auto* below = new QHBoxLayout;
  below->addWidget(said_, 1);
  below->addWidget(remove_ = button("layouts_remove", tr("Forget"), ""));
  below->addWidget(useIt_ = button("layouts_use", tr("Use"), ""));
  column().setSpacing(10);
  column().addLayout(above);
  column().addWidget(list_, 1);
  column().addLayout(below);
  connect(name_, &QLineEdit::textChanged, this, &LayoutsSheet::showButtons);
  connect(name_, &QLineEdit::returnPressed, this, &LayoutsSheet::save);
  connect(save_, &QPushButton::clicked, this, &LayoutsSheet::save);
  connect(useIt_, &QPushButton::clicked, this, &LayoutsSheet::useCurrent);
  connect(remove_, &QPushButton::clicked, this, &LayoutsSheet::remove);
  connect(list_, &QListWidget::itemActivated, this, &LayoutsSheet::useCurrent);
  connect(list_, &QListWidget::currentRowChanged, this, &LayoutsSheet::showButtons);
}

void LayoutsSheet::open() {
  name_->clear();
  fill({});
  said_->setText(list_->count() == 0 ? tr("None is kept yet. Panels as they come first: Window > Reset panels.") : QString());
  place(kLayoutsWide, kLayoutsHigh);
  appear(list_->count() == 0 ? static_cast<QWidget*>(name_) : list_);
}

void LayoutsSheet::fill(const QString& current) {
  list_->clear();
  for (const QString& name : keptLayouts().keys()) (new QListWidgetItem(name, list_))->setSizeHint({0, kLayoutRow});
  list_->setCurrentRow(0);
  for (int i = 0; i < list_->count(); ++i)
    if (list_->item(i)->text() == current) list_->setCurrentRow(i);
  showButtons();
}

void LayoutsSheet::save() {
  const QString name = name_->text().simplified();
  if (name.isEmpty()) return;
  QVariantMap kept = keptLayouts();
  const bool again = kept.contains(name);
  kept[name] = take_();
  QSettings().setValue(kLayoutsSetting, kept);
  name_->clear();
  fill(name);
  said_->setText(again ? tr("%1 is the layout as it is now.").arg(name) : tr("%1 is kept.").arg(name));
  list_->setFocus();
}

void LayoutsSheet::useCurrent() {
  const auto* item = list_->currentItem();
  if (!item) return;
  if (use_(keptLayouts().value(item->text()).toByteArray())) return dismiss();
  said_->setText(tr("%1 cannot be used: another version kept it, or its settings are damaged. Forget it, or keep another one under its name.").arg(item->text()));
}

void LayoutsSheet::remove() {
  const auto* item = list_->currentItem();
  if (!item) return;
  const QString name = item->text();
  QVariantMap kept = keptLayouts();
  kept.remove(name);
  QSettings().setValue(kLayoutsSetting, kept);
  fill({});
  said_->setText(tr("%1 is forgotten.").arg(name));
}

void LayoutsSheet::showButtons() {
  save_->setEnabled(!name_->text().simplified().isEmpty());
  useIt_->setEnabled(list_->currentItem());
  remove_->setEnabled(list_->currentItem());
}

bool LayoutsSheet::eventFilter(QObject* watched, QEvent* event) {
  if (watched == list_ && event->type() == QEvent::KeyPress && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Delete) {
    remove();
    return true;
  }
  return Sheet::eventFilter(watched, event);
}

}  // namespace ui
