#include "ui/run/weights_panel.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>

#include "ui/theme/theme.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/sorted_table.h"

namespace ui {

namespace {
constexpr int kSizesWide = 132;  // pixels: "512 × 512 × 3 × 3", "Shape in the file"
}

WeightsPanel::WeightsPanel(Project& project, WeightsImport& import, Actions& actions, QWidget* parent)
    : ListPanel("weights", tr("Weights of a file"), kTableEdge, parent), import_(import) {
  whole_ = new QLabel(this);
  whole_->setObjectName("weights.whole");
  whole_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  how_ = new ElidedLabel(this);
  how_->setObjectName("weights.how");
  how_->setFont(ui::font(FontSize::small));
  how_->setProperty("tone", "secondary");
  head().setSpacing(12);
  head().addWidget(whole_);
  head().addWidget(how_, 1);
  begin_ = addButton("weights.begin", tr("Begin with these"));
  begin_->setProperty("kind", "primary");
  connect(begin_, &QPushButton::clicked, &import_, &WeightsImport::begin);
  auto* other = addButton("weights.open", tr("Choose a file..."));
  connect(other, &QPushButton::clicked, this, [&actions] { actions.trigger("file.import_weights"); });
  copy_ = addButton("weights.copy", tr("Copy as CSV"));

  table_ = new WeightsTable(import_, this);
  list_ = new SortedTable(*table_, WeightsTable::inFile, WeightsTable::state, this);
  list_->setObjectName("weights.list");
  list_->setAccessibleName(tr("Weights by name"));
  // Names are as long in the file as they are here.
  list_->header()->setSectionResizeMode(WeightsTable::inFile, QHeaderView::Stretch);
  for (int c = WeightsTable::shape; c < WeightsTable::columns; ++c) list_->header()->resizeSection(c, kSizesWide);
  setList(list_, kTableEdge - SortedTable::kCell);

  connect(list_, &SortedTable::nodeChosen, this, [this, &project](engine::NodeId node) {
    if (!project.whereIs(node).way.empty()) emit revealWanted(node);
  });
  connect(copy_, &QPushButton::clicked, this, [this] { QApplication::clipboard()->setText(table_->csv()); });
  connect(&import_, &WeightsImport::changed, this, &WeightsPanel::refresh);
  refresh();
}

void WeightsPanel::refresh() {
  using State = WeightsImport::State;
  using Kind = WeightsImport::Match::Kind;
  const bool there = import_.state() == State::there;
  const QString whyNot = import_.whyNotBegin();
  begin_->setVisible(there);
  begin_->setEnabled(whyNot.isEmpty());
  begin_->setToolTip(whyNot.isEmpty() ? tr("The next run begins with what fits; the rest begins as the seed draws it.") : whyNot);
  copy_->setEnabled(there);
  copy_->setToolTip(there ? tr("The whole table as text, for a spreadsheet.") : tr("There is nothing to copy yet."));
  list_->header()->setVisible(there);
  if (!there) {
    whole_->clear();
    how_->setWords({});
    whole_->setAccessibleName(tr("No weights were chosen yet"));
    showEmpty(import_.state() == State::reading  ? tr("Reading %1...").arg(import_.fileName())
              : import_.state() == State::failed ? import_.problem()
                                                 : tr("Drop a safetensors file on the window, or choose one: its weights are compared with the network's by their names."));
    return;
  }
  showEmpty(import_.matches().empty() ? tr("Neither the network nor the file has any weights.") : QString());
  const int fit = import_.count(Kind::fits), all = import_.values();
  const QString text = fit == all && all > 0 ? tr("%1: all %2 fit").arg(import_.fileName()).arg(all) : tr("%1: %2 of %3 fit").arg(import_.fileName()).arg(fit).arg(all);
  whole_->setText(text);
  whole_->setAccessibleName(text);
  QStringList how;
  if (import_.hasBegun()) how << tr("the next run begins with them");
  if (const int n = import_.count(Kind::otherShape)) how << tr("%1 of another shape").arg(n);
  if (const int n = import_.count(Kind::missing)) how << tr("%1 not in the file").arg(n);
  if (const int n = import_.count(Kind::unused)) how << tr("%1 of the file not used").arg(n);
  if (!import_.prefix().isEmpty()) how << tr("\"%1\" before each name of the file does not count").arg(import_.prefix());
  QString words = how.join(", ");
  if (!words.isEmpty()) words[0] = words[0].toUpper();
  how_->setWords(words);
}

}  // namespace ui
