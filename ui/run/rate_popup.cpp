#include "ui/run/rate_popup.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>
#include <cmath>

#include "ui/model/text.h"
#include "ui/theme/theme.h"

namespace ui {

RatePopup::RatePopup(Training& training, QWidget* parent) : QFrame(parent, Qt::Popup), training_(training) {
  setObjectName("run.rate");
  setAttribute(Qt::WA_DeleteOnClose);
  setProperty("kind", "window");  // one of its own: round corners would need a compositor
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(12, 12, 12, 12);
  column->setSpacing(8);
  auto* title = new QLabel(tr("Learning rate from the next step on"), this);
  title->setFont(ui::font(FontSize::body, QFont::DemiBold));
  column->addWidget(title);
  auto* row = new QHBoxLayout;
  rate_ = new QLineEdit(numberText(training.status().learningRate), this);
  rate_->setAccessibleName(tr("Learning rate"));
  rate_->setMinimumWidth(140);
  rate_->selectAll();
  auto* button = new QPushButton(tr("Set"), this);
  button->setProperty("kind", "primary");
  title->setBuddy(rate_);
  row->addWidget(rate_, 1);
  row->addWidget(button);
  column->addLayout(row);
  reason_ = new QLabel(tr("The schedule multiplies it as before; the charts mark the step."), this);
  reason_->setProperty("tone", "secondary");
  reason_->setFont(ui::font(FontSize::small));
  column->addWidget(reason_);
  connect(rate_, &QLineEdit::returnPressed, this, &RatePopup::set);
  connect(button, &QPushButton::clicked, this, &RatePopup::set);
  connect(&training, &Training::stateChanged, this, [this] {
    if (!training_.isActive()) close();
  });
}

void RatePopup::popUp(QPoint at) {
  move(at);
  show();
  rate_->setFocus();
}

void RatePopup::set() {
  bool isNumber = false;
  const double rate = rate_->text().trimmed().toDouble(&isNumber);
  if (!isNumber || !std::isfinite(rate) || rate < 0) {
    reason_->setText(tr("Needs a number of at least 0, but got \"%1\".").arg(rate_->text()));
    reason_->setProperty("tone", "problem");
    rate_->setProperty("problem", true);
    for (QWidget* widget : {static_cast<QWidget*>(reason_), static_cast<QWidget*>(rate_)}) {
      widget->style()->unpolish(widget);
      widget->style()->polish(widget);
    }
    rate_->selectAll();
    return;
  }
  training_.setLearningRate(rate);
  close();
}

}  // namespace ui
