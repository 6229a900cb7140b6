#include "ui/shell/main_window.h"

#include <QAbstractButton>
#include <QApplication>
#include <QCloseEvent>
#include <QDockWidget>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QPushButton>
#include <QScreen>
#include <QSettings>
#include <QStackedWidget>
#include <QStatusBar>
#include <QTimer>
#include <QToolBar>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/canvas/canvas.h"
#include "ui/canvas/cost_bars.h"
#include "ui/canvas/cost_box.h"
#include "ui/canvas/live_previews.h"
#include "ui/evaluate/evaluate_place.h"
#include "ui/evaluate/export_panel.h"
#include "ui/inspector/inspector.h"
#include "ui/model/text.h"
#include "ui/palette/command_palette.h"
#include "ui/palette/layer_palette.h"
#include "ui/run/device_setting.h"
#include "ui/run/memory_forecast.h"
#include "ui/run/run_bar.h"
#include "ui/run/training_actions.h"
#include "ui/shell/help_sheet.h"
#include "ui/shell/key_book.h"
#include "ui/shell/keys_sheet.h"
#include "ui/shell/layouts_sheet.h"
#include "ui/shell/page_stack.h"
#include "ui/shell/place_switch.h"
#include "ui/shell/problems_panel.h"
#include "ui/shell/announcements.h"
#include "ui/shell/status_facts.h"
#include "ui/shell/welcome_page.h"
#include "ui/theme/motion.h"
#include "ui/theme/theme.h"
#include "ui/widgets/spoken.h"

