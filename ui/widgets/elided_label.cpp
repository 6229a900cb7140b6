#include "ui/widgets/elided_label.h"

namespace ui {

ElidedLabel::ElidedLabel(QWidget* parent) : QLabel(parent) {
  setTextFormat(Qt::PlainText);
  setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);  // its words ask for nothing
}

void ElidedLabel::setWords(const QString& text, const QString& tip) {
  words_ = text;
  tip_ = tip;
  setAccessibleName(text);
  fit();
}

void ElidedLabel::resizeEvent(QResizeEvent* event) {
  QLabel::resizeEvent(event);
  fit();
}

void ElidedLabel::fit() {
  setText(fontMetrics().elidedText(words_, Qt::ElideRight, contentsRect().width()));
  setToolTip(isElided() ? QString("<p>%1</p><p>%2</p>").arg(words_.toHtmlEscaped(), tip_.toHtmlEscaped()) : tip_);
}

}  // namespace ui
