#include "ui/shell/main_window.h"

#include <QCloseEvent>
#include <QDockWidget>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenuBar>
#include <QSettings>
#include <QStackedWidget>
#include <QStatusBar>
#include <QToolBar>
#include <QVBoxLayout>

#include "ui/canvas/canvas.h"
#include "ui/charts/charts_panel.h"
#include "ui/evaluate/evaluate_place.h"
#include "ui/evaluate/export_panel.h"
#include "ui/inspector/inspector.h"
#include "ui/model/text.h"
#include "ui/palette/layer_palette.h"
#include "ui/run/log_panel.h"
#include "ui/run/recipe_panel.h"
#include "ui/run/run_bar.h"
#include "ui/run/run_strips.h"
#include "ui/run/training_actions.h"
#include "ui/theme/theme.h"

namespace ui {

MainWindow::MainWindow() : training_(project_), actions_(this) {
  setObjectName("main");
  resize(1440, 900);
  setDockOptions(QMainWindow::AnimatedDocks | QMainWindow::AllowTabbedDocks);
  setDockNestingEnabled(true);
  setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
  setCorner(Qt::BottomLeftCorner, Qt::LeftDockWidgetArea);
  setCorner(Qt::BottomRightCorner, Qt::RightDockWidgetArea);
  makeCentre();
  makeDocks();
  makeToolBar();
  makeStatusBar();
  bindActions();
  bindThemes();
  for (QMenu* menu : actions_.makeMenus(this)) menuBar()->addMenu(menu);
  defaultState_ = saveState();
  QSettings settings;
  restoreGeometry(settings.value("window/geometry").toByteArray());
  restoreState(settings.value("window/state").toByteArray());

  connect(&project_, &Project::fileChanged, this, &MainWindow::showTitle);
  connect(&project_, &Project::stated, &actions_, &Actions::refreshSoon);
  connect(&project_.selection(), &Selection::changed, &actions_, &Actions::refreshSoon);
  connect(&training_, &Training::stateChanged, &actions_, &Actions::refreshSoon);
  connect(&project_, &Project::refused, this, [this](const engine::Problem& problem) { messages_->showProblem("refused", tr("Not done"), problem); });
  showTitle();
  actions_.refresh();
  canvas_->setFocus();
}

MainWindow::~MainWindow() = default;

void MainWindow::makeCentre() {
  auto* centre = new QWidget(this);
  auto* column = new QVBoxLayout(centre);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  messages_ = new MessageBar(centre);
  places_ = new QStackedWidget(centre);
  places_->setObjectName("places");
  canvas_ = new Canvas(project_, actions_, places_);
  places_->addWidget(canvas_);
  evaluate_ = new EvaluatePlace(project_, training_, places_);
  places_->addWidget(evaluate_);
  column->addWidget(messages_);
  column->addWidget(places_, 1);
  setCentralWidget(centre);
}

QDockWidget* MainWindow::addDock(const char* name, const QString& title, QWidget* content, Qt::DockWidgetArea area) {
  auto* dock = new QDockWidget(title, this);
  dock->setObjectName(name);
  dock->setFeatures(QDockWidget::DockWidgetClosable | QDockWidget::DockWidgetMovable);
  dock->setTitleBarWidget(new QWidget(dock));  // rooms draw their own titles; tabs name the lower ones
  dock->setWidget(content);
  addDockWidget(area, dock);
  return dock;
}

void MainWindow::bindDock(const char* action, QDockWidget* dock) {
  actions_.bindToggle(
      action,
      [dock](bool on) {
        dock->setVisible(on);
        if (on) dock->raise();
      },
      [dock] { return dock->isVisible(); });
  connect(dock, &QDockWidget::visibilityChanged, &actions_, &Actions::refreshSoon);
}

void MainWindow::makeDocks() {
  layers_ = new LayerPalette(this);
  QDockWidget* layers = addDock("dock.layers", tr("Layers"), layers_, Qt::LeftDockWidgetArea);
  bindDock("dock.layers", layers);
  actions_.bind("dock.find_layer", [this, layers] {
    layers->show();
    layers_->focusSearch();
  });
  inspector_ = new Inspector(project_, actions_, this);
  bindDock("dock.inspector", addDock("dock.inspector", tr("Inspector"), inspector_, Qt::RightDockWidgetArea));
  auto* recipe = new RecipePanel(project_, training_, inspector_);
  inspector_->setEmptyPage(recipe);
  actions_.bind("train.recipe", [this, recipe] {
    project_.selection().clear();
    qobject_cast<QDockWidget*>(inspector_->parentWidget())->show();
    recipe->focusFields();
  });
  auto* charts = new ChartsPanel(project_, training_, this);
  auto* log = new Log(this);
  logTraining(training_, *log);
  logExports(*charts, *log, *messages_);
  QDockWidget* chartsDock = addDock("dock.charts", tr("Charts"), charts, Qt::BottomDockWidgetArea);
  QDockWidget* logDock = addDock("dock.log", tr("Log"), new LogPanel(*log, this), Qt::BottomDockWidgetArea);
  tabifyDockWidget(chartsDock, logDock);
  chartsDock->raise();
  bindDock("dock.charts", chartsDock);
  bindDock("dock.log", logDock);
  new RunStrips(project_, training_, *messages_, actions_, this);
  resizeDocks({layers}, {size::paletteWidth}, Qt::Horizontal);
  resizeDocks({chartsDock}, {size::chartsHeight + size::dockTitle}, Qt::Vertical);
}

void MainWindow::makeToolBar() {
  auto* bar = new QToolBar(tr("Tool bar"), this);
  bar->setObjectName("toolbar");
  bar->setMovable(false);
  bar->setFixedHeight(size::toolbar);
  bar->layout()->setContentsMargins(0, 0, 0, 0);
  bar->addWidget(new RunBar(project_, training_, actions_, bar));
  addToolBar(bar);
}

void MainWindow::makeStatusBar() { statusBar()->setSizeGripEnabled(false); }

void MainWindow::bindActions() {
  bindTraining(training_, actions_);
  actions_.bind("edit.undo", [this] { project_.undo().undo(); },
                [this] { return project_.undo().canUndo() ? QString() : tr("There is nothing to undo."); });
  actions_.bind("edit.redo", [this] { project_.undo().redo(); },
                [this] { return project_.undo().canRedo() ? QString() : tr("There is nothing to redo."); });
  const auto name = [this](const char* id, const QString& verb, const QString& what) {
    actions_[id]->setText(what.isEmpty() ? verb : verb + " " + what);
  };
  connect(&project_.undo(), &QUndoStack::undoTextChanged, this, [=](const QString& text) { name("edit.undo", tr("&Undo"), text); });
  connect(&project_.undo(), &QUndoStack::redoTextChanged, this, [=](const QString& text) { name("edit.redo", tr("&Redo"), text); });
  actions_.bind("file.close", [this] { close(); });
  const auto bindPlace = [this](const char* id, QWidget* place) {
    actions_.bindToggle(id, [this, place](bool) { places_->setCurrentWidget(place); }, [this, place] { return places_->currentWidget() == place; });
  };
  bindPlace("place.network", canvas_);
  bindPlace("place.evaluate", evaluate_);
  actions_.bind("file.export", [this] {
    places_->setCurrentWidget(evaluate_);
    evaluate_->exportPanel().setFocus();
  });
  connect(places_, &QStackedWidget::currentChanged, &actions_, &Actions::refreshSoon);
  actions_.bind("dock.reset", [this] { restoreState(defaultState_); });
}

void MainWindow::bindThemes() {
  static const struct {
    const char* action;
    const char* name;
  } themes[] = {{"view.theme_system", "system"}, {"view.theme_light", "light"}, {"view.theme_dark", "dark"}, {"view.theme_contrast", "contrast"}};
  const auto choose = [](const QString& name) {
    setTheme(name == "light" ? Theme::Kind::light : name == "dark" ? Theme::Kind::dark : name == "contrast" ? Theme::Kind::contrast : systemTheme());
  };
  for (const auto& t : themes)
    actions_.bindToggle(
        t.action,
        [choose, name = t.name](bool) {
          QSettings().setValue("look/theme", name);
          choose(name);
        },
        [name = t.name] { return QSettings().value("look/theme", "system").toString() == name; });
  const QString chosen = QSettings().value("look/theme", "system").toString();
  if (chosen != "system") choose(chosen);
}

void MainWindow::showTitle() {
  setWindowTitle(project_.title() + "[*] - Netwright");
  setWindowModified(project_.isModified());
}

void MainWindow::changeEvent(QEvent* event) {
  QMainWindow::changeEvent(event);
  if (event->type() == QEvent::WindowTitleChange) setAccessibleName(windowTitle());
}

void MainWindow::closeEvent(QCloseEvent* event) {
  QSettings settings;
  settings.setValue("window/geometry", saveGeometry());
  settings.setValue("window/state", saveState());
  event->accept();
}

}  // namespace ui
