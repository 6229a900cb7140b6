#include "ui/run/run_progress.h"

#include <QPainter>

#include "ui/theme/theme.h"

namespace ui {

namespace {
constexpr int kBar = 3;            // height of the line
constexpr int kSign = 18;          // what dot or check mark take at the left
constexpr int kGap = 14;           // between the words
constexpr double kSegmentGap = 2;

void paintSign(QPainter& p, RunWords::Sign sign, QPointF at, qreal pixelRatio) {
  const Theme& t = theme();
  const auto dot = [&](const QColor& color, bool hollow) {
    p.setPen(Qt::NoPen);
    QColor halo = color;
    halo.setAlphaF(0.22f);
    p.setBrush(halo);
    p.drawEllipse(at, 6, 6);
    p.setBrush(hollow ? Qt::NoBrush : QBrush(color));
    if (hollow) p.setPen(QPen(color, 1.5));
    p.drawEllipse(at, 3, 3);
  };
  const auto picture = [&](const char* name, const QColor& color) {
    p.drawPixmap(QPointF(at.x() - 8, at.y() - 8), iconPixmap(name, color, 16, pixelRatio));
  };
  switch (sign) {
    case RunWords::Sign::none: break;
    case RunWords::Sign::running: dot(t.state.running, false); break;
    case RunWords::Sign::paused: dot(t.state.warning, true); break;
    case RunWords::Sign::done: picture("check", t.state.successText); break;
    case RunWords::Sign::problem: picture("problem", t.state.problemText); break;
  }
}
}  // namespace

RunProgress::RunProgress(QWidget* parent) : QWidget(parent) {
  setObjectName("run.progress");
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void RunProgress::show(const RunWords& words) {
  const bool same = words.sentence() == words_.sentence() && words.sign == words_.sign && qAbs(words.done - words_.done) * width() < 0.5;
  words_ = words;
  if (same) return;
  setAccessibleName(tr("Run: %1").arg(words.sentence()));
  setToolTip(words.sentence());
  update();
}

void RunProgress::paintEvent(QPaintEvent*) {
  const Theme& t = theme();
  QPainter p(this);
  p.setRenderHint(QPainter::Antialiasing);
  const bool bar = words_.done >= 0;
  const int middle = height() / 2 - (bar ? 4 : 0);
  const QFont strong = ui::font(FontSize::body, QFont::Medium), plain = ui::font(FontSize::body);
  const QFontMetrics strongMetrics(strong), plainMetrics(plain);
  const auto write = [&](int x, int width, const QString& text, const QFont& with, const QColor& color, Qt::Alignment side) {
    p.setFont(with);
    p.setPen(color);
    p.drawText(QRect(x, middle - 12, width, 24), side | Qt::AlignVCenter, QFontMetrics(with).elidedText(text, Qt::ElideRight, width));
  };

  int left = 0, right = width();
  if (words_.sign != RunWords::Sign::none) {
    paintSign(p, words_.sign, QPointF(8, middle), devicePixelRatioF());
    left += kSign + 4;
  }
  const int headline = strongMetrics.horizontalAdvance(words_.headline);
  const int remaining = strongMetrics.horizontalAdvance(words_.right) + 2;  // a pixel of rounding on either side
  if (!words_.right.isEmpty() && left + headline + kGap + remaining <= right) {
    write(right - remaining, remaining, words_.right, strong, t.text.primary, Qt::AlignRight);
    right -= remaining + kGap;
  }
  if (!words_.headline.isEmpty()) {
    write(left, qMin(headline + 2, right - left), words_.headline, strong, t.text.primary, Qt::AlignLeft);
    left += headline + kGap;
  }
  // What is said of a failure is worth its first words; a count that is cut off is worth nothing.
  if (right - left >= plainMetrics.horizontalAdvance(words_.detail) || (!bar && right - left > 40))
    write(left, right - left, words_.detail, plain, t.text.secondary, Qt::AlignLeft);

  if (!bar) return;
  const double y = middle + 13;
  p.setPen(Qt::NoPen);
  p.setRenderHint(QPainter::Antialiasing, false);
  const double whole = width(), end = whole * qBound(0.0, words_.done, 1.0), each = whole / words_.segments;
  const QColor color = words_.sign == RunWords::Sign::paused ? t.state.warning : t.state.running;
  for (int s = 0; s < words_.segments; ++s) {
    const double from = s * each, to = from + each - (s + 1 < words_.segments ? kSegmentGap : 0);
    p.fillRect(QRectF(from, y, to - from, kBar), t.line.border);
    if (end > from) p.fillRect(QRectF(from, y, qMin(to, end) - from, kBar), color);
  }
}

}  // namespace ui
