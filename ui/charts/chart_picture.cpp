#include "ui/charts/chart_picture.h"

#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <cmath>
#include <limits>

#include "ui/charts/decimate.h"
#include "ui/model/text.h"
#include "ui/theme/theme.h"

namespace ui {

namespace {

// Of the legend, in pixels: the line of its colour, between name and number, and between two entries.
constexpr double kLegendLine = 20, kLegendGap = 6, kLegendApart = 16;
constexpr int kTitle = 28, kFoot = 22, kLegendRight = 10, kTop = 6;  // pixels around the plot
constexpr int kTickGap = 44, kTickHeight = 28;                 // at least so much room a label
constexpr double kFaint = 0.3;                                 // of the raw curve
constexpr double kThickest = 2, kThinnest = 1;
constexpr double kDot = 3;               // a single point is so much wider than its line
constexpr size_t kManyPoints = 2000;  // from here on thick lines with round edges cost too much
constexpr int kLeastRingGap = 7;      // pixels between rings; closer ones are left out

double inf() { return std::numeric_limits<double>::infinity(); }

QColor faded(QColor color, double alpha) {
  color.setAlphaF(float(alpha));
  return color;
}

class Picture {
 public:
  Picture(QPainter& p, const ChartData& data, const ChartView& view, const QRectF& whole, int aside)
      : p_(p), data_(data), view_(view), whole_(whole), plot_(plotRect(data, view, whole)), aside_(aside) {}

  void paint() {
    p_.setRenderHint(QPainter::Antialiasing);
    head();
    if (data_.isEmpty()) {
      p_.setFont(font(FontSize::small));
      p_.setPen(theme().text.secondary);
      p_.drawText(whole_.adjusted(16, kTitle, -16, -8), Qt::AlignCenter | Qt::TextWordWrap, data_.empty);
      return;
    }
    grid();
    p_.save();
    p_.setClipRect(plot_.adjusted(0, -1, 1, 1));
    for (const auto& line : data_.lines)
      if (line.faint) curve(line);
    for (const auto& rings : data_.rings)
      if (rings.faint) points(rings);
    marks();
    for (const auto& line : data_.lines)
      if (!line.faint) curve(line);
    p_.restore();
    for (const auto& rings : data_.rings)
      if (!rings.faint) points(rings);
    for (const auto& single : data_.singles) diamond(single);
  }

 private:
  QPointF at(double x, double y) const { return {plot_.left() + view_.x.part(x) * plot_.width(), yOf(y)}; }
  double yOf(double y) const {
    if (view_.y.log) y = std::max(y, view_.y.from * 1e-3);  // zero and less have no logarithm
    return plot_.bottom() - view_.y.part(y) * plot_.height();
  }

  void head() {
    const Theme& t = theme();
    double x = whole_.left();
    const double middle = whole_.top() + kTitle / 2.0, end = whole_.right() - aside_;
    const auto write = [&](const QString& text, const QFont& with, const QColor& color) {
      p_.setFont(with);
      p_.setPen(color);
      const int width = QFontMetrics(with).horizontalAdvance(text);
      p_.drawText(QRectF(x, middle - 12, width + 2, 24), Qt::AlignVCenter, text);
      x += width;
    };
    write(data_.title, font(FontSize::body, QFont::DemiBold), t.text.primary);
    x += 16;
    struct Entry {
      QString name, brief, number;
      int series;
    };
    std::vector<Entry> entries;
    const auto add = [&](const QString& name, const QString& brief, int series, const QString& number) {
      if (!name.isEmpty() && !number.isEmpty()) entries.push_back({name, brief.isEmpty() ? name : brief, number, series});
    };
    for (const auto& line : data_.lines)
      if (!line.faint && line.smooth) {
        const auto* last = line.smooth->at(line.smooth->lastX());
        add(line.name, line.brief, line.series, last && last->isNumber() ? valueText(data_, last->highest) : QString());
      }
    for (const auto& rings : data_.rings)
      if (!rings.faint && !rings.points->empty()) add(rings.name, rings.brief, rings.series, valueText(data_, rings.points->back().y()));
    for (const auto& single : data_.singles) add(single.name, {}, single.series, valueText(data_, single.at.y()));

    const QFont small = font(FontSize::small), value = font(FontSize::small, QFont::Medium);
    const auto width = [&](const QString& name, const Entry& e) {
      return kLegendLine + QFontMetrics(small).horizontalAdvance(name) + (name.isEmpty() ? 0 : kLegendGap) + QFontMetrics(value).horizontalAdvance(e.number);
    };
    const auto all = [&](QString Entry::*name) {
      double sum = -kLegendApart;
      for (const Entry& e : entries) sum += width(e.*name, e) + kLegendApart;
      return sum;
    };
    // Whole names where there is room for all of them, else short ones; at last the colour says which it is.
    const auto named = x + all(&Entry::name) <= end ? &Entry::name : &Entry::brief;
    for (const Entry& e : entries) {
      const bool fits = x + width(e.*named, e) <= end;
      if (!fits && x + width({}, e) > end) return;
      p_.setPen(QPen(t.chart.series[size_t(e.series)], 2.5, Qt::SolidLine, Qt::RoundCap));
      p_.drawLine(QPointF(x + 1, middle), QPointF(x + 13, middle));
      x += kLegendLine;
      if (fits) {
        write(e.*named, small, t.text.secondary);
        x += kLegendGap;
      }
      write(e.number, value, t.text.primary);
      x += kLegendApart;
    }
  }

