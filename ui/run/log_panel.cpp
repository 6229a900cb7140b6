#include "ui/run/log_panel.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListView>
#include <QPainter>
#include <QPushButton>
#include <QScrollBar>
#include <QShortcut>
#include <QSortFilterProxyModel>
#include <QStyledItemDelegate>

#include "ui/theme/mirror.h"
#include "ui/theme/theme.h"

namespace ui {

namespace {

constexpr int kTimeWidth = 72, kSide = 16;

// The time in a column of its own, the text in the colour of what it says.
class LineDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override { return {100, ListPanel::kRow}; }
  void paint(QPainter* p, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const Theme& t = theme();
    if (option.state & QStyle::State_Selected) p->fillRect(option.rect, t.accent.soft);
    const QRect row = option.rect.adjusted(kSide, 0, -kSide, 0);
    const Mirror placed(option.direction, row);
    p->setFont(monoFont(FontSize::small));
    p->setPen(t.text.secondary);
    p->drawText(row, Qt::AlignVCenter, index.data(Log::kTime).toDateTime().toString("HH:mm:ss"));
    const QColor colors[] = {t.text.primary, t.state.successText, t.state.warningText, t.state.problemText};
    p->setFont(option.font);
    p->setPen(colors[index.data(Log::kTone).toInt()]);
    const QRect text = row.adjusted(kTimeWidth, 0, 0, 0);
    p->drawText(placed(text), Qt::AlignVCenter, QFontMetrics(option.font).elidedText(index.data(Log::kText).toString().replace('\n', ' '), Qt::ElideRight, text.width()));
  }
};

}  // namespace

LogPanel::LogPanel(Log& log, QWidget* parent) : ListPanel("log", tr("Log"), kSide, parent), log_(log) {
  filter_ = new QLineEdit(this);
  filter_->setObjectName("log.filter");
  filter_->setPlaceholderText(tr("Filter"));
  filter_->setAccessibleName(tr("Filter of the log"));
  filter_->setClearButtonEnabled(true);
  filter_->setMaximumWidth(280);
  head().addWidget(filter_, 1);
  head().addStretch(1);
  auto* copyButton = addButton("log.copy", tr("Copy"));
  copyButton->setToolTip(tr("Copies the selected lines, or all that are shown."));
  auto* clear = addButton("log.clear", tr("Clear"));
  clear->setToolTip(tr("Empties the list; the runs' folders keep their own logs."));

  filtered_ = new QSortFilterProxyModel(this);
  filtered_->setSourceModel(&log_);
  filtered_->setFilterCaseSensitivity(Qt::CaseInsensitive);
  list_ = new QListView(this);
  list_->setObjectName("log.list");
  list_->setAccessibleName(tr("What happened"));
  list_->setModel(filtered_);
  list_->setItemDelegate(new LineDelegate(list_));
  list_->setUniformItemSizes(true);
  list_->setSelectionMode(QAbstractItemView::ExtendedSelection);
  list_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  setList(list_);

  connect(filter_, &QLineEdit::textChanged, this, [this](const QString& text) {
    filtered_->setFilterFixedString(text);
    showLines();
  });
  connect(copyButton, &QPushButton::clicked, this, &LogPanel::copy);
  connect(clear, &QPushButton::clicked, &log_, &Log::clear);
  auto* keys = new QShortcut(QKeySequence::Copy, list_);
  keys->setContext(Qt::WidgetShortcut);
  connect(keys, &QShortcut::activated, this, &LogPanel::copy);
  // The newest line stays in sight while the end is.
  connect(&log_, &Log::rowsAboutToBeInserted, this, [this] {
    const QScrollBar* bar = list_->verticalScrollBar();
    list_->setProperty("follows", bar->value() >= bar->maximum() - kRow);
  });
  connect(&log_, &Log::rowsInserted, this, [this] {
    if (list_->property("follows").toBool()) list_->scrollToBottom();
    showLines();
  });
  connect(&log_, &Log::modelReset, this, &LogPanel::showLines);
  showLines();
}

void LogPanel::showLines() {
  showEmpty(filtered_->rowCount() > 0 ? QString()
            : log_.rowCount() == 0    ? tr("Nothing has happened yet. Runs, their epochs and exports are noted here.")
                                      : tr("No line has \"%1\" in it.").arg(filter_->text()));
}

int LogPanel::shownLines() const { return filtered_->rowCount(); }

QString LogPanel::text() const {
  QModelIndexList rows = list_->selectionModel()->selectedIndexes();
  std::sort(rows.begin(), rows.end(), [](const QModelIndex& a, const QModelIndex& b) { return a.row() < b.row(); });
  if (rows.empty())
    for (int row = 0; row < filtered_->rowCount(); ++row) rows << filtered_->index(row, 0);
  QStringList lines;
  for (const QModelIndex& row : rows) lines << log_.lineOf(filtered_->mapToSource(row).row());
  return lines.join('\n');
}

void LogPanel::copy() const { QApplication::clipboard()->setText(text()); }

}  // namespace ui
