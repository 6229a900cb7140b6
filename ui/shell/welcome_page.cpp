#include "ui/shell/welcome_page.h"

#include <QDateTime>
#include <QFileInfo>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include "engine/document/templates.h"
#include "ui/model/text.h"
#include "ui/shell/hero.h"
#include "ui/shell/template_card.h"
#include "ui/theme/mirror.h"
#include "ui/theme/style.h"

namespace ui {

namespace {

const char kFirst[] = "fashion-mlp";  // what the large card trains
constexpr int kLeftWidth = 264, kRecentShown = 6;
constexpr int kWide = 1340;  // pixels; a narrower window has less air, and two columns of templates

void clear(QLayout* layout) {
  while (QLayoutItem* item = layout->takeAt(0)) {
    if (item->widget()) item->widget()->hide(), item->widget()->deleteLater();
    delete item;
  }
}

QString whenText(const QDateTime& when) {
  const QDate day = when.date(), today = QDate::currentDate();
  if (day == today) return WelcomePage::tr("Today, %1").arg(QLocale().toString(when.time(), QLocale().timeFormat(QLocale::ShortFormat).remove(":ss")));
  if (day == today.addDays(-1)) return WelcomePage::tr("Yesterday");
  return QLocale().toString(day, day.year() == today.year() ? "d MMMM" : "d MMMM yyyy");
}

// A row of the left column: icon, words, and the key at the right.
class WelcomeRow : public QAbstractButton {
 public:
  WelcomeRow(const QString& iconName, const QString& text, const QString& right, const QString& below, QWidget* parent)
      : QAbstractButton(parent), icon_(iconName), right_(right), below_(below) {
    setText(text);
    setAccessibleName(text);
    setFocusPolicy(Qt::StrongFocus);
    setCursor(Qt::PointingHandCursor);
    setAttribute(Qt::WA_Hover);
    setFixedHeight(below.isEmpty() ? 36 : 48);
  }
  void setFramed() { framed_ = true; }
  void setRight(const QString& right) {
    right_ = right;
    update();
  }
  QSize sizeHint() const override { return {kLeftWidth, height()}; }

 protected:
  void paintEvent(QPaintEvent*) override {
    const Theme& t = theme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF box = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
    painter.setPen(hasFocus() ? QPen(t.state.focus, 1.5) : framed_ ? QPen(t.line.field) : QPen(Qt::NoPen));
    painter.setBrush(underMouse() ? t.surface.hover : framed_ ? t.surface.raised : QColor(Qt::transparent));
    painter.drawRoundedRect(box, 6, 6);
    const Mirror placed(layoutDirection(), rect());
    const QRect inner = placed(rect().adjusted(40, 0, -12, 0));
    painter.drawPixmap(placed(QRect(13, height() / 2 - 8, 16, 16)), iconPixmap(icon_, t.text.primary, 16, devicePixelRatioF()));
    painter.setFont(ui::font(FontSize::small));
    painter.setPen(t.text.secondary);
    const QRect first = inner.adjusted(0, 0, 0, below_.isEmpty() ? 0 : -18);
    painter.drawText(first, Qt::AlignRight | Qt::AlignVCenter, leftToRight(right_));
    const int room = inner.width() - painter.fontMetrics().horizontalAdvance(right_) - 8;
    if (!below_.isEmpty()) painter.drawText(inner.adjusted(0, 22, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, leftToRight(painter.fontMetrics().elidedText(below_, Qt::ElideMiddle, inner.width())));
    painter.setFont(ui::font(FontSize::body));
    painter.setPen(t.text.primary);
    painter.drawText(first, Qt::AlignLeft | Qt::AlignVCenter, painter.fontMetrics().elidedText(text(), Qt::ElideRight, room));
  }

 private:
  QString icon_, right_, below_;
  bool framed_ = false;
};

// The sign of the program: an N of four nodes.
class Sign : public QWidget {
 public:
  explicit Sign(QWidget* parent) : QWidget(parent) { setFixedSize(44, 44); }

