#include "ui/canvas/fix_card.h"

#include <QPainter>
#include <QVBoxLayout>

#include "ui/canvas/cards.h"
#include "ui/canvas/view.h"
#include "ui/model/fixes.h"
#include "ui/model/text.h"
#include "ui/theme/theme.h"
#include "ui/widgets/problem_card.h"

namespace ui {

namespace {
constexpr int kFixCardWidth = 280, kBelowNode = 6;  // pixels
}

FixCard::FixCard(Project& project, CanvasView& view, QWidget* canvas) : QWidget(canvas), project_(project), view_(view), card_(new ProblemCard(this)) {
  setObjectName("canvas.fix");
  setFocusPolicy(Qt::NoFocus);  // Alt+Return does the same where the hand is
  for (QWidget* each : card_->findChildren<QWidget*>()) each->setFocusPolicy(Qt::NoFocus);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(kCardShadow, kCardShadow, kCardShadow, kCardShadow);
  column->addWidget(card_);
  hide();
  connect(card_, &ProblemCard::fixWanted, this, [this] {
    const engine::Problem problem = shown_;  // the edit brings another one
    applyFixInView(project_, problem);
    view_.setFocus();
  });
  connect(card_, &ProblemCard::placeWanted, this, [this] {
    project_.revealFromView(shown_.node);
    view_.setFocus();
  });
  connect(&project_.selection(), &Selection::changed, this, &FixCard::follow);
  connect(&project_, &Project::stated, this, &FixCard::follow);
  connect(&view_, &CanvasView::zoomed, this, &FixCard::place);
  connect(&view_, &CanvasView::toolBegan, this, &QWidget::hide);
  connect(&view_, &CanvasView::toolEnded, this, &FixCard::follow);
  connect(&themeWatcher(), &ThemeWatcher::changed, this, &FixCard::follow);
}

void FixCard::follow() {
  const auto& selection = project_.selection();
  const engine::Problem* problem = selection.nodes().size() == 1 && selection.wires().empty() ? project_.problemOf(selection.current()) : nullptr;
  const bool wanted = problem && problem->severity == engine::Severity::problem && canFix(*problem);
  if (!wanted || view_.tool()) return hide();
  shown_ = *problem;
  const bool within = shown_.node != selection.current();  // of a block that is not open
  card_->show(shown_, within ? qt(engine::whereIs(project_.network(), shown_.node).name) : QString());
  place();
}

// Below the node, or above it where there is no room; nowhere while the node itself is out of sight or small.
void FixCard::place() {
  const auto& nodes = project_.selection().nodes();
  const NodeItem* node = nodes.size() == 1 ? view_.canvasScene().node(nodes.front()) : nullptr;
  const engine::Problem* problem = node ? project_.problemOf(nodes.front()) : nullptr;
  if (!problem || *problem != shown_ || view_.zoom() < detail::noText) return hide();
  const QRect rect = view_.viewportTransform().mapRect(node->nodeRect()).toAlignedRect();
  const QRect room = view_.viewport()->rect();
  if (!rect.intersects(room)) return hide();
  setFixedWidth(kFixCardWidth + 2 * kCardShadow);
  layout()->activate();
  const int tall = layout()->hasHeightForWidth() ? layout()->totalHeightForWidth(width()) : sizeHint().height();
  setFixedHeight(tall);
  QPoint corner(rect.left() - kCardShadow, rect.bottom() + kBelowNode - kCardShadow);
  if (corner.y() + tall > room.bottom()) corner.setY(rect.top() - kBelowNode - tall + kCardShadow);
  corner.setX(std::clamp(corner.x(), 0, std::max(0, room.width() - width())));
  move(corner);
  if (isHidden()) raise();
  show();
}

void FixCard::paintEvent(QPaintEvent*) {
  QPainter p(this);
  paintCard(p, rect(), theme().state.problem, 10);
}

}  // namespace ui
