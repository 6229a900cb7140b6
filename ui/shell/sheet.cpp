#include "ui/shell/sheet.h"

#include <QApplication>
#include <QFrame>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPainter>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/theme/theme.h"

namespace ui {

namespace {
constexpr int kBeside = 48;  // pixels of the window that a card leaves, both sides together
}

Sheet::Sheet(const char* name, QWidget* window) : QWidget(window), card_(new QFrame(this)), title_(new QLabel(card_)), close_(new QToolButton(card_)), column_(new QVBoxLayout(card_)) {
  setObjectName(name);
  hide();
  window->installEventFilter(this);
  card_->setProperty("kind", "popup");
  title_->setFont(ui::font(FontSize::title, QFont::DemiBold));
  close_->setProperty("kind", "quiet");
  close_->setIcon(icon("close"));
  close_->setToolTip(tr("Close (Esc)"));
  close_->setAccessibleName(tr("Close"));
  connect(close_, &QToolButton::clicked, this, &Sheet::dismiss);
  connect(&themeWatcher(), &ThemeWatcher::changed, this, [this] { close_->setIcon(icon("close")); });
  auto* head = new QHBoxLayout;
  head->addWidget(title_, 1);
  head->addWidget(close_);
  column_->setContentsMargins(24, 16, 16, 16);
  column_->addLayout(head);
}

void Sheet::setTitle(const QString& title) {
  title_->setText(title);
  setAccessibleName(title);
}

void Sheet::place(int width, int height) {
  wanted_ = {width, height};
  setGeometry(parentWidget()->rect());
  // Words of another language may be longer.
  const QSize size = wanted_.expandedTo({card_->minimumSizeHint().width(), 0}).boundedTo(this->size() - QSize(kBeside, kBeside));
  card_->setGeometry(QRect(QPoint((this->width() - size.width()) / 2, (this->height() - size.height()) / 2), size));
}

void Sheet::appear(QWidget* focus) {
  if (!isVisible()) before_ = QApplication::focusWidget();
  show();
  raise();
  focus->setFocus();
}

void Sheet::dismiss() {
  hide();
  if (before_) before_->setFocus();
}

void Sheet::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  QColor veil = theme().surface.window;
  veil.setAlphaF(0.7f);
  painter.fillRect(rect(), veil);
}

void Sheet::mousePressEvent(QMouseEvent* event) {
  if (!card_->geometry().contains(event->pos())) dismiss();
}

void Sheet::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Escape) escape();
}

bool Sheet::eventFilter(QObject* watched, QEvent* event) {
  if (watched == parentWidget() && event->type() == QEvent::Resize && isVisible()) place(wanted_.width(), wanted_.height());
  return QWidget::eventFilter(watched, event);
}

bool Sheet::focusNextPrevChild(bool next) {
  QWidget* now = QApplication::focusWidget();
  if (!now || !isAncestorOf(now)) return QWidget::focusNextPrevChild(next);
  for (QWidget* to = next ? now->nextInFocusChain() : now->previousInFocusChain(); to != now; to = next ? to->nextInFocusChain() : to->previousInFocusChain())
    if (isAncestorOf(to) && (to->focusPolicy() & Qt::TabFocus) && to->isEnabled() && to->isVisible() && !to->focusProxy()) {
      to->setFocus(next ? Qt::TabFocusReason : Qt::BacktabFocusReason);
      break;
    }
  return true;
}

}  // namespace ui
