#include "ui/run/difference_popup.h"

#include <QLabel>
#include <QListWidget>
#include <QVBoxLayout>

#include "ui/model/text.h"
#include "ui/theme/theme.h"

namespace ui {

namespace {

constexpr int kPopupWidth = 460, kMostHeight = 320;

QString differenceText(const char* text) { return QCoreApplication::translate("difference", text); }

// "hidden.fields.out_features" is "hidden, out features"; "recipe.phases[0].batch" is "recipe, batch".
QString placeOf(QString what) {
  what.replace(".fields.", ", ").replace("recipe.phases[0].", differenceText("recipe") + ", ");
  return what.replace('_', ' ').replace('.', QStringLiteral(", "));
}

QString value(const std::string& json) {
  QString text = qt(json);
  if (text.size() > 1 && text.startsWith('"') && text.endsWith('"')) text = text.mid(1, text.size() - 2);
  return text;
}

}  // namespace

QString wordsOf(const engine::document::Difference& d) {
  using Kind = engine::document::Difference::Kind;
  const QString what = placeOf(qt(d.what));
  const bool wire = d.what.starts_with("input ");
  switch (d.kind) {
    case Kind::added: return wire ? differenceText("%1: now from %2").arg(what, value(d.after)) : differenceText("%1: new, %2").arg(what, value(d.after));
    case Kind::removed: return wire ? differenceText("%1: no longer from %2").arg(what, value(d.before)) : differenceText("%1: gone, was %2").arg(what, value(d.before));
    case Kind::changed: return differenceText("%1: %2, was %3").arg(what, value(d.after), value(d.before));
  }
  return what;
}

DifferencePopup::DifferencePopup(Project& project, Training& training, QWidget* parent) : QFrame(parent, Qt::Popup) {
  setObjectName("run.difference");
  setAttribute(Qt::WA_DeleteOnClose);
  setProperty("kind", "window");  // one of its own: round corners would need a compositor
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(12, 12, 12, 12);
  column->setSpacing(8);
  auto* title = new QLabel(QFrame::tr("Edited since the run began"), this);
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
