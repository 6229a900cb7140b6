#include "ui/canvas/diff_bar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>

#include "ui/canvas/overlays.h"
#include "ui/diff/network_diff.h"
#include "ui/shell/actions.h"
#include "ui/theme/theme.h"

namespace ui {

namespace {
constexpr int kWidestVersion = 320;
}

DiffBar::DiffBar(NetworkDiff& diff, Actions& actions, QWidget* parent)
    : QWidget(parent), diff_(diff), against_(new QLabel(this)), summary_(new QLabel(this)) {
  setObjectName("diff.bar");
  setAccessibleName(tr("Comparison with another version"));
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(12, 1, 4, 1);
  row->setSpacing(8);
  against_->setObjectName("diff.against");
  against_->setFont(ui::font(FontSize::small, QFont::DemiBold));
  summary_->setObjectName("diff.summary");
  summary_->setFont(ui::font(FontSize::small));
  summary_->setProperty("tone", "secondary");
  row->addWidget(against_);
  row->addWidget(summary_);
  const auto add = [&](const char* action, const QString& text, const char* glyph) {
    auto* button = new QToolButton(this);
    button->setDefaultAction(actions[action]);
    button->setProperty("kind", "quiet");
    button->setFont(ui::font(FontSize::small));
    button->setFixedHeight(26);
    button->setFocusPolicy(Qt::NoFocus);
    button->setObjectName(QString("diff.bar.") + action);
    button->setAccessibleName(text);
    // The action's own text is longer: what it ends stands beside it here. It comes back with each change of the action.
    button->setToolButtonStyle(*glyph ? Qt::ToolButtonIconOnly : Qt::ToolButtonTextOnly);
    const auto dress = [button, text, glyph] {
      if (*glyph) button->setIcon(icon(glyph, theme().text.primary));
      else button->setText(text);
    };
    dress();
    connect(&themeWatcher(), &ThemeWatcher::changed, button, dress);
    connect(actions[action], &QAction::changed, button, dress, Qt::QueuedConnection);
    row->addWidget(button);
  };
  add("diff.previous", tr("Previous change"), "up");
  add("diff.next", tr("Next change"), "down");
  add("diff.end", tr("End"), "");
  setFixedHeight(30);
  connect(&diff_, &NetworkDiff::changed, this, &DiffBar::fill);
  fill();
}

void DiffBar::fill() {
  setVisible(diff_.isOn());
  if (!diff_.isOn()) return;
  const QString text = tr("Compared with %1").arg(diff_.against());
  against_->setText(QFontMetrics(against_->font()).elidedText(text, Qt::ElideMiddle, kWidestVersion));
  against_->setToolTip(text);
  summary_->setText(diff_.summary());
  adjustSize();
  emit resized();
}

void DiffBar::paintEvent(QPaintEvent*) { paintOverlay(*this); }

}  // namespace ui
