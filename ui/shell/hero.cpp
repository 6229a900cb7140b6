#include "ui/shell/hero.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPainterPath>
#include <QPushButton>
#include <QVBoxLayout>

#include "ui/model/text.h"
#include "ui/shell/card.h"
#include "ui/shell/template_card.h"
#include "ui/theme/mirror.h"
#include "ui/theme/theme.h"

namespace ui {

namespace {
constexpr int kHeroHeight = 208, kHeroPictures = 3;
constexpr double kWordShare = 0.40;  // of the width

void wire(QPainter& painter, QPointF from, QPointF to) {
  QPainterPath path(from);
  const qreal pull = (to.x() - from.x()) / 2;
  path.cubicTo(from + QPointF(pull, 0), to - QPointF(pull, 0), to);
  painter.drawPath(path);
}
}  // namespace

Hero::Hero(TemplateData& shown, QWidget* parent) : QWidget(parent), data_(shown), train_(new QPushButton(tr("Train"), this)) {
  setFixedHeight(kHeroHeight);
  auto* title = new QLabel(tr("Train your first network"), this);
  title->setFont(ui::font(FontSize::heading, QFont::DemiBold));
  auto* what = new QLabel(shown.title(), this);
  what->setFont(ui::font(FontSize::body, QFont::DemiBold));
  auto* about = new QLabel(tr("%1. %2 parameters. The data are here already.", nullptr, plural(shown.parameters())).arg(shown.about(), countText(shown.parameters())), this);
  about->setProperty("tone", "secondary");
  about->setWordWrap(true);
  train_->setObjectName("welcome.train");
  train_->setProperty("kind", "primary");
  const auto setIcon = [this] { train_->setIcon(icon("play", theme().text.onAccent)); };
  setIcon();
  connect(&themeWatcher(), &ThemeWatcher::changed, this, setIcon);
  train_->setMinimumWidth(120);
  train_->setFixedHeight(size::buttonLarge);
  train_->setToolTip(tr("Opens a copy of it and starts to train."));
  auto* look = new QPushButton(tr("Look around first"), this);
  look->setObjectName("welcome.look");
  look->setProperty("kind", "quiet");
  look->setToolTip(tr("Opens a copy of it."));
  connect(train_, &QPushButton::clicked, this, [this] { emit wanted(true); });
  connect(look, &QPushButton::clicked, this, [this] { emit wanted(false); });
  auto* buttons = new QHBoxLayout;
  buttons->setSpacing(12);
  buttons->addWidget(train_);
  buttons->addWidget(look);
  buttons->addStretch();
  auto* words = new QVBoxLayout;
  words_ = words;
  words->setContentsMargins(28, 24, 12, 20);
  words->setSpacing(6);
  words->addWidget(title);
  words->addWidget(what);
  words->addWidget(about);
  words->addStretch();
  words->addLayout(buttons);
  auto* line = new QHBoxLayout(this);
  line->setContentsMargins(0, 0, 0, 0);
  line->addLayout(words, int(kWordShare * 100));
  line->addStretch(100 - int(kWordShare * 100));
  connect(&data_, &TemplateData::changed, this, qOverload<>(&QWidget::update));
}

// Pictures of the data go through the network's layers to the names of their classes.
void Hero::paintEvent(QPaintEvent*) {
  const Theme& t = theme();
  QPainter painter(this);
  paintRaisedCard(painter, rect(), {10, t.surface.raised, t.line.border}, [&](const QRectF& card) { paintStage(painter, card); });
}

void Hero::paintStage(QPainter& painter, const QRectF& card) {
  const Theme& t = theme();
  // Words that need more than their share, in a small window or another language, have it.
  const double words = std::max(card.width() * kWordShare, double(words_->geometry().width()));
  const QRectF stage = Mirror(layoutDirection(), card)(QRectF(card.x() + words, card.y(), card.width() - words, card.height()));
  painter.fillRect(stage, t.surface.canvas);
  painter.setPen(Qt::NoPen);
  painter.setBrush(t.surface.grid);
  for (qreal y = stage.y() + 14; y < stage.bottom(); y += size::gridDots)
    for (qreal x = stage.x() + 14; x < stage.right(); x += size::gridDots) painter.drawRect(QRectF(x, y, 1.2, 1.2));
  const qreal middle = stage.center().y(), chainLeft = stage.x() + 112, names = 110, chainRight = stage.right() - names - 48;
  constexpr double kLeastChain = 28;
  if (chainRight - chainLeft < kLeastChain) return;  // words and a quiet ground
  const int count = std::min<int>(kHeroPictures, int(data_.pictures().size()));
  for (int i = 0; i < count; ++i) {
    const qreal y = middle + (i - (count - 1) / 2.0) * 60;
    painter.setPen(QPen(t.wire.f32, 1.5));
    painter.setBrush(Qt::NoBrush);
    wire(painter, {stage.x() + 72, y}, {chainLeft, middle});
    wire(painter, {chainRight, middle}, {stage.right() - names - 8, y});
    paintSample(painter, QRectF(stage.x() + 24, y - 24, 48, 48), data_.pictures()[i]);
    painter.setPen(t.text.primary);
    painter.setFont(ui::font(FontSize::small, QFont::Medium));
    painter.drawText(QRectF(stage.right() - names, y - 10, names - 12, 20), Qt::AlignVCenter | Qt::AlignLeft | Qt::AlignAbsolute, data_.labels()[i]);
  }
  painter.setPen(QPen(t.wire.f32, 1.5));
  painter.drawLine(QPointF(chainLeft, middle), QPointF(chainRight, middle));
  paintChain(painter, QRectF(chainLeft, middle - 14, chainRight - chainLeft, 28), data_.document());
}

}  // namespace ui
