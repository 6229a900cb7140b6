#include "ui/charts/chart.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QToolButton>
#include <QWheelEvent>
#include <cmath>

#include "ui/model/text.h"
#include "ui/theme/theme.h"

namespace ui {

namespace {
constexpr double kWheelZoom = 1.25;    // of a notch
constexpr double kFewestSteps = 8;     // that can be zoomed to
constexpr qint64 kShrinkAfter = 1000;  // milliseconds
constexpr double kSlack = 0.15;        // an axis that is so much too large stays as it is
constexpr int kChartHeight = 26;            // of the buttons

// How much of the axis the other one takes; 1: all of it.
double share(const Axis& of, const Axis& whole) { return whole.part(of.to) - whole.part(of.from); }
bool contains(const Axis& outer, const Axis& inner) {
  return outer.log == inner.log && outer.from <= inner.from && outer.to >= inner.to;
}
}  // namespace

Chart::Chart(QWidget* parent) : QWidget(parent) {
  setLayoutDirection(Qt::LeftToRight);  // as axes are drawn everywhere
  setMouseTracking(true);
  setFocusPolicy(Qt::StrongFocus);
  setMinimumSize(128, 120);  // two windows stand side by side on a usual screen
  connect(&themeWatcher(), &ThemeWatcher::changed, this, &Chart::renew);
}

void Chart::setData(ChartData data, int64_t plannedSteps) {
  data_ = std::move(data);
  plannedSteps_ = plannedSteps;
  setAccessibleName(tr("Chart: %1").arg(data_.title));
  placeButtons();
  fit();
  renew();
}

void Chart::renew() {
  dirty_ = true;
  update();  // nothing happens where it is hidden
}

void Chart::fit() {
  if (!zoomed_) view_.x = fullX(data_, plannedSteps_);
  const Axis wanted = fittingY(data_, view_.x, log_);
  if (data_.isEmpty()) {  // the first numbers find no axis that would have to shrink
    view_.y = wanted;
    sinceFit_.invalidate();
    return;
  }
  const bool tooLarge = wanted.log != view_.y.log || share(wanted, view_.y) < 1 - kSlack;
  if (!contains(view_.y, wanted) || (tooLarge && (!sinceFit_.isValid() || sinceFit_.elapsed() > kShrinkAfter))) {
    view_.y = wanted;
    sinceFit_.start();
  }
}

void Chart::offerLog(bool log) {
  axis_ = new QFrame(this);
  axis_->setProperty("kind", "segments");
  auto* line = new QHBoxLayout(axis_);
  line->setContentsMargins(1, 1, 1, 1);
  line->setSpacing(0);
  const auto button = [this, line](const QString& text, bool value) {
    auto* made = new QToolButton(axis_);
    line->addWidget(made);
    made->setText(text);
    made->setCheckable(true);
    made->setAutoExclusive(true);
    made->setProperty("kind", "segment");
    made->setFont(ui::font(FontSize::small));
    made->setAccessibleName(tr("%1 axis").arg(text));
    made->setToolTip(value ? tr("Equal factors are equally far apart; zero and less stand at the lower edge.") : tr("Equal differences are equally far apart."));
    connect(made, &QToolButton::clicked, this, [this, value] { setLog(value); });
    return made;
  };
  linear_ = button(tr("Linear"), false);
  logarithmic_ = button(tr("Log"), true);
  linear_->setObjectName("chart.linear");
  logarithmic_->setObjectName("chart.log");
  axis_->show();
  placeButtons();
  setLog(log);
}

void Chart::setLog(bool log) {
  if (linear_) (log ? logarithmic_ : linear_)->setChecked(true);
  const bool changes = log != log_;
  log_ = log;
  sinceFit_.invalidate();
  fit();
  renew();
  if (changes) emit logChanged(log);
}

void Chart::resetZoom() {
  zoomed_ = false;
  sinceFit_.invalidate();
  fit();
  renew();
}

QRectF Chart::plot() const { return plotRect(data_, view_, rect()); }
double Chart::stepAt(double x) const { return view_.x.valueAt((x - plot().left()) / plot().width()); }

void Chart::paintInto(QPainter& p, const QRectF& rect) const { paintChart(p, data_, view_, rect); }

void Chart::paintEvent(QPaintEvent*) {
  const qreal ratio = devicePixelRatioF();
  const QSize wanted = (QSizeF(size()) * ratio).toSize();
  if (dirty_ || picture_.size() != wanted) {
    picture_ = QPixmap(wanted);
    picture_.setDevicePixelRatio(ratio);
    picture_.fill(Qt::transparent);
    QPainter p(&picture_);
    p.setFont(ui::font(FontSize::body));
    paintChart(p, data_, view_, rect(), axis_ ? axis_->width() + 8 : 0);
    dirty_ = false;
    ++pictures_;
  }
  QPainter p(this);
  p.drawPixmap(0, 0, picture_);
  if (cursor_ && !data_.isEmpty()) paintCursor(p);
  if (hasFocus()) {
    p.setPen(QPen(theme().state.focus, 1));
    p.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
  }
}

void Chart::resizeEvent(QResizeEvent*) { placeButtons(); }

void Chart::placeButtons() {
  if (!axis_) return;
  const int wide = axis_->sizeHint().width();
  // Where they would lie on the title they stand below it: a loss is seldom high at the end.
  constexpr int kBesideTitle = 24;
  const bool beside = QFontMetrics(ui::font(FontSize::body, QFont::DemiBold)).horizontalAdvance(data_.title) + kBesideTitle <= width() - wide;
  axis_->setVisible(beside || !data_.isEmpty());  // there the empty chart says what it is for
  axis_->setGeometry(width() - wide, beside ? 1 : 1 + kChartHeight, wide, kChartHeight);
}

// ------------------------------------------------------------------------- cursor ----

QStringList Chart::linesAt(double step) const {
  QStringList lines{placeText(data_, step)};
  for (const auto& line : data_.lines) {
    if (line.faint || !line.smooth) continue;
    const auto* raw = line.raw ? line.raw->at(int64_t(std::round(step))) : nullptr;
    const auto* smooth = line.smooth->at(int64_t(std::round(step)));
    if (!smooth || !smooth->isNumber() || step > double(line.smooth->lastX()) + 0.5) continue;
    QString text = line.name + "  " + valueText(data_, smooth->highest);
    if (raw && raw->isNumber()) {
      text += "  (" + valueText(data_, raw->lowest);
      if (raw->highest > raw->lowest) text += tr(" to %1").arg(valueText(data_, raw->highest));
      text += ")";
    }
    lines << text;
  }
  for (const auto& rings : data_.rings) {
    if (rings.faint || rings.points->empty()) continue;
    const auto next = std::lower_bound(rings.points->begin(), rings.points->end(), step, [](const QPointF& p, double x) { return p.x() < x; });
    if (next == rings.points->begin() && next->x() > step) continue;
    const auto at = next == rings.points->end() || next->x() > step ? next - 1 : next;
    lines << rings.name + "  " + valueText(data_, at->y());
  }
  return lines;
}

QString Chart::readOut() const {
  if (!cursor_ || !plot().contains(*cursor_)) return {};
  return linesAt(std::round(stepAt(cursor_->x()))).join('\n');
}

void Chart::paintCursor(QPainter& p) const {
  const QRectF area = plot();
  if (!area.contains(*cursor_)) return;
  const Theme& t = theme();
  const double step = std::round(stepAt(cursor_->x())), x = area.left() + view_.x.part(step) * area.width();
  p.setPen(QPen(t.chart.cursor, 1));
  p.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
  p.setRenderHint(QPainter::Antialiasing);
  for (const auto& line : data_.lines) {
    if (line.faint || !line.smooth || step > double(line.smooth->lastX())) continue;
    const auto* bucket = line.smooth->at(int64_t(step));
    if (!bucket || !bucket->isNumber()) continue;
    const double y = area.bottom() - view_.y.part(bucket->highest) * area.height();
    if (y < area.top() || y > area.bottom()) continue;
    p.setPen(QPen(t.surface.panel, 1.5));
    p.setBrush(t.chart.series[size_t(line.series)]);
    p.drawEllipse(QPointF(x, y), 4, 4);
  }
  const QStringList lines = linesAt(step);
  const QFont small = ui::font(FontSize::small);
  const QFontMetrics metrics(small);
  int width = 0;
  for (const QString& line : lines) width = qMax(width, metrics.horizontalAdvance(line));
  const int height = metrics.height();
  QRectF box(x + 10, area.top() + 4, width + 16, double(lines.size()) * height + 10);
  if (box.right() > rect().right()) box.moveRight(x - 10);
  if (box.left() < 0) box.moveLeft(0);
  p.setPen(t.line.field);
  p.setBrush(t.surface.raised);
  p.drawRoundedRect(box, size::radiusField, size::radiusField);
  p.setFont(small);
  for (qsizetype i = 0; i < lines.size(); ++i) {
    p.setPen(i == 0 ? t.text.secondary : t.text.primary);
    p.drawText(QPointF(box.left() + 8, box.top() + 5 + metrics.ascent() + double(i) * height), lines[i]);
  }
}

// ------------------------------------------------------------------ zoom and move ----

void Chart::zoom(double factor, double part) {
  const Axis full = fullX(data_, plannedSteps_);
  const double fixed = view_.x.valueAt(part);
  const double length = std::clamp((view_.x.to - view_.x.from) / factor, std::min(kFewestSteps, full.to), full.to);
  if (length >= full.to) return resetZoom();
  zoomed_ = true;
  const double from = std::clamp(fixed - part * length, 0.0, full.to - length);
  view_.x = {from, from + length, false};
  sinceFit_.invalidate();
  fit();
  renew();
}

void Chart::moveBy(double steps) {
  const double length = view_.x.to - view_.x.from, last = fullX(data_, plannedSteps_).to;
  const double from = std::clamp(view_.x.from + steps, 0.0, std::max(0.0, last - length));
  view_.x = {from, from + length, false};
  sinceFit_.invalidate();
  fit();
  renew();
}

void Chart::wheelEvent(QWheelEvent* event) {
  event->accept();
  if (data_.isEmpty() || event->angleDelta().y() == 0) return;
  const QRectF area = plot();
  zoom(std::pow(kWheelZoom, event->angleDelta().y() / 120.0), std::clamp((event->position().x() - area.left()) / area.width(), 0.0, 1.0));
}

void Chart::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return;
  dragFrom_ = event->position();
  dragX_ = view_.x.from;
}

