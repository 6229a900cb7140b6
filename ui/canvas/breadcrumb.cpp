#include "ui/canvas/breadcrumb.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>

#include "ui/canvas/overlays.h"
#include "ui/model/project.h"
#include "ui/model/text.h"
#include "ui/theme/theme.h"

namespace ui {

namespace {
constexpr int kWidestName = 160;
}

Breadcrumb::Breadcrumb(Project& project, QWidget* parent) : QWidget(parent), project_(project), row_(new QHBoxLayout(this)) {
  setObjectName("breadcrumb");
  setAccessibleName(tr("Open block"));
  row_->setContentsMargins(4, 1, 10, 1);
  row_->setSpacing(0);
  setFixedHeight(28);
  connect(&project, &Project::viewed, this, &Breadcrumb::fill);
  connect(&project, &Project::replaced, this, &Breadcrumb::fill);
  connect(&project, &Project::stated, this, &Breadcrumb::fill);
  fill();
}

void Breadcrumb::fill() {
  setVisible(project_.isWithin());
  while (QLayoutItem* item = row_->takeAt(0)) {
    item->widget()->hide();
    item->widget()->deleteLater();  // one of them may have been pressed
    delete item;
  }
  if (!project_.isWithin()) return;
  const auto& way = project_.way();
  const auto names = project_.namesOfWay();
  const QFont small = ui::font(FontSize::small), bold = ui::font(FontSize::small, QFont::DemiBold);
  for (size_t i = 0; i <= way.size(); ++i) {
    const QString name = i == 0 ? project_.title() : qt(names[i - 1]);
    const bool last = i == way.size();
    const QString text = QFontMetrics(last ? bold : small).elidedText(name, Qt::ElideMiddle, kWidestName);
    if (last) {
      auto* here = new QLabel(text, this);
      here->setFont(bold);
      here->setContentsMargins(8, 0, 0, 0);
      row_->addWidget(here);
      auto* what = new QLabel(tr("of %1").arg(qt(project_.shown().name())), this);
      what->setFont(small);
      what->setProperty("tone", "secondary");
      what->setContentsMargins(6, 0, 0, 0);
      what->setToolTip(tr("What is edited here is edited in all uses of the block."));
      row_->addWidget(what);
      break;
    }
    auto* back = new QToolButton(this);
    back->setText(text);
    back->setProperty("kind", "quiet");
    back->setFont(small);
    back->setFixedHeight(26);
    back->setToolTip(i == 0 ? tr("Back to the whole network") : tr("Back to %1").arg(name));
    connect(back, &QToolButton::clicked, this, [this, i] {
      // First, so that what is being typed is an edit of the network that is left, and the keys go to the one that comes.
      parentWidget()->setFocus();
      const auto now = project_.way();
      if (i < now.size()) project_.go({now.begin(), now.begin() + ptrdiff_t(i)}, {now[i]});
    });
    row_->addWidget(back);
    auto* arrow = new QLabel(this);
    arrow->setPixmap(iconPixmap("right", theme().text.secondary, 10, devicePixelRatioF()));
    row_->addWidget(arrow);
  }
  for (QWidget* widget : findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly))
    if (row_->indexOf(widget) >= 0) widget->show();  // at once: the size follows from it
  adjustSize();
}

void Breadcrumb::paintEvent(QPaintEvent*) { paintOverlay(*this); }

}  // namespace ui
