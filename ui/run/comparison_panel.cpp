#include "ui/run/comparison_panel.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>

#include "ui/model/text.h"
#include "ui/shell/actions.h"
#include "ui/theme/theme.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/sorted_table.h"

namespace ui {

namespace {
}

ComparisonPanel::ComparisonPanel(Project& project, DeviceComparing& comparing, Actions& actions, QWidget* parent)
    : ListPanel("comparison", tr("Devices compared"), kTableEdge, parent), comparing_(comparing) {
  whole_ = new QLabel(this);
  whole_->setObjectName("comparison.whole");
  whole_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  how_ = new ElidedLabel(this);
  how_->setObjectName("comparison.how");
  how_->setFont(ui::font(FontSize::small));
  how_->setProperty("tone", "secondary");
  head().setSpacing(12);
  head().addWidget(whole_);
  head().addWidget(how_, 1);
  QPushButton* again = addButton("comparison.start", tr("Compare"));
  connect(again, &QPushButton::clicked, this, [&actions] { actions.trigger("train.compare"); });
  const auto follow = [again, action = actions["train.compare"]] {
    again->setEnabled(action->isEnabled());
    again->setToolTip(action->toolTip());
  };
  connect(actions["train.compare"], &QAction::changed, again, follow);
  follow();
  copy_ = addButton("comparison.copy", tr("Copy as CSV"));

  table_ = new ComparisonTable(comparing_, this);
  list_ = new SortedTable(*table_, ComparisonTable::type, ComparisonTable::relative, this);
  list_->setObjectName("comparison.list");
  list_->setAccessibleName(tr("Difference by node"));
  setList(list_, kTableEdge - SortedTable::kCell);

  connect(list_, &SortedTable::nodeChosen, this, [this, &project](engine::NodeId node) {
    if (!project.whereIs(node).way.empty()) emit revealWanted(node);
  });
  connect(copy_, &QPushButton::clicked, this, [this] { QApplication::clipboard()->setText(table_->csv()); });
  connect(&comparing_, &DeviceComparing::changed, this, &ComparisonPanel::refresh);
  refresh();
}

QString ComparisonPanel::summary() const { return whole_->text(); }

void ComparisonPanel::refresh() {
  using State = DeviceComparing::State;
  const bool there = comparing_.state() == State::there;
  copy_->setEnabled(there);
  copy_->setToolTip(there ? tr("The whole table as text, for a spreadsheet.") : tr("There is nothing to copy yet."));
  list_->header()->setVisible(there);
  if (!there) {
    whole_->clear();
    how_->setWords({});
    whole_->setAccessibleName(tr("Not compared yet"));
    showEmpty(comparing_.state() == State::working  ? tr("Calculating one batch on both...")
              : comparing_.state() == State::failed ? comparing_.problem()
                                                    : tr("Compare devices calculates one batch of the data on the processor and on a "
                                                         "CUDA device, and shows how far apart they are in each node."));
    return;
  }
  showEmpty({});
  const engine::training::DeviceComparison& c = comparing_.comparison();
  const auto* worst = c.worst();
  const QString text = !worst ? tr("Nothing to compare: no node gives floating numbers")
                       : worst->largest == 0 ? tr("The same bits on the processor and on %1").arg(qt(c.device))
                                             : tr("Furthest apart: %1, by %2 of %3").arg(qt(worst->name), differenceText(worst->largest), differenceText(worst->largestValue));
  whole_->setText(text);
  whole_->setAccessibleName(text);
  QString how = tr("%1 on the processor and on %2, with the weights of %3")
                    .arg(tr("%n samples", nullptr, int(c.rows)), qt(c.device),
                         comparing_.weights().isEmpty() ? tr("a run's beginning") : comparing_.weights());
  if (c.here && c.there) {
    how += tr("; loss %1 and %2").arg(numberText(c.here->loss, 7), numberText(c.there->loss, 7));
    if (c.here->gradientNorm && c.there->gradientNorm)
      how += tr(", norm of the gradient %1 and %2").arg(numberText(*c.here->gradientNorm, 7), numberText(*c.there->gradientNorm, 7));
  }
  how_->setWords(how, tr("The network as it answers, node by node; loss and gradient as it trains, on the same batch."));
}

}  // namespace ui
