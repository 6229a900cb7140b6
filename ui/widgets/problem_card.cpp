#include "ui/widgets/problem_card.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QStyle>
#include <QVBoxLayout>

#include "ui/model/fixes.h"
#include "ui/model/text.h"
#include "ui/theme/theme.h"

namespace ui {

ProblemCard::ProblemCard(QWidget* parent)
    : QFrame(parent), sign_(new QLabel(this)), text_(new QLabel(this)), advice_(new QLabel(this)), fix_(new QPushButton(this)), place_(new QPushButton(tr("Show it"), this)) {
  for (QLabel* label : {text_, advice_}) {
    label->setFont(ui::font(FontSize::caption));
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
  }
  text_->setObjectName("text");
  fix_->setObjectName("fix");
  place_->setObjectName("place");
  for (QPushButton* link : {fix_, place_}) {
    link->setProperty("kind", "link");
    link->setFont(ui::font(FontSize::caption, QFont::Medium));
    link->setCursor(Qt::PointingHandCursor);
  }
  connect(fix_, &QPushButton::clicked, this, &ProblemCard::fixWanted);
  connect(place_, &QPushButton::clicked, this, &ProblemCard::placeWanted);
  auto* line = new QHBoxLayout(this);
  line->setContentsMargins(10, 8, 10, 8);
  line->setSpacing(8);
  line->addWidget(sign_, 0, Qt::AlignTop);
  auto* column = new QVBoxLayout;
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(2);
  column->addWidget(text_);
  column->addWidget(advice_);
  auto* links = new QHBoxLayout;
  links->setContentsMargins(0, 0, 0, 0);
  links->setSpacing(12);
  links->addWidget(fix_);
  links->addWidget(place_);
  links->addStretch();
  column->addLayout(links);
  line->addLayout(column, 1);
}

void ProblemCard::show(const engine::Problem& problem, const QString& place) {
  const bool lint = problem.severity == engine::Severity::lint;
  const Theme& t = theme();
  setProperty("kind", lint ? "warning" : "problem");
  style()->unpolish(this);
  style()->polish(this);
  sign_->setPixmap(iconPixmap(lint ? "warning" : "problem", lint ? t.state.warning : t.state.problem, 14, devicePixelRatioF()));
  engine::Problem what = problem;
  what.fix = {};
  QString text = ui::textOf(what);
  if (!place.isEmpty()) text = tr("%1: %2").arg(place, text);
  else if (!text.isEmpty()) text[0] = text[0].toUpper();
  text_->setText(text);
  place_->setVisible(!place.isEmpty());
  const QString fix = fixText(problem);
  // A button does not break its line: a long fix stands as text, with a short link below it.
  const bool isLong = QFontMetrics(fix_->font()).horizontalAdvance(fix) > 190;
  advice_->setText(fix);
  advice_->setVisible(!fix.isEmpty() && (!canFix(problem) || isLong));
  fix_->setText(isLong ? editText(problem) : fix);
  fix_->setAccessibleName(fix);
  fix_->setVisible(canFix(problem));
}

}  // namespace ui