 protected:
  void paintEvent(QPaintEvent*) override {
    const Theme& t = theme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(t.accent.fill);
    painter.drawRoundedRect(rect(), 10, 10);
    const QPointF nodes[] = {{13, 31}, {13, 13}, {31, 31}, {31, 13}};
    painter.setPen(QPen(t.text.onAccent, 2.5));
    painter.drawPolyline(nodes, 4);
    painter.setBrush(t.accent.fill);
    for (const QPointF& node : nodes) painter.drawEllipse(node, 3.5, 3.5);
  }
};

}  // namespace

WelcomePage::WelcomePage(Files& files, Actions& actions, QWidget* parent) : QWidget(parent), files_(files), actions_(actions) {
  setObjectName("welcome");
  setAccessibleName(tr("Welcome"));
  setProperty("surface", "panel");
  setAttribute(Qt::WA_StyledBackground);
  for (const auto& t : engine::document::templates()) templates_ << new TemplateData(t.name, this);
  TemplateData::read(templates_);

  kept_ = new QVBoxLayout;
  kept_->setContentsMargins(0, 0, 0, 0);
  kept_->setSpacing(0);
  auto* scroll = new QScrollArea(this);
  scroll->setWidgetResizable(true);
  scroll->setFocusPolicy(Qt::NoFocus);
  auto* page = new QWidget(scroll);
  page->setProperty("surface", "panel");
  auto* line = new QHBoxLayout(page);
  line_ = line;
  line->addWidget(makeLeft(), 0, Qt::AlignTop);
  auto* right = new QVBoxLayout;
  right->setSpacing(24);
  right->addWidget(makeHero());
  right->addWidget(makeTemplates());
  right->addStretch(1);
  line->addLayout(right, 1);
  arrange(window()->width());
  scroll->setWidget(page);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addLayout(kept_);
  column->addWidget(scroll, 1);
  connect(&files_, &Files::recentChanged, this, &WelcomePage::fillRecent);
  connect(&files_, &Files::keptChanged, this, &WelcomePage::fillKept);
  connect(&themeWatcher(), &ThemeWatcher::changed, this, &WelcomePage::fillKept);
  fillRecent();
  fillKept();
}

void WelcomePage::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  arrange(width());
}

void WelcomePage::arrange(int room) {
  const bool wide = room >= kWide;
  const int columns = wide ? 3 : 2, side = wide ? 72 : 12;
  if (columns == columns_) return;
  columns_ = columns;
  line_->setContentsMargins(side, wide ? 40 : 24, side, wide ? 40 : 24);
  line_->setSpacing(wide ? 64 : 20);
  for (int i = 0; i < cards_.size(); ++i) grid_->addWidget(cards_[i], i / columns, i % columns);
  for (int c = 0; c < 3; ++c) grid_->setColumnStretch(c, c < columns ? 1 : 0);
}

void WelcomePage::focusFirst() {
  fillRecent();
  fillKept();
  if (first_) first_->setFocus(Qt::OtherFocusReason);
}

QWidget* WelcomePage::makeLeft() {
  auto* left = new QWidget(this);
  left->setFixedWidth(kLeftWidth);
  auto* column = new QVBoxLayout(left);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(4);
  auto* head = new QHBoxLayout;
  head->setSpacing(16);
  auto* name = new QLabel(QStringLiteral("Netwright"), left);
  name->setFont(ui::font(FontSize::heading, QFont::DemiBold));
  auto* claim = new QLabel(tr("Draw it, train it, take it along."), left);
  claim->setFont(ui::font(FontSize::small));
  claim->setWordWrap(true);
  claim->setProperty("tone", "secondary");
  auto* words = new QVBoxLayout;
  words->setSpacing(0);
  words->addWidget(name);
  words->addWidget(claim);
  head->addWidget(new Sign(left));
  head->addLayout(words, 1);
  column->addLayout(head);
  column->addSpacing(20);
  const auto add = [&](const char* id, const QString& iconName, const QString& text) {
    auto* row = new WelcomeRow(iconName, text, actions_[id]->shortcut().toString(QKeySequence::NativeText), {}, left);
    row->setObjectName(QString("welcome.") + id);
    connect(row, &QAbstractButton::clicked, this, [this, id] { actions_.trigger(id); });
    connect(actions_[id], &QAction::changed, row, [row, action = actions_[id]] { row->setRight(action->shortcut().toString(QKeySequence::NativeText)); });
    column->addWidget(row);
    return row;
  };
  add("file.new", "plus", tr("New network"))->setFramed();
  add("file.open", "folder", tr("Open"));
  if (actions_.isBound("help.keys")) add("help.keys", "book", tr("Keys"));
  column->addSpacing(16);
  auto* recent = new QWidget(left);
  recent_ = new QVBoxLayout(recent);
  recent_->setContentsMargins(0, 0, 0, 0);
  recent_->setSpacing(0);
  column->addWidget(recent);
  return left;
}

QWidget* WelcomePage::makeHero() {
  TemplateData* first = nullptr;
  for (TemplateData* t : templates_)
    if (t->name() == kFirst) first = t;
  auto* hero = new Hero(*first, this);
  connect(hero, &Hero::wanted, this, [this, first](bool train) { emit templateWanted(first->name(), train); });
  first_ = hero->trainButton();
  return hero;
}

QWidget* WelcomePage::makeTemplates() {
  auto* box = new QWidget(this);
  auto* column = new QVBoxLayout(box);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(16);
  auto* title = new QLabel(tr("Templates"), box);
  title->setFont(ui::font(FontSize::title, QFont::DemiBold));
  column->addWidget(title);
  grid_ = new QGridLayout;
  grid_->setSpacing(20);
  for (int i = 0; i < templates_.size(); ++i) {
    auto* card = new TemplateCard(*templates_[i], box);
    connect(card, &QAbstractButton::clicked, this, [this, name = templates_[i]->name()] { emit templateWanted(name, false); });
    cards_ << card;
  }
  column->addLayout(grid_);
  return box;
}

void WelcomePage::fillKept() {
  clear(kept_);
  for (const Recovery::Kept& kept : files_.kept()) {
    auto* strip = new QFrame(this);
    strip->setObjectName("kept");
    strip->setProperty("kind", "strip");
    auto* line = new QHBoxLayout(strip);
    line->setContentsMargins(72, 9, 72, 9);
    line->setSpacing(12);
    auto* sign = new QLabel(strip);
    sign->setPixmap(iconPixmap("restore", theme().text.link, 16, devicePixelRatioF()));
    auto* what = new QLabel(tr("%1 was not saved when its window closed.").arg(kept.title), strip);
    what->setFont(ui::font(FontSize::body, QFont::DemiBold));
    const QString when = whenText(kept.when);
    auto* more = new QLabel(kept.edits == 0 ? tr("It is kept, %1.").arg(when) : tr("%n changes are kept, %1.", nullptr, kept.edits).arg(when),
                            strip);
    more->setProperty("tone", "secondary");
    auto* discard = new QPushButton(tr("Discard"), strip);
    discard->setObjectName("discard");
    discard->setProperty("kind", "quiet");
    auto* restore = new QPushButton(tr("Restore"), strip);
    restore->setObjectName("restore");
    connect(discard, &QPushButton::clicked, this, [this, kept] { files_.discard(kept); });
    connect(restore, &QPushButton::clicked, this, [this, kept] { files_.restore(kept); });
    line->addWidget(sign);
    line->addWidget(what);
    line->addWidget(more, 1);
    line->addWidget(discard);
    line->addWidget(restore);
    kept_->addWidget(strip);
  }
}

void WelcomePage::fillRecent() {
  clear(recent_);
  const QStringList all = files_.recent();
  auto* title = new QLabel(tr("Recent"), this);
  title->setFont(ui::font(FontSize::body, QFont::DemiBold));
  title->setFixedHeight(28);
  recent_->addWidget(title);
  if (all.isEmpty()) {
    auto* none = new QLabel(tr("Projects that you save or open stand here."), this);
    none->setProperty("tone", "secondary");
    none->setWordWrap(true);
    recent_->addWidget(none);
  }
  for (const QString& path : all.mid(0, kRecentShown)) {
    const QFileInfo info(path);
    auto* row = new WelcomeRow("graph", info.completeBaseName(), whenText(info.lastModified()), info.absolutePath(), this);
    row->setToolTip(path);
    connect(row, &QAbstractButton::clicked, this, [this, path] { files_.open(path); });
    recent_->addWidget(row);
  }
}

}  // namespace ui
