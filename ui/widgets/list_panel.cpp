#include "ui/widgets/list_panel.h"

#include <QAbstractItemView>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace ui {

namespace {
constexpr int kAir = 4, kRight = 8;  // pixels
}

ListPanel::ListPanel(const char* name, const QString& spoken, int side, QWidget* parent) : QWidget(parent), head_(new QHBoxLayout) {
  setObjectName(name);
  setAccessibleName(spoken);
  setProperty("surface", "panel");
  setAttribute(Qt::WA_StyledBackground);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, kAir, 0, kAir);
  column->setSpacing(kAir);
  head_->setContentsMargins(side, 0, kRight, 0);
  column->addLayout(head_);
}

QPushButton* ListPanel::addButton(const char* name, const QString& text) {
  auto* button = new QPushButton(text, this);
  button->setObjectName(name);
  button->setProperty("kind", "quiet");
  head_->addWidget(button);
  return button;
}

void ListPanel::setList(QAbstractItemView* list, int left) {
  list->setProperty("kind", "panel");  // an empty one shows by its frame that it has the focus
  auto* row = new QHBoxLayout;
  row->setContentsMargins(left, 0, 0, 0);
  row->addWidget(list);
  static_cast<QVBoxLayout*>(layout())->addLayout(row, 1);
  empty_ = new QLabel(list);
  empty_->setProperty("tone", "secondary");
  empty_->setAlignment(Qt::AlignCenter);
  empty_->setWordWrap(true);
  auto* over = new QVBoxLayout(list);
  over->addWidget(empty_);
}

void ListPanel::showEmpty(const QString& why) {
  empty_->setText(why);
  empty_->setVisible(!why.isEmpty());
}

}  // namespace ui
