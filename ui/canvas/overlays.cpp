#include "ui/canvas/overlays.h"

#include <QHBoxLayout>
#include <QMouseEvent>
#include <QPainter>
#include <QToolButton>

#include "ui/canvas/picture_handle.h"
#include "ui/theme/theme.h"

namespace ui {

namespace {
constexpr int kMinimapWidth = 160, kMinimapHeight = 96, kMinimapAir = 12;
constexpr size_t kAtOnce = 1000;  // nodes
constexpr int kLaterMilliseconds = 40;
}

ZoomBar::ZoomBar(CanvasView& view, Actions& actions, QWidget* parent) : QWidget(parent), view_(view) {
  setFixedSize(180, 28);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(1, 1, 1, 1);
  row->setSpacing(0);
  const auto dress = [&](QToolButton* b, const char* id, int width) {
    b->setDefaultAction(actions[id]);
    b->setProperty("kind", "quiet");
    b->setFixedSize(width, 26);
    b->setIconSize({14, 14});
    b->setFocusPolicy(Qt::TabFocus);
    row->addWidget(b);
  };
  const auto button = [&](const char* id, int width) { dress(new QToolButton(this), id, width); };
  button("view.zoom_out", 30);
  percent_ = new QToolButton(this);
  percent_->setProperty("kind", "quiet");
  percent_->setFixedSize(54, 26);
  percent_->setFont(ui::font(FontSize::small));
  percent_->setFocusPolicy(Qt::TabFocus);
  percent_->setAccessibleName(tr("Zoom, in percent"));
  const auto showTip = [this, reset = actions["view.zoom_reset"]] { percent_->setToolTip(reset->toolTip()); };
  connect(actions["view.zoom_reset"], &QAction::changed, percent_, showTip);
  showTip();
  connect(percent_, &QToolButton::clicked, actions["view.zoom_reset"], &QAction::trigger);
  row->addWidget(percent_);
  button("view.zoom_in", 30);
  button("view.fit_all", 32);
  picture_ = new PictureHandle(this);
  picture_->setObjectName("canvas.picture");
  dress(picture_, "edit.copy_picture", 32);
  const auto tellPicture = [this, copy = actions["edit.copy_picture"]] {
    picture_->setToolTip(copy->isEnabled() ? tr("The selected nodes, or all, as a picture: press to copy it, or drag it into another program.") : copy->toolTip());
  };
  connect(actions["edit.copy_picture"], &QAction::changed, picture_, tellPicture, Qt::QueuedConnection);
  tellPicture();
  const auto show = [this] { percent_->setText(tr("%1 %").arg(qRound(view_.zoom() * 100))); };
  connect(&view, &CanvasView::zoomed, this, show);
  show();
}

void ZoomBar::paintEvent(QPaintEvent*) { paintOverlay(*this); }

void paintOverlay(QWidget& overlay) {
  QPainter p(&overlay);
  p.setRenderHint(QPainter::Antialiasing);
  p.setPen(theme().line.border);
  p.setBrush(theme().surface.panel);
  p.drawRoundedRect(QRectF(overlay.rect()).adjusted(0.5, 0.5, -0.5, -0.5), size::radiusField, size::radiusField);
}

Minimap::Minimap(CanvasView& view, QWidget* parent) : QWidget(parent), view_(view) {
  setObjectName("canvas.minimap");
  setAccessibleName(tr("Minimap"));
  setFixedSize(kMinimapWidth, kMinimapHeight);
  setCursor(Qt::PointingHandCursor);
  later_.setSingleShot(true);
  later_.setInterval(kLaterMilliseconds);
  connect(&later_, &QTimer::timeout, this, [this] {
    paintNetwork();
    update();
  });
  connect(&view, &CanvasView::zoomed, this, [this] {
    if (view_.canvasScene().nodes().empty()) network_ = {};  // then it shows where the window is, and that moves
    update();
  });
  connect(&view.canvasScene(), &Scene::settled, this, &Minimap::renew);
  connect(&view.canvasScene(), &Scene::filled, this, &Minimap::renew);
  connect(&view.canvasScene(), &Scene::selected, this, &Minimap::renew);
  connect(&view.canvasScene(), &Scene::restored, this, &Minimap::renew);
  connect(&themeWatcher(), &ThemeWatcher::changed, this, &Minimap::renew);
}

// A map of thousands is painted a moment later, in a turn of its own; until then the former one is shown.
void Minimap::renew() {
  if (view_.canvasScene().nodes().size() > kAtOnce && !network_.isNull()) {
    if (!later_.isActive()) later_.start();
    return;
  }
  later_.stop();
  network_ = {};
  update();
}

QTransform Minimap::map() const {
  const QRectF all = view_.canvasScene().contentRect();
  const QRectF shown = all.isEmpty() ? view_.visiblePart() : all;
  const double scale =
      std::min((width() - 2 * kMinimapAir) / shown.width(), (height() - 2 * kMinimapAir) / shown.height());
  QTransform t;
  t.translate(width() / 2.0, height() / 2.0);
  t.scale(scale, scale);
  t.translate(-shown.center().x(), -shown.center().y());
  return t;
}

void Minimap::paintNetwork() {
  const double ratio = devicePixelRatioF();
  network_ = QPixmap(size() * ratio);
  network_.setDevicePixelRatio(ratio);
  network_.fill(Qt::transparent);
  shown_ = map();
  const Theme& t = theme();
  QPainter p(&network_);
  const auto& nodes = view_.canvasScene().nodes();
  // Rounded corners of thousands of nodes are not to be seen, and are dear.
  constexpr size_t kRounded = 300;
  p.setRenderHint(QPainter::Antialiasing, nodes.size() <= kRounded);
  p.setPen(Qt::NoPen);
  for (const NodeItem* item : nodes) {
    QColor color = item->marks().selected ? t.state.selection : t.category(item->group()).solid;
    color.setAlphaF(0.85F);
    QRectF r = shown_.mapRect(item->likelyRect());
    if (r.width() < 3) r.setWidth(3);
    if (r.height() < 2) r.setHeight(2);
    if (nodes.size() > kRounded) {
      p.fillRect(r.toRect(), color);
      continue;
    }
    p.setBrush(color);
    p.drawRoundedRect(r, 1.5, 1.5);
  }
}

void Minimap::paintEvent(QPaintEvent*) {
  const Theme& t = theme();
  QPainter p(this);
  p.setRenderHint(QPainter::Antialiasing);
  const QRectF box = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
  p.setPen(t.line.field);
  p.setBrush(t.surface.minimap);
  p.drawRoundedRect(box, size::radiusField, size::radiusField);
  if (network_.isNull() && view_.canvasScene().nodes().size() > kAtOnce) {
    if (!later_.isActive()) later_.start();
  } else if (network_.isNull() || network_.devicePixelRatio() != devicePixelRatioF()) {
    paintNetwork();
  }
  p.drawPixmap(0, 0, network_);
  QColor window = t.accent.fill;
  window.setAlphaF(0.08F);
  p.setBrush(window);
  p.setPen(QPen(t.accent.line, 1.5));
  const QRectF part = shown_.mapRect(view_.visiblePart()).intersected(box.adjusted(2, 2, -2, -2));
  if (!part.isEmpty()) p.drawRoundedRect(part, 3, 3);
}

void Minimap::go(QPointF at) {
  const QPointF target = shown_.inverted().map(at);
  view_.pan((view_.middle() - target) * view_.zoom());
}

void Minimap::mousePressEvent(QMouseEvent* event) {
  if (event->button() == Qt::LeftButton) go(event->position());
}

void Minimap::mouseMoveEvent(QMouseEvent* event) {
  if (event->buttons() & Qt::LeftButton) go(event->position());
}

}  // namespace ui
