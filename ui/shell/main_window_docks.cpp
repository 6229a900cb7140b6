// The panels around the canvas: what stands at the sides, what stands below it behind tabs, and what brings each of them forward.
#include <QDockWidget>
#include <QFileInfo>
#include <QMenu>
#include <algorithm>

#include "ui/canvas/canvas.h"
#include "ui/canvas/diff_view.h"
#include "ui/charts/charts_panel.h"
#include "ui/diff/diff_panel.h"
#include "ui/inspector/inspector.h"
#include "ui/model/fixes.h"
#include "ui/model/shelf.h"
#include "ui/model/text.h"
#include "ui/outline/outline_panel.h"
#include "ui/palette/layer_palette.h"
#include "ui/replace/replace_panel.h"
#include "ui/run/comparison_panel.h"
#include "ui/run/log_panel.h"
#include "ui/run/memory_forecast.h"
#include "ui/run/memory_strip.h"
#include "ui/run/profile_panel.h"
#include "ui/run/recipe_panel.h"
#include "ui/run/run_strips.h"
#include "ui/run/start_check.h"
#include "ui/run/weights_panel.h"
#include "ui/shell/help_sheet.h"
#include "ui/shell/main_window.h"
#include "ui/shell/message_bar.h"
#include "ui/shell/page_stack.h"
#include "ui/shell/problems_panel.h"
#include "ui/theme/theme.h"

