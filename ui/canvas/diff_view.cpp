#include "ui/canvas/diff_view.h"

#include <QEvent>
#include <QTimer>

#include "ui/canvas/canvas.h"
#include "ui/canvas/diff_bar.h"
#include "ui/canvas/diff_marks.h"
#include "ui/canvas/view.h"

namespace ui {

namespace {
constexpr int kEdge = 12;  // pixels from the bar to the upper edge
}

DiffView::DiffView(NetworkDiff& diff, Canvas& canvas, Actions& actions)
    : QObject(&canvas), diff_(diff), canvas_(canvas), bar_(new DiffBar(diff, actions, &canvas)) {
  connect(&diff_, &NetworkDiff::changed, this, &DiffView::show);
  connect(&diff_, &NetworkDiff::revealWanted, this, &DiffView::reveal);
  connect(&diff_, &NetworkDiff::began, this, [this] { QTimer::singleShot(0, this, &DiffView::makeRoom); });
  connect(bar_, &DiffBar::resized, this, &DiffView::placeBar);
  canvas_.installEventFilter(this);
}

void DiffView::show() {
  canvas_.scene().setDiff(diff_.isOn() ? std::make_shared<const DiffMarks>(marksOf(diff_, canvas_.scene())) : nullptr);
}

void DiffView::reveal(const DiffRow& row) {
  if (canvas_.scene().node(row.node)) return canvas_.goTo(row.node);
  const DiffMarks* marks = canvas_.scene().diff();
  if (!marks || !marks->gone.contains(row.node)) return;
  if (canvas_.view().zoom() < 0.5) canvas_.view().setZoom(1);
  canvas_.view().reveal(marks->gone.value(row.node).rect());
}

// In the middle above, below the way to an open block where that is in the way.
void DiffView::placeBar() {
  const QWidget* breadcrumb = canvas_.findChild<QWidget*>("breadcrumb");
  QRect place(QPoint(std::max(kEdge, (canvas_.width() - bar_->width()) / 2), kEdge), bar_->size());
  if (breadcrumb && breadcrumb->isVisible() && breadcrumb->geometry().adjusted(0, 0, 8, 0).intersects(place)) place.moveTop(breadcrumb->geometry().bottom() + 8);
  bar_->setGeometry(place);
  bar_->raise();
}

// What the bar covers moves below it, where there is room for all of it.
void DiffView::makeRoom() {
  if (!diff_.isOn() || !bar_->isVisible()) return;
  CanvasView& view = canvas_.view();
  const QRectF all = view.viewportTransform().mapRect(canvas_.scene().contentRect());
  const double wanted = bar_->geometry().bottom() + 2 * kEdge - all.top();
  const bool covers = all.intersects(QRectF(bar_->geometry()));
  if (covers && wanted > 0 && all.bottom() + wanted < view.viewport()->height()) view.pan(QPointF(0, wanted));
  else if (covers && all.top() >= 0) view.show(canvas_.scene().contentRect().adjusted(0, -2 * wanted / view.zoom(), 0, 0));
}

bool DiffView::eventFilter(QObject* watched, QEvent* event) {
  if (watched == &canvas_ && event->type() == QEvent::Resize) QMetaObject::invokeMethod(this, &DiffView::placeBar, Qt::QueuedConnection);
  return QObject::eventFilter(watched, event);
}

}  // namespace ui