namespace ui {

MainWindow::MainWindow() : training_(project_), actions_(this) {
  setObjectName("main");
  describePlainly();
  constexpr int kFrame = 32;  // pixels that a title bar may take
  const QSize wanted = QSize(1440, 900).boundedTo(screen()->availableSize() - QSize(0, kFrame));
  resize(wanted);
  setDockOptions(QMainWindow::AnimatedDocks | QMainWindow::AllowTabbedDocks);
  setDockNestingEnabled(true);
  setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
  setCorner(Qt::BottomLeftCorner, Qt::LeftDockWidgetArea);
  setCorner(Qt::BottomRightCorner, Qt::RightDockWidgetArea);
  setTabPosition(Qt::BottomDockWidgetArea, QTabWidget::North);
  devices_ = new DeviceSetting(project_, training_, this);
  memory_ = new MemoryForecast(project_, training_, *devices_, this);
  makeToolBar();
  makeCentre();
  makeDocks();
  makeStatusBar();
  bindActions();
  bindThemes();
  bindHelp();
  makeMenus();

  speakOf(*this, project_, training_, *problems_);
  connect(&project_, &Project::fileChanged, this, &MainWindow::showTitle);
  connect(&project_, &Project::stated, &actions_, &Actions::refreshSoon);
  connect(&project_.selection(), &Selection::changed, &actions_, &Actions::refreshSoon);
  connect(&training_, &Training::stateChanged, &actions_, &Actions::refreshSoon);
  connect(&project_, &Project::refused, this, [this](const engine::Problem& problem) { messages_->showProblem("refused", tr("Not done"), problem); });
  qApp->installEventFilter(this);
  // The panels had more than they need while they came; on a small screen that would be more than there is.
  layout()->activate();
  resize(wanted);
  restoreLayout();
  showTitle();
  actions_.refresh();
  canvas_->setFocus();
}

// What was never closed keeps its unsaved edits too.
MainWindow::~MainWindow() {
  hide();  // fields that lose the focus say a last word, while there is still somebody to hear it
  files_->finish();
}

// ------------------------------------------------------------------------ composing ----

void MainWindow::makeToolBar() {
  bar_ = new QToolBar(tr("Tool bar"), this);
  bar_->setObjectName("toolbar");
  bar_->setMovable(false);
  bar_->setFixedHeight(size::toolbar);
  bar_->toggleViewAction()->setEnabled(false);
  addToolBar(bar_);
  // A padding of the style sheet would be on all four sides, and the layout's own margins go with each new theme.
  const auto addMargin = [this] {
    auto* margin = new QWidget(bar_);
    margin->setFixedWidth(4);  // and the spacing of 8
    bar_->addWidget(margin);
  };
  addMargin();
  switch_ = new PlaceSwitch(bar_);
  bar_->addWidget(switch_);
  connect(switch_, &PlaceSwitch::chosen, this, &MainWindow::goToPlace);
  runBar_ = new RunBar(project_, training_, *devices_, actions_, bar_);
  bar_->addWidget(runBar_);
  const auto addSwitch = [this](const char* name, const char* action, const QString& spoken) {
    auto* button = new QToolButton(bar_);
    button->setObjectName(name);
    button->setProperty("kind", "quiet");
    button->setDefaultAction(actions_[action]);
    button->setToolButtonStyle(Qt::ToolButtonTextOnly);
    button->setAccessibleName(spoken);
    bar_->addWidget(button);
  };
  bars_ = bar_->addWidget(new CostBox(actions_, bar_));
  addSwitch("toolbar.profile", "train.profile", tr("Profile"));
  addSwitch("toolbar.previews", "view.previews", tr("Live previews"));
  addMargin();
}

void MainWindow::makeCentre() {
  auto* centre = new QWidget(this);
  auto* column = new QVBoxLayout(centre);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  messages_ = new MessageBar(centre);
  files_ = new Files(project_, actions_, *messages_, this);
  pages_ = new PageStack(centre);
  places_ = new PageStack(pages_);
  places_->setObjectName("places");
  canvas_ = new Canvas(project_, actions_, places_);
  new LivePreviews(project_, training_, canvas_->scene(), actions_, canvas_);
  profiling_ = new Profiling(project_, training_, actions_, this);
  new CostBars(project_, *profiling_, canvas_->scene(), actions_, canvas_);
  addPlace("place.network", tr("Network"), canvas_);
  evaluate_ = new EvaluatePlace(project_, training_, places_);
  addPlace("place.evaluate", tr("Evaluate"), evaluate_);
  actions_.bind("file.export", [this] {
    goToPlace(places_->indexOf(evaluate_));
    evaluate_->exportPanel().setFocus();
  });
  pages_->addWidget(places_);
  column->addWidget(messages_);
  column->addWidget(pages_, 1);
  setCentralWidget(centre);
  connect(canvas_, &Canvas::libraryHasAnother, this, [this](const QString& block) {
    messages_->show("library", MessageBar::Tone::warning, tr("The library has another block that is called %1. Nothing is saved yet.").arg(block),
                    {{tr("Replace it"), [this, block] { canvas_->saveBlock(block); }}, {tr("Keep both"), [this, block] { canvas_->saveBlockBeside(block); }}});
  });
  connect(&project_, &Project::replaced, messages_, [this] { messages_->remove("library"); });
  connect(files_, &Files::opened, this, [this] {
    showWelcome(false);
    goToPlace(0);
    QTimer::singleShot(0, canvas_, &Canvas::fitAll);  // once it has the size that the panels leave it
  });
}

void MainWindow::addPlace(const char* action, const QString& title, QWidget* page) {
  const int index = places_->addWidget(page);
  switch_->add(title, actions_[action]->statusTip());
  switch_->setVisible(switch_->count() > 1);
  actions_.bindToggle(action, [this, index](bool) { goToPlace(index); }, [this, index] { return places_->currentIndex() == index; });
  switch_->setCurrent(places_->currentIndex());
}

void MainWindow::goToPlace(int index) {
  if (index != 0 && places_->currentIndex() == 0 && !isWelcome_) workState_ = saveState();
  // The panels are the canvas's: another place has the window to itself. They go before it comes, and come after it went: together
  // the two may need more than the window has, and it would grow.
  if (index == 0) places_->setCurrentIndex(index);
  for (QDockWidget* dock : docks_) {
    if (index == 0 && dock->property("hiddenByPlace").toBool()) dock->show();
    dock->setProperty("hiddenByPlace", index != 0 && (!dock->isHidden() || dock->property("hiddenByPlace").toBool()));
    if (index != 0) dock->hide();
  }
  places_->setCurrentIndex(index);
  switch_->setCurrent(index);
  places_->currentWidget()->setFocus();
  actions_.refreshSoon();
}

void MainWindow::makeStatusBar() {
  statusBar()->setSizeGripEnabled(false);
  statusBar()->setFont(ui::font(FontSize::small));
  facts_ = new StatusFacts(project_, *devices_, *memory_, this);
  statusBar()->addPermanentWidget(facts_);
  connect(facts_, &StatusFacts::devicesWanted, this, [this] { actions_.trigger("train.device"); });
  const auto tell = [this] { facts_->setProblems(problems_->summary(), problems_->problems(), problems_->hints()); };
  connect(problems_, &ProblemsPanel::changed, this, tell);
  connect(facts_, &StatusFacts::problemsWanted, this, [this] {
    auto* dock = findChild<QDockWidget*>("dock.problems");
    dock->show();
    dock->raise();
  });
  tell();
}

void MainWindow::makeMenus() {
  for (QMenu* menu : actions_.makeMenus(this)) {
    menuBar()->addMenu(menu);
    if (menu->objectName() != "menu.File") continue;
    auto* recent = new QMenu(tr("Open &recent"), menu);
    recent->setObjectName("menu.recent");
    connect(recent, &QMenu::aboutToShow, this, [this, recent] {
      recent->clear();
      for (const QString& path : files_->recent())
        connect(recent->addAction(QFileInfo(path).completeBaseName()), &QAction::triggered, this, [this, path] { files_->open(path); });
      for (QAction* action : recent->actions()) action->setToolTip(action->text());
      if (recent->isEmpty()) recent->addAction(tr("Nothing was opened yet"))->setEnabled(false);
    });
    menu->insertMenu(actions_["file.welcome"], recent);
  }
  auto* everything = new QPushButton(icon("search"), tr("Do anything"), menuBar());
  everything->setObjectName("menu.everything");
  everything->setProperty("kind", "search");
  everything->setFont(ui::font(FontSize::small));
  everything->setFocusPolicy(Qt::TabFocus);
  connect(everything, &QPushButton::clicked, this, [this] { actions_.trigger("edit.everything"); });
  connect(&themeWatcher(), &ThemeWatcher::changed, everything, [everything] { everything->setIcon(icon("search")); });
  auto* key = new QLabel(everything);
  const auto showKey = [this, everything, key] {
    everything->setToolTip(actions_["edit.everything"]->toolTip());
    key->setText(actions_["edit.everything"]->shortcut().toString(QKeySequence::NativeText));
  };
  connect(actions_["edit.everything"], &QAction::changed, key, showKey);
  showKey();
  key->setFont(ui::font(FontSize::small));
  key->setProperty("tone", "secondary");
  key->setAttribute(Qt::WA_TransparentForMouseEvents);
  auto* line = new QHBoxLayout(everything);
  line->setContentsMargins(0, 0, 18, 0);
  line->addStretch();
  line->addWidget(key);
  menuBar()->setCornerWidget(everything);
}

// -------------------------------------------------------------------------- welcome ----

void MainWindow::showWelcome(bool on) {
  if (on == isWelcome_) return;
  if (on && !welcome_) {
    welcome_ = new WelcomePage(*files_, actions_, pages_);
    pages_->addWidget(welcome_);
    connect(welcome_, &WelcomePage::templateWanted, this, [this](const QString& name, bool train) {
      files_->openTemplate(name);
      if (train && actions_.isBound("train.start")) actions_.trigger("train.start");
    });
  }
  if (on && places_->currentIndex() == 0) workState_ = saveState();
  isWelcome_ = on;
  if (on)  // before the page comes: beside both a small window would grow
    for (QDockWidget* dock : findChildren<QDockWidget*>()) dock->hide();
  pages_->setCurrentIndex(on ? 1 : 0);
  if (on) {
    welcome_->focusFirst();
  } else {
    restoreState(workState_);
    if (places_->currentIndex() != 0) goToPlace(places_->currentIndex());
    canvas_->setFocus();
  }
  bar_->setVisible(!on);
  statusBar()->setVisible(!on);
  actions_.refresh();
  showTitle();
}

void MainWindow::showNode(engine::NodeId node) {
  showWelcome(false);
  goToPlace(0);
  canvas_->goTo(node);
}

void MainWindow::showWherever(engine::NodeId node) {
  project_.reveal(node);
  showNode(project_.inView(node));
}

// -------------------------------------------------------------------------- actions ----

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
  actions_.bindToggle("file.welcome", [this](bool) { showWelcome(!isWelcome_); }, [this] { return isWelcome_; });
  actions_.bind("file.new_window", [] {
    auto* window = new MainWindow;
    window->setAttribute(Qt::WA_DeleteOnClose);
    window->show();
    window->showWelcome(true);
  });
  actions_.bind("file.close", [this] { close(); });
  actions_.bind("file.quit", [] { QApplication::closeAllWindows(); });
  connect(&project_.selection(), &Selection::changed, this, [this] { messages_->remove("fields"); });
  actions_.bind("node.edit", [this] {
    findChild<QDockWidget*>("dock.inspector")->show();
    if (inspector_->focusFields()) return;
    messages_->show("fields", MessageBar::Tone::info, tr("The selected layers have no field in common. Select layers of one kind to edit them together, or one alone."));
  }, [this] { return project_.selection().nodes().empty() ? tr("Select a node first.") : QString(); });
  actions_.bind("dock.next", [this] { focusNextPanel(); });
  auto* layouts = new LayoutsSheet([this] { return saveState(); }, [this](const QByteArray& state) { return restoreState(state); }, this);
  actions_.bind("dock.layouts", [layouts] { layouts->open(); },
                [this] { return places_->currentIndex() == 0 ? QString() : tr("The panels belong to the network: go there first."); });
  actions_.bind("dock.reset", [this] { restoreState(defaultState_); });
  palette_ = new CommandPalette(project_, actions_, *files_, this);
  connect(palette_, &CommandPalette::nodeWanted, this, &MainWindow::showNode);
  connect(palette_, &CommandPalette::layerWanted, layers_, &LayerPalette::chosen);
  actions_.bind("edit.everything", [this] { palette_->open(CommandPalette::Mode::everything); });
  actions_.bind("edit.find", [this] { palette_->open(CommandPalette::Mode::nodes); },
                [this] { return project_.document().nodes().empty() ? tr("The canvas is empty.") : QString(); });
  // On the welcome page there is no network to work on.
  actions_.setGate([this](const QString& id) {
    if (!isWelcome_ || id.startsWith("file.") || id.startsWith("help.") || id.startsWith("view.theme") || id == "view.reduced_motion" || id == "edit.everything" || id == "edit.keys") {
      const bool ofProject = id.startsWith("file.save") || id.startsWith("file.export") || id.startsWith("file.import") || id == "help.node";
      if (!isWelcome_ || !ofProject) return QString();
    }
    return tr("Open a project first.");
  });
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
  const auto slide = [this] { setAnimated(!isMotionReduced()); };
  connect(&motionWatcher(), &MotionWatcher::changed, this, slide);
  connect(&motionWatcher(), &MotionWatcher::changed, &actions_, &Actions::refreshSoon);
  slide();
  actions_.bindToggle("view.reduced_motion", [](bool on) { reduceMotion(on); }, [] { return isMotionReduced(); });
  const QString chosen = QSettings().value("look/theme", "system").toString();
  if (chosen != "system") choose(chosen);
  connect(&themeWatcher(), &ThemeWatcher::changed, this, [this] { facts_->setProblems(problems_->summary(), problems_->problems(), problems_->hints()); });
}