namespace ui {

namespace {
// What was decided while a model of others was read, line by line.
void logImport(const QString& file, const ImportNotes& notes, const Project& project, Log& log) {
  log.add(MainWindow::tr("%1 was opened as a new project").arg(file));
  if (notes.batch && *notes.batch > 1) log.add(MainWindow::tr("It was written for %n samples at once; the project takes any number", nullptr, plural(double(*notes.batch))));
  const auto tell = [&](const engine::Problem& note) {
    const auto* node = project.document().node(note.node);
    log.add((node ? qt(node->name) + ": " : QString()) + textOf(note), Log::Tone::warning);
  };
  for (const auto& chosen : notes.chosen) tell(chosen);
  for (const auto& lost : notes.lost) tell(lost);
}
}  // namespace

QDockWidget* MainWindow::addDock(const char* name, const QString& title, QWidget* content, Qt::DockWidgetArea area) {
  auto* dock = new QDockWidget(title, this);
  dock->setObjectName(name);
  dock->setFeatures(QDockWidget::DockWidgetClosable | QDockWidget::DockWidgetMovable);
  dock->setTitleBarWidget(new QWidget(dock));  // rooms draw their own titles; tabs name the lower ones
  dock->setWidget(content);
  // Qt's areas stay where they are; what is read first stands at the side where reading begins.
  if (isRightToLeft() && area == Qt::LeftDockWidgetArea) area = Qt::RightDockWidgetArea;
  else if (isRightToLeft() && area == Qt::RightDockWidgetArea) area = Qt::LeftDockWidgetArea;
  addDockWidget(area, dock);
  docks_ << dock;
  return dock;
}

void MainWindow::bindDock(const char* action, QDockWidget* dock) {
  actions_.bindToggle(
      action,
      [dock](bool on) {
        dock->setVisible(on);
        if (on) dock->raise();
      },
      // One that stands behind another's tab comes forward; only what is in sight is put away.
      [dock] { return dock->isVisible() && !dock->visibleRegion().isEmpty(); });
  connect(dock, &QDockWidget::visibilityChanged, &actions_, &Actions::refreshSoon);
}

// Below the canvas, behind the tabs of those before. `isQuiet`: few ask for it; who does sees it.
QDockWidget* MainWindow::addLowerDock(const char* name, const QString& title, QWidget* content, bool isQuiet) {
  QDockWidget* dock = addDock(name, title, content, Qt::BottomDockWidgetArea);
  bindDock(name, dock);
  if (lastLower_) tabifyDockWidget(lastLower_, dock);
  lastLower_ = dock;
  if (isQuiet) dock->hide();
  return dock;
}

void MainWindow::bringForward(QDockWidget* dock) {
  goToPlace(0);
  dock->show();
  dock->raise();
}

void MainWindow::makeDocks() {
  makeSideDocks();
  auto* log = new Log(this);
  logTraining(training_, *log);
  auto* charts = new ChartsPanel(project_, training_, this);
  logExports(*charts, *log, *messages_);
  QDockWidget* chartsDock = addLowerDock("dock.charts", tr("Charts"), charts);
  makeProblems();
  QDockWidget* logDock = addLowerDock("dock.log", tr("Log"), new LogPanel(*log, this));
  connect(files_, &Files::imported, log, [this, log](const QString& file, const ImportNotes& notes) { logImport(file, notes, project_, *log); });
  connect(files_, &Files::detailsWanted, this, [this, logDock] { bringForward(logDock); });
  makeMeasures();
  makeWeights();
  makeVersions();
  chartsDock->raise();
  new RunStrips(project_, training_, *messages_, actions_, this);
  new MemoryStrip(project_, training_, *memory_, *messages_, this);
  resizeDocks({findChild<QDockWidget*>("dock.layers")}, {size::paletteWidth}, Qt::Horizontal);
  resizeDocks({chartsDock}, {std::min(size::chartsHeight, height() / 4) + size::dockTitle}, Qt::Vertical);
}

// What a row of the list offers, and the way out of the library.
void MainWindow::bindLibrary() {
  const auto own = [this] {
    const ShelfBlock* block = shelfBlock(utf8(layers_->current()));
    return block && block->own;
  };
  actions_.bind("node.remove_block", [this] {
    const QString name = layers_->current();
    const auto block = takeFromShelf(utf8(name));
    if (!block) return messages_->showProblem("library", tr("%1 was not removed").arg(name), block.error());
    messages_->show("library", MessageBar::Tone::info, tr("%1 is no longer in the library. Projects that have it keep it.").arg(name), {{tr("Put it back"), [this, name, block = *block] {
      messages_->remove("library");
      if (const engine::Done done = putOnShelf(block); !done) messages_->showProblem("library", tr("%1 was not put back").arg(name), done.error());
    }}});
  }, [own] { return own() ? QString() : tr("Choose a block of your own in the list of layers first."); });
  connect(layers_, &LayerPalette::menuWanted, this, [this](const QPoint& at) {
    actions_.refresh();
    QMenu menu(layers_);
    connect(menu.addAction(tr("Add to the canvas")), &QAction::triggered, layers_, &LayerPalette::addCurrent);
    connect(menu.addAction(tr("About %1").arg(layers_->current())), &QAction::triggered, this, [this] { help_->showType(project_, utf8(layers_->current())); });
    if (actions_["node.remove_block"]->isEnabled()) {
      menu.addSeparator();
      menu.addAction(actions_["node.remove_block"]);
    }
    menu.exec(at);
  });
}

void MainWindow::makeSideDocks() {
  layers_ = new LayerPalette(project_, this);
  connect(layers_, &LayerPalette::chosen, canvas_, &Canvas::addNode);
  QDockWidget* layers = addDock("dock.layers", tr("Layers"), layers_, Qt::LeftDockWidgetArea);
  bindDock("dock.layers", layers);
  bindLibrary();
  actions_.bind("dock.find_layer", [this, layers] {
    layers->show();
    layers_->focusSearch();
  });
  auto* outline = new OutlinePanel(project_, actions_, this);
  QDockWidget* outlineDock = addDock("dock.outline", tr("Outline"), outline, Qt::LeftDockWidgetArea);
  bindDock("dock.outline", outlineDock);
  tabifyDockWidget(layers, outlineDock);
  outlineDock->hide();  // who reads the network as a tree asks for it
  connect(actions_["dock.outline"], &QAction::triggered, outline, [this, outline] {
    if (actions_["dock.outline"]->isChecked()) outline->focusTree();
  });
  connect(outline, &OutlinePanel::revealWanted, this, &MainWindow::showNode);
  connect(outline, &OutlinePanel::menuWanted, canvas_, &Canvas::showMenu);
  inspector_ = new Inspector(project_, actions_, this);
  connect(inspector_, &Inspector::done, this, [this] { canvas_->setFocus(); });
  bindDock("dock.inspector", addDock("dock.inspector", tr("Inspector"), inspector_, Qt::RightDockWidgetArea));
  auto* recipe = new RecipePanel(project_, training_, inspector_, memory_);
  inspector_->setEmptyPage(recipe);
  actions_.bind("train.recipe", [this, recipe] {
    project_.go({});  // a block has a page of its own there
    project_.selection().clear();
    findChild<QDockWidget*>("dock.inspector")->show();
    recipe->focusFields();
  });
}

void MainWindow::makeProblems() {
  auto* start = new StartCheck(project_, this);
  problems_ = new ProblemsPanel(project_, this);
  const auto tellOfRecipe = [this, start] {
    engine::Problems all = memory_->problems();
    all.insert(all.end(), start->problems().begin(), start->problems().end());
    problems_->setOfRecipe(std::move(all));
  };
  connect(start, &StartCheck::changed, problems_, tellOfRecipe);
  connect(memory_, &MemoryForecast::changed, problems_, tellOfRecipe);
  QDockWidget* problems = addLowerDock("dock.problems", tr("Problems"), problems_);
  const auto countProblems = [this, problems] {
    const int count = problems_->problems() + problems_->hints();
    problems->setWindowTitle(count ? tr("Problems (%1)").arg(count) : tr("Problems"));
  };
  connect(problems_, &ProblemsPanel::changed, this, countProblems);
  connect(problems_, &ProblemsPanel::revealWanted, this, &MainWindow::showWherever);
  bindProblems(problems);
  countProblems();
}

// From problem to problem, and what mends them.
void MainWindow::bindProblems(QDockWidget* dock) {
  const auto why = [this] { return problems_->hasNodes() ? QString() : tr("There are no problems."); };
  actions_.bind("problem.next", [this] { problems_->step(1); }, why);
  actions_.bind("problem.previous", [this] { problems_->step(-1); }, why);
  const auto selected = [this] { return project_.problemOf(project_.selection().current()); };
  actions_.bind("problem.show", [this, dock] {
    bringForward(dock);
    problems_->choose(project_.selection().current());
  }, [selected] { return selected() ? QString() : tr("Select a node with a problem first."); });
  actions_.bind("problem.fix", [this, selected] {
    const engine::Problem problem = *selected();  // a copy: the edit replaces it
    applyFixInView(project_, problem);
  }, [selected] {
    const engine::Problem* problem = selected();
    return !problem ? tr("Select a node with a problem first.") : canFix(*problem) ? QString() : tr("No single edit mends this problem.");
  });
}

// Where the time of a step goes, and how far devices are apart.
void MainWindow::makeMeasures() {
  auto* profile = new ProfilePanel(project_, training_, *profiling_, this);
  connect(profile, &ProfilePanel::revealWanted, this, &MainWindow::showWherever);
  QDockWidget* profileDock = addLowerDock("dock.profile", tr("Profile"), profile);
  connect(profiling_, &Profiling::switchedOn, this, [this, profileDock] {
    if (places_->currentIndex() == 0) bringForward(profileDock);
  });
  auto* comparing = new DeviceComparing(project_, training_, *devices_, actions_, this);
  auto* comparison = new ComparisonPanel(project_, *comparing, actions_, this);
  connect(comparison, &ComparisonPanel::revealWanted, this, &MainWindow::showWherever);
  QDockWidget* comparisonDock = addLowerDock("dock.comparison", tr("Comparison"), comparison, true);
  connect(comparing, &DeviceComparing::begun, this, [this, comparisonDock] { bringForward(comparisonDock); });
}

void MainWindow::makeWeights() {
  weights_ = new WeightsImport(project_, training_, actions_, *messages_, this);
  auto* weights = new WeightsPanel(project_, *weights_, actions_, this);
  connect(weights, &WeightsPanel::revealWanted, this, &MainWindow::showWherever);
  QDockWidget* weightsDock = addLowerDock("dock.weights", tr("Weights"), weights, true);
  connect(weights_, &WeightsImport::begun, this, [this, weightsDock] { bringForward(weightsDock); });
  connect(files_, &Files::weightsBrought, weights_, &WeightsImport::follow);
  connect(files_, &Files::weightsWanted, this, [this](const QString& path) {
    if (!isWelcome_) return weights_->open(path);
    messages_->show("weights", MessageBar::Tone::warning,
                    tr("%1 has weights for a network: open the project that they are for first, then drop them on it.").arg(QFileInfo(path).fileName()),
                    {{tr("Open..."), [this] { actions_.trigger("file.open"); }}});
  });
}

// Another version beside this one, and layers found and replaced.
void MainWindow::makeVersions() {
  auto* diff = new NetworkDiff(project_, training_, actions_, this);
  new DiffView(*diff, *canvas_, actions_);
  QDockWidget* diffDock = addLowerDock("dock.diff", tr("Changes"), new DiffPanel(*diff, actions_, this), true);
  connect(diff, &NetworkDiff::began, this, [this, diffDock] { bringForward(diffDock); });
  auto* replace = new ReplacePanel(project_, this);
  QDockWidget* replaceDock = addLowerDock("dock.replace", tr("Find and replace"), replace, true);
  connect(replace, &ReplacePanel::revealWanted, this, &MainWindow::showNode);
  actions_.bind("edit.replace", [this, replace, replaceDock] {
    bringForward(replaceDock);
    replace->begin();
  }, [this] { return project_.document().nodes().empty() ? tr("The canvas is empty.") : QString(); });
}

}  // namespace ui
