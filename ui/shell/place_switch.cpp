#include "ui/shell/place_switch.h"

#include <QButtonGroup>
#include <QHBoxLayout>
#include <QToolButton>

#include "ui/theme/theme.h"

namespace ui {

PlaceSwitch::PlaceSwitch(QWidget* parent) : QFrame(parent), buttons_(new QButtonGroup(this)), line_(new QHBoxLayout(this)) {
  setObjectName("place_switch");
  setProperty("kind", "segments");
  setFixedHeight(size::button);
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  line_->setContentsMargins(2, 2, 2, 2);
  line_->setSpacing(0);
  connect(buttons_, &QButtonGroup::idClicked, this, &PlaceSwitch::chosen);
}

void PlaceSwitch::add(const QString& title, const QString& tip) {
  auto* button = new QToolButton(this);
  button->setText(title);
  button->setToolTip(tip);
  button->setAccessibleName(tr("Place %1").arg(title));
  button->setCheckable(true);
  button->setProperty("kind", "segment");
  button->setFont(ui::font(FontSize::body, QFont::Medium));
  buttons_->addButton(button, count());
  line_->addWidget(button);
}

void PlaceSwitch::setCurrent(int index) {
  if (QAbstractButton* button = buttons_->button(index)) button->setChecked(true);
}

int PlaceSwitch::count() const { return int(buttons_->buttons().size()); }

}  // namespace ui
