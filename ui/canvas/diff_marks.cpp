#include "ui/canvas/diff_marks.h"

#include <QPainter>
#include <algorithm>

#include "ui/canvas/scene.h"
#include "ui/diff/diff_look.h"

namespace ui {

using engine::NodeId;
using engine::document::Wire;

namespace {

constexpr double kPale = 0.55;
constexpr float kSoft = 0.35F;
constexpr double kCaptionLine = 15, kWidestCaption = 300;
constexpr qsizetype kMostLines = 2;

// Where what is gone would stand now: as it stood to its neighbours, on a free place.
class Placing {
 public:
  Placing(const NetworkDiff& diff, const Scene& scene) : other_(diff.other()), scene_(scene) {}

  void place(QHash<NodeId, DiffMarks::Ghost>& gone) {
    const QPointF usual = shiftOfAll();
    std::vector<QRectF> taken;
    const bool looks = gone.size() * qsizetype(scene_.nodes().size()) < 4'000'000;
    for (const NodeItem* node : scene_.nodes())
      if (looks) taken.push_back(node->likelyRect());
    for (DiffMarks::Ghost& ghost : gone) {
      ghost.at = placeOf(ghost.look.id) + shiftOf(ghost.look.id, usual);
      for (int tries = 0; looks && tries < 60; ++tries) {
        const auto inTheWay = std::find_if(taken.begin(), taken.end(), [&](const QRectF& r) { return r.intersects(ghost.rect().adjusted(-8, -8, 8, 8)); });
        if (inTheWay == taken.end()) break;
        ghost.at.setY(inTheWay->bottom() + 24);
      }
      taken.push_back(ghost.rect());
    }
  }

 private:
  QPointF placeOf(NodeId id) const {
    const auto* node = other_.shown().node(id);
    if (node->position) return {node->position->x, node->position->y};
    const auto index = other_.shown().indexOf(id);
    return index && *index < other_.layout().size() ? other_.layout()[*index] : QPointF();
  }
  std::optional<QPointF> shiftSince(NodeId id) const {
    const NodeItem* item = scene_.node(id);
    if (!item || !other_.shown().node(id)) return std::nullopt;
    return item->pos() - placeOf(id);
  }
  QPointF shiftOfAll() const {
    QPointF sum;
    int count = 0;
    for (const NodeItem* node : scene_.nodes())
      if (const auto shift = shiftSince(node->id())) sum += *shift, ++count;
    return count ? sum / count : QPointF();
  }
  QPointF shiftOf(NodeId id, QPointF usual) const {
    QPointF sum;
    int count = 0;
    const auto take = [&](NodeId neighbour) {
      if (const auto shift = shiftSince(neighbour)) sum += *shift, ++count;
    };
    for (const Wire& wire : other_.shown().wiresInto(id)) take(wire.from);
    for (const Wire& wire : other_.shown().wiresFrom(id)) take(wire.to);
    return count ? sum / count : usual;
  }

