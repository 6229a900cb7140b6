#include "ui/widgets/spoken.h"

#include <QAccessible>
#include <QAccessibleWidget>
#include <QApplication>
#include <QComboBox>
#include <QEvent>
#include <QLabel>
#include <QTextDocumentFragment>
#include <QTimer>
#include <utility>

namespace ui {
namespace {

constexpr const char* kName = "announcement";

// Never seen: a notification that comes anew is what readers say at once.
QAccessibleInterface* make(const QString&, QObject* object) {
  const bool is = object->isWidgetType() && object->objectName() == QLatin1String(kName);
  return is ? new QAccessibleWidget(static_cast<QWidget*>(object), QAccessible::Notification) : nullptr;
}

class PlainTips : public QObject {
 public:
  using QObject::QObject;
  bool eventFilter(QObject* object, QEvent* event) override {
    if (event->type() != QEvent::ToolTipChange || !object->isWidgetType()) return false;
    auto* widget = static_cast<QWidget*>(object);
    const QString tip = widget->toolTip();
    if (Qt::mightBeRichText(tip)) widget->setAccessibleDescription(QTextDocumentFragment::fromHtml(tip).toPlainText().simplified());
    return false;
  }
};

}  // namespace

Announcer& announcer() {
  static Announcer one;
  return one;
}

void Announcer::add(QWidget* window, const QString& text) {
  if (texts_.isEmpty()) QTimer::singleShot(0, this, &Announcer::say);
  if (!texts_.contains(text)) texts_ << text;
  window_ = window;
}

void Announcer::say() {
  const QString text = std::exchange(texts_, {}).join(". ");
  emit said(text);
  if (!window_ || !QAccessible::isActive()) return;
  static const bool once = (QAccessible::installFactory(make), true);
  (void)once;
  auto* announcement = window_->findChild<QWidget*>(kName, Qt::FindDirectChildrenOnly);
  if (!announcement) {
    announcement = new QWidget(window_);
    announcement->setObjectName(kName);
  }
  announcement->setAccessibleName(text);
  QAccessibleEvent event(announcement, QAccessible::ObjectShow);
  QAccessible::updateAccessibility(&event);
}

void announce(const QWidget* within, const QString& text) {
  if (!text.isEmpty()) announcer().add(within->window(), text);
}

void setSpokenName(QComboBox& box, const QString& name) {
  box.setAccessibleName(name);
  constexpr const char* kLabel = "spokenName";
  QLabel* label = nullptr;
  for (QLabel* sibling : box.parentWidget()->findChildren<QLabel*>(kLabel, Qt::FindDirectChildrenOnly))
    if (sibling->buddy() == &box) label = sibling;
  if (!label) {
    label = new QLabel(box.parentWidget());
    label->setObjectName(kLabel);
    label->setBuddy(&box);
    label->hide();
  }
  label->setText(name);
}

void describePlainly() {
  static const bool once = (qApp->installEventFilter(new PlainTips(qApp)), true);
  (void)once;
}

}  // namespace ui
