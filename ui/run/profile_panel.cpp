#include "ui/run/profile_panel.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>

#include "ui/shell/key_book.h"
#include "ui/theme/theme.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/sorted_table.h"

namespace ui {

ProfilePanel::ProfilePanel(Project& project, Training& training, Profiling& profiling, QWidget* parent)
    : ListPanel("profile", tr("Profile"), kTableEdge, parent), training_(training), profiling_(profiling) {
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
  list_ = new SortedTable(*table_, ProfileTable::type, ProfileTable::share, this);
  list_->setObjectName("profile.list");
  list_->setAccessibleName(tr("Time by node"));
  setList(list_, kTableEdge - SortedTable::kCell);

  connect(list_, &SortedTable::nodeChosen, this, [this, &project](engine::NodeId node) {
    if (!project.whereIs(node).way.empty()) emit revealWanted(node);
  });
  connect(copy_, &QPushButton::clicked, this, [this] { QApplication::clipboard()->setText(table_->csv()); });
  connect(&profiling_, &Profiling::changed, this, &ProfilePanel::refresh);
  connect(&keyWatcher(), &KeyWatcher::changed, this, &ProfilePanel::refresh);
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
                       .arg(tr("%n steps", nullptr, int(profile->steps)))
                       .arg(profile->batch)
                       .arg(tr("%n threads", nullptr, int(profile->threads)),
                            speedText(profile->peakFlopsPerSecond)),
                   tr("Means of so many steps of so many samples. The peak is the speed of a large matrix product on the same "
                      "threads."));
    return;
  }
  whole_->clear();
  how_->setWords({});
  whole_->setAccessibleName(tr("Not profiled yet"));
  if (!profiling_.isOn())
    showEmpty(training_.isActive() ? tr("Switch Profile on%1: the next steps of the run are timed, node by node.").arg(keyInBrackets("train.profile"))
                                   : tr("Press Train and switch Profile on: steps of the run are timed, node by node."));
  else if (training_.state() == Training::State::paused) showEmpty(tr("The next steps are timed: go on, or make one step."));
  else showEmpty(training_.isActive() ? tr("Timing the next steps...") : tr("The steps of the next run are timed."));
}

}  // namespace ui
