#include "ui/canvas/frames.h"

#include <QFontMetricsF>
#include <QPainter>
#include <algorithm>
#include <unordered_set>

#include "ui/model/text.h"
#include "ui/theme/theme.h"

namespace ui {

namespace {
constexpr double kRadius = 12, kLeastTitle = 9, kMostGrowth = 6;  // pixels of a title, and how many times it may grow from afar
constexpr float kTint = 0.10F, kLine = 0.55F;
}  // namespace

// The first is the theme's own; the others are those of its curves, which are told apart by everybody.
QColor frameLine(int color) { return color == 0 ? theme().line.frame : theme().chart.series[size_t(color - 1)]; }

QRectF FrameBox::titleRect() const { return {rect.left(), rect.top(), rect.width(), kFrameTitle}; }

std::vector<FrameBox> frameBoxes(const engine::document::Document& document, const std::function<QRectF(engine::NodeId)>& rectOf) {
  std::vector<FrameBox> boxes;
  for (const engine::document::Frame& frame : document.frames().list) boxes.push_back({frame.id, qt(frame.title), frame.color, {}, frame.nodes});
  // Small ones first: those around them are around their frames too.
  std::stable_sort(boxes.begin(), boxes.end(), [](const FrameBox& a, const FrameBox& b) { return a.nodes.size() < b.nodes.size(); });
  for (size_t i = 0; i < boxes.size(); ++i) {
    QRectF all;
    for (const engine::NodeId node : boxes[i].nodes) all |= rectOf(node);
    const std::unordered_set<engine::NodeId> here(boxes[i].nodes.begin(), boxes[i].nodes.end());
    for (size_t k = 0; k < i; ++k)
      if (std::all_of(boxes[k].nodes.begin(), boxes[k].nodes.end(), [&](engine::NodeId node) { return here.contains(node); })) all |= boxes[k].rect;
    boxes[i].rect = all.adjusted(-kFramePad, -kFrameTitle - kFramePad / 2, kFramePad, kFramePad);
  }
  std::reverse(boxes.begin(), boxes.end());
  return boxes;
}

QIcon frameSwatch(int color) {
  constexpr int kSide = 16;
  QPixmap pixmap(kSide * 2, kSide * 2);
  pixmap.setDevicePixelRatio(2);
  pixmap.fill(Qt::transparent);
  QPainter p(&pixmap);
  p.setRenderHint(QPainter::Antialiasing);
  p.setPen(QPen(theme().line.strong, 1));
  p.setBrush(frameLine(color));
  p.drawRoundedRect(QRectF(1.5, 1.5, kSide - 3, kSide - 3), 3, 3);
  return pixmap;
}

void paintFrame(QPainter& p, const FrameBox& frame, double scale, bool lit) {
  const Theme& t = theme();
  QColor line = frameLine(frame.color), ground = t.surface.frame;
  if (frame.color > 0) ground = line, ground.setAlphaF(kTint), line.setAlphaF(kLine);
  p.setPen(lit ? QPen(t.accent.line, 2 / std::min(1.0, scale)) : QPen(line, 1 / std::min(1.0, scale)));
  p.setBrush(ground);
  p.drawRoundedRect(frame.rect, kRadius, kRadius);
  if (frame.title.isEmpty()) return;
  const QFont font = ui::font(FontSize::small, QFont::DemiBold);
  const double grown = std::min(kMostGrowth, std::max(1.0, kLeastTitle / scale / QFontMetricsF(font).height()));
  if (grown * scale * QFontMetricsF(font).height() < kLeastTitle - 0.5) return;
  const double room = frame.rect.width() - 2 * kFramePad;
  const QString title = QFontMetricsF(font).elidedText(frame.title, Qt::ElideRight, room / grown);
  p.save();
  p.setPen(t.text.secondary);
  p.setFont(font);
  // What does not fit between the edge and the nodes stands above the frame.
  const double high = QFontMetricsF(font).height() * grown;
  p.translate(frame.rect.left() + kFramePad, high > kFrameTitle ? frame.rect.top() - high : frame.rect.top() + (kFrameTitle - high) / 2);
  p.scale(grown, grown);
  p.drawText(QPointF(0, QFontMetricsF(font).ascent()), title);
  p.restore();
}

}  // namespace ui
