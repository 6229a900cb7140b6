#include "ui/run/difference_popup.h"

#include <QLabel>
#include <QListWidget>
#include <QVBoxLayout>

#include "ui/model/difference_words.h"
#include "ui/theme/theme.h"

namespace ui {

namespace {

constexpr int kPopupWidth = 460, kMostHeight = 320;

}  // namespace

DifferencePopup::DifferencePopup(Project& project, Training& training, QWidget* parent) : QFrame(parent, Qt::Popup) {
  setObjectName("run.difference");
  setAttribute(Qt::WA_DeleteOnClose);
  setProperty("kind", "window");  // one of its own: round corners would need a compositor
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(12, 12, 12, 12);
  column->setSpacing(8);
  auto* title = new QLabel(tr("Edited since the run began"), this);
  title->setFont(ui::font(FontSize::body, QFont::DemiBold));
  column->addWidget(title);
  auto* list = new QListWidget(this);
  list->setAccessibleName(title->text());
  list->setWordWrap(true);
  for (const auto& difference : training.differences()) {
    auto* item = new QListWidgetItem(ui::wordsOf(difference), list);
    item->setData(Qt::UserRole, QVariant::fromValue<quint64>(difference.node));
    item->setToolTip(item->text());
  }
  list->setCurrentRow(0);
  column->addWidget(list);
  const auto show = [this, &project](const QListWidgetItem* item) {
    const quint64 node = item->data(Qt::UserRole).toULongLong();
    if (node && project.document().node(node)) project.go({}, {node});
    close();
  };
  connect(list, &QListWidget::itemActivated, this, show);
  connect(list, &QListWidget::itemClicked, this, show);
  list->setFixedSize(kPopupWidth, qBound(28, list->sizeHintForRow(0) * list->count() + 4, kMostHeight));
}

void DifferencePopup::popUp(QPoint at) {
  move(at);
  show();
  findChild<QListWidget*>()->setFocus();
}

}  // namespace ui