  const Project& other_;
  const Scene& scene_;
};

struct End {
  QPointF at;
  QRectF node;
};
std::optional<End> endOf(const DiffMarks& marks, const Scene& scene, NodeId id, int port, bool input) {
  if (const NodeItem* item = scene.node(id)) return End{input ? item->inputAt(port) : item->outputAt(port), item->nodeRect()};
  const auto ghost = marks.gone.constFind(id);
  if (ghost == marks.gone.cend()) return std::nullopt;
  const auto& ports = input ? ghost->look.inputs : ghost->look.outputs;
  const QPointF at = size_t(port) < ports.size() ? ports[size_t(port)].at : QPointF(input ? 0 : ghost->look.width, node_size::portFirst);
  return End{ghost->at + at, ghost->rect()};
}

void paintSign(QPainter& p, QPointF middle, DiffKind kind) {
  constexpr double r = 9, arm = 4.2;
  p.setPen(QPen(theme().surface.canvas, 1.5));
  p.setBrush(diffColor(kind));
  p.drawEllipse(middle, r, r);
  p.setPen(QPen(theme().surface.canvas, 2, Qt::SolidLine, Qt::RoundCap));
  if (kind == DiffKind::changed) {
    QPainterPath wave(middle + QPointF(-arm, 1.2));
    wave.cubicTo(middle + QPointF(-arm / 2, -4), middle + QPointF(arm / 2, 4), middle + QPointF(arm, -1.2));
    p.setBrush(Qt::NoBrush);
    p.drawPath(wave);
    return;
  }
  p.drawLine(middle - QPointF(arm, 0), middle + QPointF(arm, 0));
  if (kind == DiffKind::added) p.drawLine(middle - QPointF(0, arm), middle + QPointF(0, arm));
}

void paintCaption(QPainter& p, const QRectF& node, const QStringList& words) {
  QStringList lines = words.mid(0, kMostLines);
  if (words.size() > kMostLines) lines.back() = NetworkDiff::tr("and %n more", nullptr, int(words.size() - kMostLines + 1));
  const QFont font = ui::font(FontSize::caption);
  const QFontMetricsF metrics(font);
  double wide = 0;
  for (QString& line : lines) {
    line = metrics.elidedText(line, Qt::ElideRight, kWidestCaption);
    wide = std::max(wide, metrics.horizontalAdvance(line));
  }
  const QRectF box(node.left() + 4, node.bottom() + 5, wide + 12, double(lines.size()) * kCaptionLine + 4);
  p.setPen(QPen(diffColor(DiffKind::changed), 1));
  p.setBrush(theme().surface.panel);
  p.drawRoundedRect(box, 4, 4);
  p.setFont(font);
  p.setPen(theme().text.primary);
  for (qsizetype i = 0; i < lines.size(); ++i)
    p.drawText(QRectF(box.left() + 6, box.top() + 2 + double(i) * kCaptionLine, wide + 2, kCaptionLine), Qt::AlignVCenter | Qt::AlignLeft, lines[i]);
}

}  // namespace

DiffMarks marksOf(const NetworkDiff& diff, const Scene& scene) {
  DiffMarks marks;
  if (!diff.isOn()) return marks;
  marks.inView = diff.inView();
  if (!diff.leadsHere()) return marks;
  const Project& other = diff.other();
  for (auto it = marks.inView.nodes.cbegin(); it != marks.inView.nodes.cend(); ++it) {
    const auto index = it->kind == DiffKind::removed ? other.shown().indexOf(it.key()) : std::nullopt;
    if (!index || *index >= other.network().nodes.size()) continue;
    std::vector<int> read;
    for (const Wire& wire : other.shown().wiresFrom(it.key())) read.push_back(wire.output);
    NodeFacts facts = factsOf(other, *index, read);
    facts.problem.reset();  // of a version that nobody trains
    marks.gone[it.key()] = {lookOf(facts), {}};
  }
  Placing(diff, scene).place(marks.gone);
  return marks;
}

void paintDiffBehind(QPainter& p, const DiffMarks& marks, const Scene& scene, const QRectF& exposed, double scale) {
  for (const Wire& wire : marks.inView.added)
    if (const WireItem* item = scene.wire({wire.to, wire.input}); item && item->reach().intersects(exposed)) {
      QColor soft = diffColor(DiffKind::added);
      soft.setAlphaF(kSoft);
      p.setPen(QPen(soft, 9, Qt::SolidLine, Qt::RoundCap));
      p.setBrush(Qt::NoBrush);
      p.drawPath(item->path());
    }
  p.setBrush(Qt::NoBrush);
  for (const Wire& wire : marks.inView.removed) {
    const auto from = endOf(marks, scene, wire.from, wire.output, false), to = endOf(marks, scene, wire.to, wire.input, true);
    if (!from || !to) continue;
    const QPainterPath path = wirePath(from->at, to->at, from->node, to->node);
    if (!path.controlPointRect().adjusted(-4, -4, 4, 4).intersects(exposed)) continue;
    p.setPen(QPen(diffColor(DiffKind::removed), std::max(1.6, 1 / scale), Qt::DashLine));
    p.drawPath(path);
  }
  for (const auto& ghost : marks.gone) {
    if (!ghost.rect().adjusted(-20, -20, 20, 20).intersects(exposed)) continue;
    p.save();
    p.translate(ghost.at);
    p.setOpacity(kPale);
    if (scale >= detail::blocks) paintNode(p, ghost.look, {}, scale);
    else p.fillRect(ghost.look.rect(), theme().category(ghost.look.group).solid);
    p.restore();
  }
}

void paintDiffOver(QPainter& p, const DiffMarks& marks, const Scene& scene, const QRectF& exposed, double scale) {
  const double line = std::max(2.0, 2 / scale);
  const auto around = [&](const QRectF& rect, DiffKind kind) {
    p.setPen(QPen(diffColor(kind), line, kind == DiffKind::removed ? Qt::DashLine : Qt::SolidLine));
    p.setBrush(Qt::NoBrush);
    p.drawRoundedRect(rect.adjusted(-4, -4, 4, 4), 10, 10);
    if (scale >= detail::noText) paintSign(p, rect.topLeft() + QPointF(-3, -3), kind);
  };
  for (auto it = marks.inView.nodes.cbegin(); it != marks.inView.nodes.cend(); ++it) {
    const NodeItem* item = scene.node(it.key());
    if (!item || !item->reach().marginsAdded(kDiffReach).intersects(exposed)) continue;
    const QRectF rect = item->nodeRect();
    around(rect, it->kind);
    if (it->kind == DiffKind::changed && scale >= detail::nameOnly) paintCaption(p, rect, it->words);
  }
  for (const auto& ghost : marks.gone)
    if (ghost.rect().adjusted(-20, -20, 20, 20).intersects(exposed)) around(ghost.rect(), DiffKind::removed);
}

}  // namespace ui