  std::vector<Tick> yTicks() const {
    Axis shown = view_.y;
    shown.from *= data_.yFactor;
    shown.to *= data_.yFactor;
    return ticksOf(shown, std::max(2, int(plot_.height()) / kTickHeight));
  }

  void grid() {
    const Theme& t = theme();
    const QFont caption = font(FontSize::caption);
    p_.setFont(caption);
    p_.setRenderHint(QPainter::Antialiasing, false);
    for (const Tick& tick : yTicks()) {
      const double y = std::round(yOf(tick.value / data_.yFactor));
      p_.setPen(t.chart.grid);
      p_.drawLine(QPointF(plot_.left(), y), QPointF(plot_.right(), y));
      p_.setPen(t.chart.axis);
      p_.drawText(QRectF(whole_.left(), y - 8, plot_.left() - whole_.left() - 8, 16), Qt::AlignRight | Qt::AlignVCenter, tick.text);
    }
    const double unit = data_.stepsAnEpoch > 0 ? data_.stepsAnEpoch : 1;
    const Axis epochs{view_.x.from / unit, view_.x.to / unit, false};
    for (const Tick& tick : ticksOf(epochs, std::max(2, int(plot_.width()) / kTickGap))) {
      const double x = std::round(at(tick.value * unit, view_.y.from).x());
      p_.setPen(t.chart.cursor);
      p_.drawLine(QPointF(x, plot_.bottom()), QPointF(x, plot_.bottom() + 4));
      p_.setPen(t.chart.axis);
      const QString text = tick.value >= 1000 ? countText(tick.value) : tick.text;
      const double width = p_.fontMetrics().horizontalAdvance(text) + 2;
      const double left = std::min(x - width / 2, whole_.right() - width);  // the last one has no room on its right
      p_.drawText(QRectF(left, plot_.bottom() + 5, width, 16), Qt::AlignHCenter | Qt::AlignTop, text);
    }
    p_.setPen(t.chart.axis);
    const QString name = data_.stepsAnEpoch > 0 ? QCoreApplication::translate("charts", "epoch") : QCoreApplication::translate("charts", "step");
    p_.drawText(QRectF(whole_.left(), plot_.bottom() + 5, plot_.left() - whole_.left() - 6, 16), Qt::AlignRight | Qt::AlignTop, name);
    p_.setRenderHint(QPainter::Antialiasing);
  }

  void polylines(const Series& series, double xFactor, const QPen& pen) {
    const auto stretches = decimate(series, view_.x.from / xFactor, view_.x.to / xFactor, int(plot_.width()));
    size_t count = 0;
    for (const Stretch& stretch : stretches) count += stretch.size();
    QPen used = pen;
    if (count > kManyPoints) used.setWidthF(kThinnest);
    p_.setPen(used);
    p_.setBrush(Qt::NoBrush);
    for (const Stretch& stretch : stretches) {
      QPolygonF polygon;
      polygon.reserve(qsizetype(stretch.size()));
      for (const QPointF& point : stretch) polygon << QPointF(plot_.left() + point.x(), yOf(point.y()));
      if (polygon.size() > 1) {
        p_.drawPolyline(polygon);
        continue;
      }
      QPen dot = used;  // a line of one point has no length
      dot.setWidthF(pen.widthF() + kDot);
      dot.setCapStyle(Qt::RoundCap);
      p_.setPen(dot);
      p_.drawPoint(polygon[0]);
      p_.setPen(used);
    }
  }

