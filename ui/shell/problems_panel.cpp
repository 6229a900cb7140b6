#include "ui/shell/problems_panel.h"

#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/model/fixes.h"
#include "ui/model/text.h"
#include "ui/theme/style.h"
#include "ui/widgets/quiet_tree.h"

namespace ui {

namespace {
constexpr int kShown = 200;  // a list that nobody reads to its end is not made in full
constexpr int kBesideName = 44, kWidestName = 240;  // pixels: the sign and the air around; longer names end in dots
}

ProblemsPanel::ProblemsPanel(Project& project, QWidget* parent) : QWidget(parent), project_(project), list_(new Quiet<QTreeWidget>(this)), empty_(new QWidget(this)) {
  setObjectName("problems");
  setAccessibleName(tr("Problems"));
  setProperty("surface", "panel");
  setAttribute(Qt::WA_StyledBackground);
  list_->setObjectName("problem_list");
  list_->setAccessibleName(tr("Problems and hints"));
  list_->setColumnCount(3);
  list_->setHeaderHidden(true);
  list_->setRootIsDecorated(false);
  list_->setUniformRowHeights(false);
  list_->setTextElideMode(Qt::ElideRight);
  list_->header()->setStretchLastSection(false);
  list_->header()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
  list_->header()->setSectionResizeMode(1, QHeaderView::Stretch);
  list_->header()->setSectionResizeMode(2, QHeaderView::ResizeToContents);
  connect(list_, &QTreeWidget::itemClicked, this, &ProblemsPanel::reveal);
  connect(list_, &QTreeWidget::itemActivated, this, &ProblemsPanel::reveal);
  connect(&project_.selection(), &Selection::changed, this, &ProblemsPanel::followSelection);

  auto* sign = new QLabel(empty_);
  const auto paintSign = [sign] { sign->setPixmap(iconPixmap("check", theme().state.success, 20, sign->devicePixelRatioF())); };
  paintSign();
  connect(&themeWatcher(), &ThemeWatcher::changed, sign, paintSign);
  auto* words = new QLabel(tr("Nothing is wrong with the network, and nothing looks odd."), empty_);
  words->setProperty("tone", "secondary");
  words->setWordWrap(true);  // rather than keep the window wide
  words->setAlignment(Qt::AlignCenter);
  auto* below = new QVBoxLayout(empty_);
  below->addStretch();
  below->addWidget(sign, 0, Qt::AlignHCenter);
  below->addWidget(words);
  below->addStretch();

  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(12, 4, 8, 4);
  column->addWidget(list_);
  column->addWidget(empty_, 1);
  connect(&project_, &Project::stated, this, &ProblemsPanel::fill);
  connect(&themeWatcher(), &ThemeWatcher::changed, this, [this] {
    shown_.clear();
    fill();
  });
  fill();
}

QString ProblemsPanel::summary() const {
  const QString problems = problems_ == 0 ? tr("No problems") : tr("%n problems", nullptr, problems_);
  const QString hints = hints_ == 0 ? QString() : tr(", %n hints", nullptr, hints_);
  return problems + hints;
}

void ProblemsPanel::reveal(const QTreeWidgetItem* item) {
  if (const engine::NodeId node = item ? item->data(0, Qt::UserRole).toULongLong() : 0) emit revealWanted(node);
}

bool ProblemsPanel::choose(engine::NodeId node) {
  for (int i = 0; i < list_->topLevelItemCount() && size_t(i) < shown_.size(); ++i)
    if (node != 0 && project_.inView(shown_[size_t(i)].node) == node) {
      list_->setCurrentItem(list_->topLevelItem(i));
      return true;
    }
  return false;
}

// What is selected on the canvas is the row that is marked here; one that is marked already may be another of the same node.
void ProblemsPanel::followSelection() {
  const engine::NodeId node = project_.selection().current();
  const int row = list_->currentItem() ? list_->indexOfTopLevelItem(list_->currentItem()) : -1;
  if (row >= 0 && size_t(row) < shown_.size() && node != 0 && project_.inView(shown_[size_t(row)].node) == node) return;
  if (!choose(node)) list_->setCurrentItem(nullptr);
}

bool ProblemsPanel::hasNodes() const {
  return std::any_of(shown_.begin(), shown_.end(), [](const engine::Problem& problem) { return problem.node != 0; });
}

void ProblemsPanel::step(int by) {
  const int count = int(std::min(shown_.size(), size_t(list_->topLevelItemCount())));
  if (count == 0 || !hasNodes()) return;
  int row = list_->currentItem() ? list_->indexOfTopLevelItem(list_->currentItem()) : by > 0 ? -1 : count;
  do row = (row + by + count) % count;
  while (shown_[size_t(row)].node == 0);
  list_->setCurrentItem(list_->topLevelItem(row));
  reveal(list_->topLevelItem(row));
}

void ProblemsPanel::setOfRecipe(engine::Problems problems) {
  ofRecipe_ = std::move(problems);
  fill();
}

void ProblemsPanel::fill() {
  engine::Problems all = project_.problems();
  all.insert(all.end(), ofRecipe_.begin(), ofRecipe_.end());
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.severity < b.severity; });
  const bool none = all.empty();
  list_->setVisible(!none);
  empty_->setVisible(none);
  if (all == shown_ && !none) return;  // moving a node changes none
  shown_ = all;
  problems_ = int(std::count_if(all.begin(), all.end(), [](const auto& p) { return p.severity == engine::Severity::problem; }));
  hints_ = int(all.size()) - problems_;
  list_->clear();
  for (size_t i = 0; i < all.size() && int(i) < kShown; ++i) {
    const engine::Problem& problem = all[i];
    const bool lint = problem.severity == engine::Severity::lint;
    const auto where = problem.node ? project_.whereIs(problem.node) : engine::Whereabouts();
    engine::Problem what = problem;
    if (canFix(problem)) what.fix = {};
    QString place = where.way.empty() ? tr("network") : qt(where.name);
    const QString field = problem.place.kind == engine::Place::Kind::field ? qt(problem.place.name).replace('_', ' ') : QString();
    if (field.startsWith("recipe.")) place = tr("recipe, %1").arg(field.mid(int(std::size("recipe.")) - 1));
    else if (!field.isEmpty()) place = tr("%1, %2").arg(place, problem.node ? fieldInText(problem.place.name) : field);
    else if (problem.place.kind == engine::Place::Kind::file) place = tr("recipe");
    auto* item = new QTreeWidgetItem(list_, {place, textOf(what)});
    item->setIcon(0, lint ? icon("warning", theme().state.warning) : icon("problem", theme().state.problem));
    item->setFont(0, ui::font(FontSize::small, QFont::DemiBold));
    item->setFont(1, ui::font(FontSize::small));
    item->setData(0, Qt::UserRole, qulonglong(problem.node));
    item->setToolTip(1, textOf(problem));
    item->setData(0, Qt::AccessibleTextRole, (lint ? tr("Hint, %1: %2") : tr("Problem, %1: %2")).arg(place, textOf(problem)));
    const int wide = QFontMetrics(item->font(0)).horizontalAdvance(place) + kBesideName;
    item->setSizeHint(0, {std::min(wide, kWidestName), size::row});
    item->setToolTip(0, place);
    if (!canFix(problem)) continue;
    auto* fix = new QPushButton(fixText(problem), list_);
    fix->setObjectName("fix");
    fix->setProperty("kind", "link");
    fix->setFont(ui::font(FontSize::small, QFont::Medium));
    fix->setCursor(Qt::PointingHandCursor);
    connect(fix, &QPushButton::clicked, this, [this, problem] { applyFix(project_, problem); });
    list_->setItemWidget(item, 2, fix);
  }
  followSelection();
  if (int(all.size()) > kShown) new QTreeWidgetItem(list_, {QString(), tr("and %1 more").arg(int(all.size()) - kShown)});
  emit changed();
}

}  // namespace ui
