#include "ui/charts/speed_panel.h"

#include <QPainter>
#include <algorithm>
#include <cmath>

#include "engine/data/machine_memory.h"
#include "ui/model/text.h"
#include "ui/theme/theme.h"

namespace ui {

namespace {
constexpr int kLookMilliseconds = 500;  // numbers that change faster cannot be read
constexpr size_t kHistory = 240;        // two minutes
constexpr int kLoadBar = 4, kSpark = 26, kSpeedSide = 16;
}  // namespace

SpeedPanel::SpeedPanel(Training& training, QWidget* parent) : QWidget(parent), training_(training) {
  setObjectName("speed");
  setFixedWidth(190);
  timer_.setInterval(kLookMilliseconds);
  connect(&timer_, &QTimer::timeout, this, &SpeedPanel::look);
  connect(&training_, &Training::started, this, [this] {
    history_.clear();
    update();
  });
  connect(&training_, &Training::stateChanged, this, [this] {
    if (!training_.isActive()) timer_.stop();
    else if (!timer_.isActive()) timer_.start();
    look();
  });
}

void SpeedPanel::showEvent(QShowEvent*) { look(); }

void SpeedPanel::look() {
  cpu_ = load_.cpu();
  memory_ = ProcessLoad::memoryBytes();
  if (training_.state() == Training::State::running && training_.pace().samplesPerSecond() > 0) {
    history_.push_back(training_.pace().samplesPerSecond());
    if (history_.size() > kHistory) history_.erase(history_.begin());
  }
  const QString speedNow = speed();
  const double samples = std::round(training_.pace().samplesPerSecond());
  setAccessibleName(speedNow.isEmpty() ? tr("Speed: nothing is training") : tr("Speed: %1 samples a second", nullptr, plural(samples)).arg(speedNow));
  update();
}

QString SpeedPanel::speed() const {
  const double samples = training_.pace().samplesPerSecond();
  return samples > 0 ? countText(samples) : QString();
}

void SpeedPanel::paintEvent(QPaintEvent*) {
  const Theme& t = theme();
  QPainter p(this);
  p.setRenderHint(QPainter::Antialiasing);
  const int left = kSpeedSide, width = this->width() - 2 * kSpeedSide;
  int y = 0;
  const auto write = [&](const QString& text, const QFont& with, const QColor& color, int height, Qt::Alignment side = Qt::AlignLeft) {
    p.setFont(with);
    p.setPen(color);
    p.drawText(QRect(left, y, width, height), side | Qt::AlignVCenter, text);
  };
  p.setPen(t.line.border);
  p.drawLine(QPointF(0.5, 6), QPointF(0.5, height() - 10));
  write(tr("Speed"), ui::font(FontSize::body, QFont::DemiBold), t.text.primary, 28);
  y += 28;
  const QString samples = speed();
  if (samples.isEmpty()) {
    write(training_.isActive() ? tr("measuring") : tr("nothing is training"), ui::font(FontSize::small), t.text.secondary, 20);
    return;
  }
  write(samples, ui::font(FontSize::heading, QFont::DemiBold), t.text.primary, 26);
  y += 26;
  write(tr("samples a second"), ui::font(FontSize::small), t.text.secondary, 18);
  y += 24;

  if (height() >= 190 && history_.size() > 1) {
    const auto [lowest, highest] = std::minmax_element(history_.begin(), history_.end());
    const double bottom = *lowest * 0.9, range = std::max(*highest * 1.05 - bottom, 1e-9);
    QPolygonF line;
    for (size_t i = 0; i < history_.size(); ++i)
      line << QPointF(left + double(i) / double(std::max<size_t>(history_.size() - 1, 30)) * width, y + kSpark - (history_[i] - bottom) / range * kSpark);
    p.setPen(QPen(t.chart.series[0], 1.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    p.drawPolyline(line);
    y += kSpark + 8;
  }
  const auto row = [&](const QString& name, const QString& value, double part) {
    write(name, ui::font(FontSize::small), t.text.secondary, 18);
    write(value, ui::font(FontSize::small, QFont::Medium), t.text.primary, 18, Qt::AlignRight);
    y += 19;
    if (part >= 0) {
      p.setPen(Qt::NoPen);
      p.setBrush(t.line.border);
      p.drawRoundedRect(QRectF(left, y, width, kLoadBar), 2, 2);
      p.setBrush(t.chart.series[0]);
      p.drawRoundedRect(QRectF(left, y, std::max(double(kLoadBar), width * std::min(1.0, part)), kLoadBar), 2, 2);
      y += kLoadBar + 6;
    }
  };
  if (training_.isActive() && cpu_ >= 0) row(tr("CPU"), tr("%1 %").arg(qRound(cpu_ * 100)), cpu_);
  row(tr("Memory"), bytesText(memory_), memory_ / double(engine::data::memoryOfMachine()));
  const auto& status = training_.status();
  const double seconds = training_.pace().secondsLeft(status.steps - status.step);
  if (training_.isActive() && seconds >= 0 && y + 19 <= height()) row(tr("Time left"), durationText(seconds), -1);
  else if (!training_.isActive() && y + 19 <= height()) row(tr("Computing"), durationText(status.seconds), -1);
}

}  // namespace ui
