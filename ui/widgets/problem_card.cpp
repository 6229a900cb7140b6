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
    : QFrame(parent), sign_(new QLabel(this)), text_(new QLabel(this)), advice_(new QLabel(this)), fix_(new QPushButton(this)) {
  for (QLabel* label : {text_, advice_}) {
    label->setFont(ui::font(FontSize::caption));
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
  }
  fix_->setObjectName("fix");
  fix_->setProperty("kind", "link");
  fix_->setFont(ui::font(FontSize::caption, QFont::Medium));
  fix_->setCursor(Qt::PointingHandCursor);
  connect(fix_, &QPushButton::clicked, this, &ProblemCard::fixWanted);
  auto* line = new QHBoxLayout(this);
  line->setContentsMargins(10, 8, 10, 8);
  line->setSpacing(8);
  line->addWidget(sign_, 0, Qt::AlignTop);
  auto* column = new QVBoxLayout;
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(2);
  column->addWidget(text_);
  column->addWidget(advice_);
  column->addWidget(fix_, 0, Qt::AlignLeft);
  line->addLayout(column, 1);
}

void ProblemCard::show(const engine::Problem& problem) {
  const bool lint = problem.severity == engine::Severity::lint;
  const Theme& t = theme();
  setProperty("kind", lint ? "warning" : "problem");
  style()->unpolish(this);
  style()->polish(this);
  sign_->setPixmap(iconPixmap(lint ? "warning" : "problem", lint ? t.state.warning : t.state.problem, 14, devicePixelRatioF()));
  engine::Problem what = problem;
  what.fix = {};
  QString text = ui::textOf(what);
  if (!text.isEmpty()) text[0] = text[0].toUpper();
  text_->setText(text);
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