void MainWindow::bindHelp() {
  help_ = new HelpSheet(this);
  actions_.bind("help.keys", [this] { help_->showKeys(actions_); });
  keys_ = new KeysSheet(actions_, this);
  actions_.bind("edit.keys", [this] { keys_->open(); });
  connect(help_, &HelpSheet::changeOfKeysWanted, this, [this] { actions_.trigger("edit.keys"); });
  actions_.bind("help.about", [this] { help_->showAbout(*devices_); });
  const auto row = [this] { return layers_->hasFocusInList() ? layers_->current() : QString(); };
  actions_.bind("help.node", [this, row] { row().isEmpty() ? help_->showNode(project_, project_.selection().current()) : help_->showType(project_, utf8(row())); },
                [this, row] { return row().isEmpty() && project_.selection().nodes().empty() ? tr("Select a node first.") : QString(); });
}

// From panel to panel, in the order in which they are read.
void MainWindow::focusNextPanel() {
  QList<QWidget*> panels{pages_->currentWidget()};
  for (QDockWidget* dock : findChildren<QDockWidget*>())
    if (dock->isVisible() && !dock->visibleRegion().isEmpty()) panels << dock->widget();
  int now = -1;
  for (int i = 0; i < panels.size(); ++i)
    if (QWidget* focus = QApplication::focusWidget(); focus && (panels[i] == focus || panels[i]->isAncestorOf(focus))) now = i;
  for (int step = 1; step <= panels.size(); ++step) {
    QWidget* panel = panels[(now + step) % panels.size()];
    QList<QWidget*> candidates{panel == pages_->currentWidget() && panel == places_ ? places_->currentWidget() : panel};
    candidates << panel->findChildren<QWidget*>();
    for (QWidget* widget : candidates)
      if ((widget->focusPolicy() & Qt::TabFocus) && widget->isVisibleTo(this) && widget->isEnabled()) {
        widget->setFocus(Qt::TabFocusReason);
        return;
      }
  }
}