void Chart::mouseMoveEvent(QMouseEvent* event) {
  cursor_ = event->position();
  if (dragFrom_ && zoomed_) {
    setCursor(Qt::ClosedHandCursor);
    const double steps = (dragFrom_->x() - event->position().x()) / plot().width() * (view_.x.to - view_.x.from);
    moveBy(dragX_ + steps - view_.x.from);
  } else {
    update();
  }
}

void Chart::mouseReleaseEvent(QMouseEvent*) {
  dragFrom_.reset();
  unsetCursor();
}

void Chart::mouseDoubleClickEvent(QMouseEvent*) { resetZoom(); }

void Chart::leaveEvent(QEvent*) {
  cursor_.reset();
  update();
}

void Chart::keyPressEvent(QKeyEvent* event) {
  const double length = view_.x.to - view_.x.from;
  switch (event->key()) {
    case Qt::Key_Plus:
    case Qt::Key_Equal: return zoom(kWheelZoom, 0.5);
    case Qt::Key_Minus: return zoom(1 / kWheelZoom, 0.5);
    case Qt::Key_Left: return moveBy(-length / 10);
    case Qt::Key_Right: return moveBy(length / 10);
    case Qt::Key_Home: return resetZoom();
    default: QWidget::keyPressEvent(event);
  }
}

}  // namespace ui