  void curve(const ChartData::Line& line) {
    const QColor color = theme().chart.series[size_t(line.series)];
    if (line.raw && !line.faint) polylines(*line.raw, line.xFactor, QPen(faded(color, kFaint), kThinnest));
    if (line.smooth) polylines(*line.smooth, line.xFactor, QPen(line.faint ? faded(color, kFaint) : color, line.faint ? 1.5 : kThickest, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
  }

  void points(const ChartData::Rings& rings) {
    if (rings.points->empty()) return;
    const QColor color = theme().chart.series[size_t(rings.series)];
    QPolygonF polygon;
    for (const QPointF& point : *rings.points) polygon << at(point.x() * rings.xFactor, point.y());
    p_.save();
    p_.setClipRect(plot_.adjusted(-4, -4, 5, 5));
    p_.setPen(QPen(rings.faint ? faded(color, kFaint) : color, rings.faint ? 1.5 : kThickest, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    p_.drawPolyline(thinned(polygon));  // a long run of short epochs has thousands of them
    if (!rings.faint) {
      const auto worse = [&](const QPointF& a, const QPointF& b) { return data_.lowerIsBetter ? a.y() < b.y() : a.y() > b.y(); };
      const auto best = std::min_element(rings.points->begin(), rings.points->end(), worse) - rings.points->begin();
      p_.setPen(QPen(color, 1.75));
      double last = -inf();
      for (qsizetype i = 0; i < polygon.size(); ++i) {
        if (i != best && (polygon[i].x() - last < kLeastRingGap || std::abs(polygon[i].x() - polygon[best].x()) < kLeastRingGap)) continue;
        p_.setBrush(i == best ? color : theme().surface.panel);
        p_.drawEllipse(polygon[i], 3, 3);
        if (i != best) last = polygon[i].x();
      }
    }
    p_.restore();
  }

  void diamond(const ChartData::Single& single) {
    const QPointF c = at(single.at.x(), single.at.y());
    if (!plot_.adjusted(-2, -2, 2, 2).contains(c)) return;
    constexpr double r = 5;
    p_.setPen(QPen(theme().surface.panel, 1.5));
    p_.setBrush(theme().chart.series[size_t(single.series)]);
    p_.drawPolygon(QPolygonF{{c.x() - r, c.y()}, {c.x(), c.y() - r}, {c.x() + r, c.y()}, {c.x(), c.y() + r}});
  }

  // Where the rate was set by hand, and where numbers ended.
  void marks() {
    const Theme& t = theme();
    const auto broken = [&](double step) {
      const double x = at(step, view_.y.from).x();
      p_.setPen(QPen(t.state.problem, 2));
      p_.drawLine(QPointF(x, plot_.bottom() - 8), QPointF(x, plot_.bottom()));
      p_.drawLine(QPointF(x - 3, plot_.bottom() - 11), QPointF(x + 3, plot_.bottom() - 5));
    };
    for (const auto& line : data_.lines)
      if (line.raw && !line.faint)
        for (const uint32_t step : line.raw->breaks()) broken(step);
    if (!data_.marks) return;
    for (const Mark& mark : *data_.marks) {
      if (mark.kind == Mark::Kind::broken) {
        broken(double(mark.step));
        continue;
      }
      const double x = std::round(at(double(mark.step), view_.y.from).x()) + 0.5;
      p_.setPen(QPen(t.chart.cursor, 1, Qt::DashLine));
      p_.drawLine(QPointF(x, plot_.top()), QPointF(x, plot_.bottom()));
      const QString text = QCoreApplication::translate("charts", "rate %1").arg(numberText(mark.value, 3));
      p_.setFont(font(FontSize::caption));
      const double width = QFontMetrics(p_.font()).horizontalAdvance(text) + 8;
      const double left = x + 3 + width > plot_.right() ? x - 3 - width : x + 3;
      const double top = data_.lowerIsBetter ? plot_.top() : plot_.bottom() - 16;  // where the curve is not
      p_.setPen(Qt::NoPen);
      p_.setBrush(faded(t.surface.panel, 0.85));
      p_.drawRoundedRect(QRectF(left, top, width, 16), 3, 3);
      p_.setPen(t.text.secondary);
      p_.drawText(QRectF(left, top, width, 16), Qt::AlignCenter, text);
    }
  }

  QPainter& p_;
  const ChartData& data_;
  const ChartView& view_;
  QRectF whole_, plot_;
  int aside_;
};

}  // namespace

bool ChartData::isEmpty() const {
  for (const Line& line : lines)
    if ((line.raw && !line.raw->empty()) || (line.smooth && !line.smooth->empty())) return false;
  for (const Rings& ring : rings)
    if (!ring.points->empty()) return false;
  return singles.empty();
}

Axis fullX(const ChartData& data, int64_t plannedSteps) {
  // A run that has just begun would be a line at the left edge of all that is planned. The axis follows in strides, so
  // that it rests between them, and comes to its end with the run.
  constexpr double kStride = 1.5, kHeadroom = 1.08, kFewest = 20;
  double last = 0;
  for (const auto& line : data.lines)
    if (!line.faint)
      for (const Series* series : {line.raw, line.smooth})
        if (series) last = std::max(last, double(series->lastX()));
  double to = std::max(last, double(std::max<int64_t>(plannedSteps, 1)));
  if (data.isEmpty()) return {0, to, false};
  while (to / kStride >= std::max(last * kHeadroom, kFewest)) to /= kStride;
  return {0, to, false};
}

Axis fittingY(const ChartData& data, const Axis& x, bool log) {
  double lowest = inf(), highest = -inf(), positive = inf();
  // A share begins at chance and climbs in a moment: after the first epoch the climb may leave the picture, so that
  // epochs can be told apart. Of a loss nothing is left out, and of a share nothing when zoomed.
  double begin = x.from;
  if (!data.lowerIsBetter && x.from == 0 && data.stepsAnEpoch > 0)
    for (const auto& line : data.lines)
      if (!line.faint && line.smooth && double(line.smooth->lastX()) > 1.5 * data.stepsAnEpoch) begin = data.stepsAnEpoch / 2;
  const auto see = [&](double low, double high, double lowPositive) {
    lowest = std::min(lowest, low);
    highest = std::max(highest, high);
    positive = std::min(positive, lowPositive);
  };
  for (const auto& line : data.lines)
    for (const Series* series : {line.faint ? nullptr : line.raw, line.smooth})
      if (series && !series->empty()) {
        const auto extent = series->extent(int64_t(begin / line.xFactor), int64_t(std::ceil(x.to / line.xFactor)));
        if (!extent.empty()) see(extent.lowest, extent.highest, extent.lowestPositive);
      }
  const auto point = [&](double at, double value) {
    if (at >= x.from && at <= x.to && std::isfinite(value)) see(value, value, value > 0 ? value : inf());
  };
  for (const auto& ring : data.rings)
    for (const QPointF& p : *ring.points) point(p.x() * ring.xFactor, p.y());
  for (const auto& single : data.singles) point(single.at.x(), single.at.y());
  if (lowest > highest) return {0, 1, false};
  if (log && std::isfinite(positive)) return axisAround(std::max(lowest, positive), std::max(highest, positive), true);
  return axisAround(lowest, highest, false);
}

QRectF plotRect(const ChartData& data, const ChartView& view, const QRectF& whole) {
  // As wide as the widest label, which depends on the height alone.
  const QFontMetrics metrics(font(FontSize::caption));
  const QString name = data.stepsAnEpoch > 0 ? QCoreApplication::translate("charts", "epoch") : QCoreApplication::translate("charts", "step");
  int labels = metrics.horizontalAdvance(name) - 4;
  Axis shown = view.y;
  shown.from *= data.yFactor;
  shown.to *= data.yFactor;
  const double height = whole.height() - kTitle - kTop - kFoot;
  for (const Tick& tick : ticksOf(shown, std::max(2, int(height) / kTickHeight))) labels = std::max(labels, metrics.horizontalAdvance(tick.text));
  return {whole.left() + labels + 10, whole.top() + kTitle + kTop, std::max(10.0, whole.width() - labels - 10 - kLegendRight), std::max(10.0, height)};
}

void paintChart(QPainter& p, const ChartData& data, const ChartView& view, const QRectF& whole, int aside) { Picture(p, data, view, whole, aside).paint(); }

QString valueText(const ChartData& data, double value) {
  if (!data.unit.isEmpty()) return QLocale::c().toString(value * data.yFactor, 'f', data.digits) + data.unit;
  const double size = std::abs(value);
  if (size != 0 && (size < 1e-3 || size >= 1e5)) return QLocale::c().toString(value, 'e', data.digits - 1);
  const int decimals = size == 0 ? data.digits : std::clamp(data.digits - 1 - int(std::floor(std::log10(size))), 0, data.digits + 2);
  return QLocale::c().toString(value, 'f', decimals);
}

QString placeText(const ChartData& data, double step) {
  const QString steps = QCoreApplication::translate("charts", "step %1").arg(countText(std::round(step)));
  if (data.stepsAnEpoch <= 0) return steps;
  return QCoreApplication::translate("charts", "epoch %1, %2").arg(QLocale::c().toString(step / data.stepsAnEpoch, 'f', 2), steps);
}

}  // namespace ui
