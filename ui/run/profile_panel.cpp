#include "ui/run/profile_panel.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QPainter>
#include <QSortFilterProxyModel>
#include <QStyledItemDelegate>
#include <QTreeView>

#include "ui/theme/theme.h"
#include "ui/widgets/elided_label.h"

namespace ui {

namespace {
constexpr int kNumberWidth = 112, kCell = 8, kEdge = 16;

// The arrow stands in the title of the column, before it: behind it, there is no room beside right-aligned words.
class Sorted : public QSortFilterProxyModel {
 public:
  using QSortFilterProxyModel::QSortFilterProxyModel;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override {
    const QVariant value = QSortFilterProxyModel::headerData(section, orientation, role);
    if (role != Qt::DisplayRole || section != sortColumn()) return value;
    return QString(QChar(sortOrder() == Qt::AscendingOrder ? 0x2191 : 0x2193)) + ' ' + value.toString();
  }
};

// Rows as high as those of the log, with the air that the heads have.
class Cell : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    return {QStyledItemDelegate::sizeHint(option, index).width() + 2 * kCell, ListPanel::kRow};
  }
  void paint(QPainter* p, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const Theme& t = theme();
    if (option.state & QStyle::State_Selected) p->fillRect(option.rect, t.accent.soft);
    else if (option.state & QStyle::State_MouseOver) p->fillRect(option.rect, t.surface.hover);
    p->setFont(option.font);
    p->setPen(index.column() == ProfileTable::type ? t.text.secondary : t.text.primary);
    const QRect cell = option.rect.adjusted(kCell, 0, -kCell, 0);
    p->drawText(cell, index.data(Qt::TextAlignmentRole).toInt(),
                QFontMetrics(option.font).elidedText(index.data().toString(), Qt::ElideRight, cell.width()));
  }
};
}  // namespace

ProfilePanel::ProfilePanel(Project& project, Training& training, Profiling& profiling, QWidget* parent)
    : ListPanel("profile", tr("Profile"), kEdge, parent), training_(training), profiling_(profiling) {
  whole_ = new QLabel(this);
  whole_->setObjectName("profile.whole");
  whole_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  how_ = new ElidedLabel(this);
  how_->setObjectName("profile.how");
  how_->setFont(ui::font(FontSize::small));
  how_->setProperty("tone", "secondary");
  head().setSpacing(12);
  head().addWidget(whole_);
  head().addWidget(how_, 1);
  copy_ = addButton("profile.copy", tr("Copy as CSV"));

  table_ = new ProfileTable(profiling, this);
  sorted_ = new Sorted(this);
  sorted_->setSourceModel(table_);
  sorted_->setSortRole(ProfileTable::kNumber);
  sorted_->setSortCaseSensitivity(Qt::CaseInsensitive);
  list_ = new QTreeView(this);
  list_->setObjectName("profile.list");
  list_->setAccessibleName(tr("Time by node"));
  list_->setModel(sorted_);
  list_->setItemDelegate(new Cell(list_));
  list_->setRootIsDecorated(false);
  list_->setUniformRowHeights(true);
  list_->setSortingEnabled(true);
  list_->setAllColumnsShowFocus(true);
  list_->setSelectionMode(QAbstractItemView::SingleSelection);
  list_->sortByColumn(ProfileTable::share, Qt::DescendingOrder);
  QHeaderView* heads = list_->header();
  heads->setStretchLastSection(false);
  heads->setSectionsMovable(false);
  heads->setSectionResizeMode(QHeaderView::Interactive);
  heads->setSectionResizeMode(ProfileTable::node, QHeaderView::Stretch);
  heads->setMinimumSectionSize(48);
  for (int c = ProfileTable::type; c < ProfileTable::columns; ++c) heads->resizeSection(c, kNumberWidth);
  heads->resizeSection(ProfileTable::type, kNumberWidth + 48);
  connect(heads, &QHeaderView::sortIndicatorChanged, heads->viewport(), qOverload<>(&QWidget::update));
  setList(list_, kEdge - kCell);

  const auto reveal = [this, &project](const QModelIndex& index) {
    const engine::NodeId node = index.data(ProfileTable::kNode).toULongLong();
    if (node && project.document().node(node)) emit revealWanted(node);
  };
  connect(list_, &QTreeView::clicked, this, reveal);
  connect(list_, &QTreeView::activated, this, reveal);
  connect(copy_, &QPushButton::clicked, this, [this] { QApplication::clipboard()->setText(table_->csv()); });
  connect(&profiling_, &Profiling::changed, this, &ProfilePanel::refresh);
  connect(&training_, &Training::stateChanged, this, &ProfilePanel::refresh);
  refresh();
}

QString ProfilePanel::summary() const { return whole_->text(); }

void ProfilePanel::refresh() {
  const auto profile = profiling_.profile();
  copy_->setEnabled(profile != nullptr);
  copy_->setToolTip(profile ? tr("The whole table as text, for a spreadsheet.") : tr("There is nothing to copy yet."));
  list_->header()->setVisible(profile != nullptr);
  if (profile) {
    showEmpty({});
    QString text = tr("%1 a step, %2 of it in the nodes")
                       .arg(millisecondsText(profile->stepSeconds), percentText(profile->nodeSeconds() / profile->stepSeconds));
    whole_->setText(text);
    whole_->setAccessibleName(text);
    how_->setWords(tr("%1 of %2 on %3, peak %4")
                       .arg(profile->steps == 1 ? tr("1 step") : tr("%1 steps").arg(profile->steps))
                       .arg(profile->batch)
                       .arg(profile->threads == 1 ? tr("1 thread") : tr("%1 threads").arg(profile->threads),
                            speedText(profile->peakFlopsPerSecond)),
                   tr("Means of so many steps of so many samples. The peak is the speed of a large matrix product on the same "
                      "threads."));
    return;
  }
  whole_->clear();
  how_->setWords({});
  whole_->setAccessibleName(tr("Not profiled yet"));
  if (!profiling_.isOn())
    showEmpty(training_.isActive() ? tr("Switch Profile on (Ctrl+Alt+P): the next steps of the run are timed, node by node.")
                                   : tr("Press Train and switch Profile on: steps of the run are timed, node by node."));
  else if (training_.state() == Training::State::paused) showEmpty(tr("The next steps are timed: go on, or make one step."));
  else showEmpty(training_.isActive() ? tr("Timing the next steps...") : tr("The steps of the next run are timed."));
}

}  // namespace ui
