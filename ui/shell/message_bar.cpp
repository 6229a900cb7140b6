#include "ui/shell/message_bar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/model/text.h"
#include "ui/theme/theme.h"
#include "ui/widgets/spoken.h"

namespace ui {

namespace {
constexpr int kInfoMilliseconds = 6000;  // tokens.json, duration_ms.message_info
}

MessageBar::MessageBar(QWidget* parent) : QWidget(parent), rows_(new QVBoxLayout(this)) {
  setObjectName("messages");
  rows_->setContentsMargins(8, 8, 8, 0);
  rows_->setSpacing(4);
  setVisible(false);
}

QWidget* MessageBar::find(const QString& key) const {
  for (int i = 0; i < rows_->count(); ++i)
    if (rows_->itemAt(i)->widget()->property("key") == key) return rows_->itemAt(i)->widget();
  return nullptr;
}

QString MessageBar::textOf(const QString& key) const {
  const QWidget* row = find(key);
  return row ? row->findChild<QLabel*>("text")->text() : QString();
}

QStringList MessageBar::keys() const {
  QStringList keys;
  for (int i = 0; i < rows_->count(); ++i) keys << rows_->itemAt(i)->widget()->property("key").toString();
  return keys;
}

void MessageBar::show(const QString& key, Tone tone, const QString& text, QList<Button> buttons) {
  remove(key);
  static const char* const kinds[] = {"info", "success", "warning", "problem"};
  static const char* const icons[] = {"info", "check", "warning", "problem"};
  auto* row = new QFrame(this);
  row->setProperty("kind", kinds[int(tone)]);
  row->setProperty("key", key);
  auto* line = new QHBoxLayout(row);
  line->setContentsMargins(12, 5, 6, 5);
  line->setSpacing(10);
  auto* sign = new QLabel(row);
  sign->setFixedHeight(size::button);  // beside the first line, and the buttons
  const auto paintSign = [sign, tone] {
    const Theme& t = theme();
    const QColor colors[] = {t.text.link, t.state.successText, t.state.warningText, t.state.problemText};
    sign->setPixmap(iconPixmap(icons[int(tone)], colors[int(tone)], 16, sign->devicePixelRatioF()));
  };
  paintSign();
  connect(&themeWatcher(), &ThemeWatcher::changed, sign, paintSign);
  auto* label = new QLabel(text, row);
  label->setObjectName("text");
  label->setWordWrap(true);
  // Its first line is as high as the buttons, however many follow.
  label->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  const int air = std::max(0, (size::button - label->fontMetrics().height()) / 2);
  label->setContentsMargins(0, air, 0, air);
  label->setTextFormat(Qt::PlainText);
  label->setTextInteractionFlags(Qt::TextSelectableByMouse);
  line->addWidget(sign, 0, Qt::AlignTop);
  line->addWidget(label, 1);
  for (const Button& button : buttons) {
    auto* widget = new QPushButton(button.text, row);
    widget->setProperty("kind", "link");
    widget->setFont(ui::font(FontSize::body, QFont::Medium));
    widget->setCursor(Qt::PointingHandCursor);
    widget->setProperty("place", "strip");
    connect(widget, &QPushButton::clicked, this, [this, key, run = button.run] {
      remove(key);
      if (run) run();
    });
    line->addWidget(widget, 0, Qt::AlignTop);
  }
  auto* close = new QToolButton(row);
  close->setProperty("kind", "quiet");
  close->setIcon(icon("close"));
  close->setToolTip(tr("Close"));
  close->setAccessibleName(tr("Close this message"));
  connect(close, &QToolButton::clicked, this, [this, key] { remove(key); });
  line->addWidget(close, 0, Qt::AlignTop);
  rows_->addWidget(row);
  setVisible(true);
  announce(this, text);
  if (tone == Tone::info || tone == Tone::success)
    QTimer::singleShot(kInfoMilliseconds, row, [this, key] { remove(key); });
}

void MessageBar::showProblem(const QString& key, const QString& what, const engine::Problem& problem, QList<Button> buttons, Tone tone) {
  QString text = what + ": ";
  if (problem.place.kind == engine::Place::Kind::file) text += ui::textOf(problem.place) + " ";
  show(key, tone, text + ui::textOf(problem), std::move(buttons));
}

void MessageBar::remove(const QString& key) {
  if (QWidget* row = find(key)) {
    rows_->removeWidget(row);
    row->hide();
    row->deleteLater();
  }
  if (rows_->count() == 0) setVisible(false);
}

}  // namespace ui