// ---------------------------------------------------------------------------- window ----

namespace {
// Where panels stand in a mirrored window is nothing for one that is not.
QString stateKey() { return QApplication::isRightToLeft() ? QStringLiteral("window/state_mirrored") : QStringLiteral("window/state"); }
}  // namespace

void MainWindow::restoreLayout() {
  defaultState_ = saveState();
  QSettings settings;
  restoreGeometry(settings.value("window/geometry").toByteArray());
  restoreState(settings.value(stateKey()).toByteArray());
}

void MainWindow::showTitle() {
  const QString project = isWelcome_ ? QString() : project_.title();
  setWindowTitle(project.isEmpty() ? QStringLiteral("Netwright") : project + "[*] - Netwright");
  setAccessibleName(project.isEmpty() ? QStringLiteral("Netwright") : project + " - Netwright");  // Qt would have the sign's place read out
  setWindowModified(!isWelcome_ && project_.isModified());
}

void MainWindow::changeEvent(QEvent* event) {
  QMainWindow::changeEvent(event);
  if (event->type() == QEvent::WindowTitleChange) setAccessibleName(windowTitle());
}

// Keys without a modifier are the canvas's shortcuts; elsewhere they are what the list or button in focus makes of them.
bool MainWindow::eventFilter(QObject* watched, QEvent* event) {
  // Enter presses the button in focus, as it does in dialogs; Qt knows only Space elsewhere.
  if (event->type() == QEvent::KeyPress && watched == QApplication::focusWidget()) {
    const auto* key = static_cast<QKeyEvent*>(event);
    auto* button = qobject_cast<QAbstractButton*>(watched);
    const bool enter = key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
    if (button && enter && !key->isAutoRepeat() && key->modifiers() == Qt::NoModifier && button->window() == this) {
      button->click();
      return true;
    }
  }
  if (event->type() != QEvent::ShortcutOverride) return QMainWindow::eventFilter(watched, event);
  const auto* key = static_cast<QKeyEvent*>(event);
  const auto* widget = qobject_cast<QWidget*>(watched);
  // What nobody accepts goes on to the parents: only the one in focus is asked, or the canvas's keys end at its parent.
  if (widget != QApplication::focusWidget()) return QMainWindow::eventFilter(watched, event);
  const auto fromAnywhere = actions_["dock.find_layer"]->shortcuts();  // such as "/"
  const bool bare = !(key->modifiers() & (Qt::ControlModifier | Qt::AltModifier | Qt::MetaModifier)) && (key->key() < Qt::Key_F1 || key->key() > Qt::Key_F35) &&
                    std::none_of(fromAnywhere.begin(), fromAnywhere.end(), [&](const QKeySequence& each) { return !each.isEmpty() && each[0].key() == key->key(); });
  if (!bare || !widget || widget->window() != this || widget == this || widget == canvas_ || canvas_->isAncestorOf(widget)) return QMainWindow::eventFilter(watched, event);
  event->accept();
  return true;
}

void MainWindow::resizeEvent(QResizeEvent* event) {
  constexpr int kRoomForAll = 1120;  // of the bars
  if (runBar_) runBar_->setNarrow(width() < kRoomForAll);
  if (bars_) bars_->setVisible(width() >= kRoomForAll);  // the menu View has them
  if (facts_) facts_->setNarrow(width() < kRoomForAll);
  QMainWindow::resizeEvent(event);
}

void MainWindow::closeEvent(QCloseEvent* event) {
  // Panels that a place hides are not closed by the user, and their sizes are those that they had.
  const bool hasPanels = !isWelcome_ && places_->currentIndex() == 0;
  QSettings settings;
  settings.setValue("window/geometry", saveGeometry());
  settings.setValue(stateKey(), hasPanels ? saveState() : workState_);
  if (QWidget* field = focusWidget()) field->clearFocus();  // what is being typed is an edit, too
  files_->finish();
  event->accept();
}

}  // namespace ui
