#include "ui/canvas/cards.h"

#include <QGridLayout>
#include <QLabel>
#include <QPainter>
#include <QVBoxLayout>

#include "ui/canvas/node_look.h"
#include "ui/model/text.h"
#include "ui/theme/theme.h"

namespace ui {

void paintCard(QPainter& p, const QRect& rect, const QColor& edge, double radius) {
  p.setRenderHint(QPainter::Antialiasing);
  const QRectF card = QRectF(rect).adjusted(kCardShadow, kCardShadow - 3, -kCardShadow, -kCardShadow - 1);
  p.setPen(Qt::NoPen);
  QColor shadow = theme().surface.shadow;
  shadow.setAlphaF(shadow.alphaF() * 0.45F);
  p.setBrush(shadow);
  for (int grow = 1; grow < kCardShadow; grow += 2)
    p.drawRoundedRect(card.adjusted(-grow, -grow + 3, grow, grow + 1), radius + grow, radius + grow);
  p.setPen(QPen(edge, 1));
  p.setBrush(theme().surface.raised);
  p.drawRoundedRect(card.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius);
}

ReasonCard::ReasonCard(QWidget* viewport) : QWidget(viewport) {
  setAttribute(Qt::WA_TransparentForMouseEvents);
  setObjectName("canvas.reason");
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(kCardShadow + 14, kCardShadow + 8, kCardShadow + 14, kCardShadow + 10);
  column->setSpacing(6);
  title_ = new QLabel(this);
  title_->setFont(ui::font(FontSize::small, QFont::DemiBold));
  title_->setWordWrap(true);
  column->addWidget(title_);
  auto* grid = new QGridLayout;
  grid->setHorizontalSpacing(10);
  grid->setVerticalSpacing(2);
  const auto row = [&](int at, const QString& name, QLabel*& value) {
    auto* label = new QLabel(name, this);
    label->setProperty("tone", "secondary");
    label->setFont(ui::font(FontSize::caption));
    value = new QLabel(this);
    value->setFont(ui::font(FontSize::caption));
    value->setWordWrap(true);
    grid->addWidget(label, at, 0, Qt::AlignTop);
    grid->addWidget(value, at, 1);
    return label;
  };
  row(0, tr("needs"), needs_);
  gotName_ = row(1, tr("got"), got_);
  grid->setColumnStretch(1, 1);
  column->addLayout(grid);
  fix_ = new QLabel(this);
  fix_->setProperty("tone", "link");
  fix_->setFont(ui::font(FontSize::small, QFont::Medium));
  column->addWidget(fix_);
  hide();
}

void ReasonCard::show(const QString& node, const Verdict& verdict, QPoint at) {
  title_->setText(verdict.kind == Verdict::Kind::refused ? tr("This would close a loop")
                                                         : tr("Does not fit %1 as it is").arg(node));
  needs_->setText(textOf(verdict.problem.needs));
  got_->setText(textOf(verdict.problem.got));
  got_->setVisible(!verdict.problem.got.empty());
  gotName_->setVisible(!verdict.problem.got.empty());
  const QString fix = verdict.insert ? tr("Let go to insert %1, then it fits").arg(qt(verdict.insert->type))
                                     : textOf(verdict.problem.fix);
  fix_->setText(fix);
  spoken_ = title_->text() + ": " + textOf(verdict.problem) + ".";
  fix_->setVisible(!fix.isEmpty());
  constexpr int kWidth = 320;
  setFixedWidth(kWidth);
  const int tall = layout()->hasHeightForWidth() ? layout()->totalHeightForWidth(kWidth) : sizeHint().height();
  setFixedHeight(tall);
  // Below the port and to its left, where the wire does not run over it; inside in any case.
  QPoint corner = at + QPoint(18, 22);
  corner.setX(std::clamp(corner.x(), 4, std::max(4, parentWidget()->width() - width() - 4)));
  if (corner.y() + tall > parentWidget()->height() - 4) corner.setY(std::max(4, at.y() - tall - 18));
  move(corner);
  raise();
  setVisible(true);
}

QString ReasonCard::text() const {
  return title_->text() + "\n" + needs_->text() + "\n" + got_->text() + "\n" + fix_->text();
}

void ReasonCard::paintEvent(QPaintEvent*) {
  QPainter p(this);
  paintCard(p, rect(), theme().state.problem);
}

WireChip::WireChip(QWidget* viewport) : QWidget(viewport) {
  setAttribute(Qt::WA_TransparentForMouseEvents);
  hide();
}

void WireChip::show(const engine::ValueInfo& value, QPointF at) {
  shape_ = value.shape.isMissing() ? tr("nothing known yet") : textOf(value.shape);
  type_ = value.shape.isMissing() ? QString() : qt(std::string(nameOf(value.type)));
  edge_ = value.shape.isMissing() ? theme().wire.unknown : wireColor(formOf(value), value.type);
  const QFontMetrics bold(ui::font(FontSize::caption, QFont::DemiBold)), plain(ui::font(FontSize::caption));
  resize(bold.horizontalAdvance(shape_) + (type_.isEmpty() ? 0 : plain.horizontalAdvance(type_) + 10) + 20 +
             2 * kCardShadow,
         24 + 2 * kCardShadow);
  QPoint corner = at.toPoint() + QPoint(-width() / 2, -height() - 2);
  corner.setX(std::clamp(corner.x(), 0, std::max(0, parentWidget()->width() - width())));
  if (corner.y() < 0) corner.setY(at.toPoint().y() + 14);
  move(corner);
  raise();
  setVisible(true);
  update();
}

void WireChip::paintEvent(QPaintEvent*) {
  QPainter p(this);
  paintCard(p, rect(), edge_, 6);
  const QRect inner = rect().adjusted(kCardShadow + 10, kCardShadow - 3, -kCardShadow - 10, -kCardShadow - 1);
  p.setFont(ui::font(FontSize::caption, QFont::DemiBold));
  p.setPen(theme().text.primary);
  p.drawText(inner, Qt::AlignLeft | Qt::AlignVCenter, shape_);
  p.setFont(ui::font(FontSize::caption));
  p.setPen(theme().text.secondary);
  p.drawText(inner, Qt::AlignRight | Qt::AlignVCenter, type_);
}

}  // namespace ui
