// Automatic layout: found at once or on another thread, one undo step, and shown as nodes that move to where they stand.
#include <QVariantAnimation>

#include "ui/canvas/canvas.h"
#include "ui/canvas/laid_out.h"
#include "ui/canvas/scene.h"
#include "ui/canvas/view.h"
#include "ui/model/arrange.h"
#include "ui/model/background.h"
#include "ui/theme/motion.h"

namespace ui {

using engine::NodeId;

namespace {
constexpr int kLayOutMilliseconds = 240;  // tokens.json, duration_ms.layout
constexpr size_t kLaidOutAtOnce = 300;    // nodes; of more on another thread
constexpr size_t kAnimated = 300;         // that many move at once; more stand there at once
}  // namespace

void Canvas::layOut(engine::document::Direction direction) {
  endLayout();
  const auto& document = project_.shown();
  LayoutRequest request{document, {}, {}, roomFor(document, project_.network())};
  request.how.direction = direction;
  if (project_.selection().nodes().size() > 1) request.nodes = project_.selection().nodes();
  for (size_t n = 0; n < document.nodes().size(); ++n) {
    const auto& node = *document.nodes()[n];
    request.shownAt[node.id] = scene_->positionOf(node.id);
    if (node.type != "Note") continue;
    const QSizeF size = scene_->node(node.id)->nodeRect().size();
    request.how.nodes[n].width = size.width(), request.how.nodes[n].height = request.how.nodes[n].usual = size.height();
  }
  if (document.nodes().size() <= kLaidOutAtOnce) {
    if (auto edit = laidOut(request)) takeLayout(*std::move(edit));
    return;
  }
  setHint(tr("Laying out... Esc leaves all where it is."));
  findsLayout_ = true;
  inBackground(
      this, [request = std::move(request)] { return laidOut(request); },
      [this, direction, asked = ++layouts_, state = project_.state()](engine::Result<LayoutEdit> edit) {
        if (!findsLayout_ || asked != layouts_) return;
        endLayout();
        if (state != project_.state()) layOut(direction);  // of what it has become
        else if (edit) takeLayout(*std::move(edit));
      });
}

bool Canvas::endLayout() {
  if (std::exchange(findsLayout_, false)) {
    setHint({});
    return true;
  }
  if (!moving_) return false;
  std::exchange(moving_, nullptr)->stop();
  scene_->restore();
  return true;
}

void Canvas::takeLayout(LayoutEdit edit) {
  auto& [changes, after, from, to] = edit;
  if (!edits_->layOut(std::move(changes), std::move(after), int(to.size())) || to.size() > kAnimated || isMotionReduced()) return;
  // The edit is done; what moves is only the picture.
  for (const auto& [id, position] : from) scene_->preview(id, position);
  auto* animation = new QVariantAnimation(this);
  moving_ = animation;
  animation->setDuration(kLayOutMilliseconds);
  animation->setStartValue(0.0);
  animation->setEndValue(1.0);
  animation->setEasingCurve(QEasingCurve::InOutCubic);
  connect(animation, &QVariantAnimation::valueChanged, this, [this, from = std::move(from), to = std::move(to)](const QVariant& value) {
    for (const auto& [id, position] : to) scene_->preview(id, from.at(id) + (position - from.at(id)) * value.toDouble());
  });
  connect(animation, &QVariantAnimation::finished, this, &Canvas::endLayout);
  connect(scene_, &Scene::settled, animation, [this] { endLayout(); });  // nothing moves on what has become something else
  animation->start(QAbstractAnimation::DeleteWhenStopped);
}

}  // namespace ui
