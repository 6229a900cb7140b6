#include "ui/diff/diff_panel.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QTreeWidget>

#include "ui/diff/diff_look.h"
#include "ui/shell/actions.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/quiet_tree.h"

namespace ui {

namespace {
constexpr int kMostRows = 300;  // a list that nobody reads to its end is not made in full
constexpr int kSignColumn = 28;
constexpr int kPanelEdge = 16;
}  // namespace

DiffPanel::DiffPanel(NetworkDiff& diff, Actions& actions, QWidget* parent)
    : ListPanel("diff", tr("Changes"), kPanelEdge, parent), diff_(diff), about_(new ElidedLabel(this)), list_(new Quiet<QTreeWidget>(this)) {
  about_->setObjectName("diff.about");
  about_->setFont(ui::font(FontSize::small));
  head().addWidget(about_, 1);
  const auto add = [&](const char* name, const QString& text, const char* action) {
    connect(addButton(name, text), &QPushButton::clicked, this, [&actions, action] { actions.trigger(action); });
  };
  add("diff.panel.saved", tr("Saved version"), "diff.saved");
  add("diff.panel.run", tr("Last run"), "diff.run");
  add("diff.panel.file", tr("File..."), "diff.file");
  list_->setObjectName("diff.list");
  list_->setAccessibleName(tr("Changes"));
  list_->setColumnCount(5);
  list_->setHeaderHidden(true);
  list_->setRootIsDecorated(false);
  list_->setTextElideMode(Qt::ElideRight);
  list_->header()->setStretchLastSection(false);
  list_->header()->setMinimumSectionSize(16);
  list_->header()->setSectionResizeMode(0, QHeaderView::Fixed);
  list_->header()->resizeSection(0, kSignColumn);
  list_->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
  list_->header()->setSectionResizeMode(2, QHeaderView::Stretch);
  list_->header()->setSectionResizeMode(3, QHeaderView::ResizeToContents);
  list_->header()->setSectionResizeMode(4, QHeaderView::Fixed);  // air at the right
  list_->header()->resizeSection(4, kPanelEdge);
  setList(list_, kPanelEdge - 8);
  const auto choose = [this](QTreeWidgetItem* item) {
    if (item) diff_.choose(list_->indexOfTopLevelItem(item));
  };
  connect(list_, &QTreeWidget::itemClicked, this, choose);
  connect(list_, &QTreeWidget::itemActivated, this, choose);
  connect(&diff_, &NetworkDiff::changed, this, &DiffPanel::fill);
  connect(&themeWatcher(), &ThemeWatcher::changed, this, [this] {
    shown_.clear();
    fill();
  });
  fill();
}

void DiffPanel::fill() {
  about_->setText(diff_.isOn() ? tr("Compared with %1: %2").arg(diff_.against(), diff_.summary()) : tr("Compare with"));
  showEmpty(!diff_.isOn()           ? tr("Choose a version above: what is new, gone and changed since then is marked on the canvas.")
            : diff_.rows().empty() ? tr("Nothing is different.")
                                   : QString());
  if (shown_ != diff_.rows() || diff_.rows().empty()) {
    shown_ = diff_.rows();
    list_->clear();
    for (size_t i = 0; i < shown_.size() && int(i) < kMostRows; ++i) {
      const DiffRow& row = shown_[i];
      const QString name = row.node == 0 ? tr("project") : row.block.isEmpty() ? row.name : tr("%1 in %2").arg(row.name, row.block);
      const QString what = row.words.join("; ");
      const QString kind = row.kind == DiffKind::added ? tr("New") : row.kind == DiffKind::removed ? tr("Gone") : tr("Changed");
      auto* item = new QTreeWidgetItem(list_, {diffSign(row.kind), name, what});
      item->setTextAlignment(0, Qt::AlignCenter);
      item->setForeground(0, diffColor(row.kind));
      item->setFont(0, ui::font(FontSize::body, QFont::DemiBold));
      item->setFont(1, ui::font(FontSize::small, QFont::DemiBold));
      item->setFont(2, ui::font(FontSize::small));
      item->setToolTip(0, kind);
      item->setToolTip(1, name);
      item->setToolTip(2, row.words.join("\n"));
      item->setData(0, Qt::AccessibleTextRole, tr("%1, %2: %3").arg(kind, name, what));
      item->setSizeHint(0, {kSignColumn, size::row});
      if (!row.node) continue;
      auto* back = new QPushButton(tr("Take back"), list_);
      back->setObjectName("take_back");
      back->setProperty("kind", "link");
      back->setFont(ui::font(FontSize::small, QFont::Medium));
      back->setCursor(Qt::PointingHandCursor);
      connect(back, &QPushButton::clicked, this, [this, row] { diff_.takeBack(row); });
      list_->setItemWidget(item, 3, back);
    }
    if (int(shown_.size()) > kMostRows) new QTreeWidgetItem(list_, {QString(), QString(), tr("and %1 more").arg(int(shown_.size()) - kMostRows)});
  }
  const int chosen = diff_.chosen();
  if (chosen >= 0 && chosen < list_->topLevelItemCount()) list_->setCurrentItem(list_->topLevelItem(chosen));
}

}  // namespace ui
