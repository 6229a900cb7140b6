// A window: one project, its training, and the rooms around the canvas. Composes; what rooms do is theirs.
#pragma once
#include <QMainWindow>

#include "ui/files/files.h"
#include "ui/model/project.h"
#include "ui/run/training.h"
#include "ui/shell/actions.h"
#include "ui/shell/message_bar.h"

class QDockWidget;
class QStackedWidget;
class QAction;
class QToolBar;

namespace ui {

class Canvas;
class CommandPalette;
class DeviceSetting;
class EvaluatePlace;
class HelpSheet;
class Inspector;
class KeysSheet;
class LayerPalette;
class MemoryForecast;
class PlaceSwitch;
class RunBar;
class Profiling;
class ProblemsPanel;
class StatusFacts;
class WeightsImport;
class WelcomePage;

class MainWindow : public QMainWindow {
  Q_OBJECT
 public:
  MainWindow();
  ~MainWindow() override;

  Project& project() { return project_; }
  Training& training() { return training_; }
  Actions& actions() { return actions_; }
  MessageBar& messages() { return *messages_; }
  Files& files() { return *files_; }
  Canvas& canvas() { return *canvas_; }
  LayerPalette& layers() { return *layers_; }
  Inspector& inspector() { return *inspector_; }
  WeightsImport& weights() { return *weights_; }

  void showWelcome(bool on);
  bool isWelcome() const { return isWelcome_; }
  // Selected, and in sight: a node of the network in view, or of the network as it is calculated, in a block or around the one in view.
  void showNode(engine::NodeId node);
  void showWherever(engine::NodeId node);

 protected:
  void closeEvent(QCloseEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void makeCentre();
  void makeDocks();
  void makeToolBar();
  // main_window_docks.cpp
  QDockWidget* addLowerDock(const char* name, const QString& title, QWidget* content, bool isQuiet = false);
  void bringForward(QDockWidget* dock);
  void makeSideDocks();
  void bindLibrary();
  void makeProblems();
  void bindProblems(QDockWidget* dock);
  void makeMeasures();
  void makeWeights();
  void makeVersions();
  void makeStatusBar();
  void makeMenus();
  void bindActions();
  void bindThemes();
  void bindHelp();
  void showTitle();
  void focusNextPanel();
  void restoreLayout();

  // Another page for the centre, chosen by the action and by the switch in the tool bar.
  void addPlace(const char* action, const QString& title, QWidget* page);
  void goToPlace(int index);
  QDockWidget* addDock(const char* name, const QString& title, QWidget* content, Qt::DockWidgetArea area);
  void bindDock(const char* action, QDockWidget* dock);

  Project project_;
  Training training_;
  Actions actions_;
  MessageBar* messages_ = nullptr;
  Files* files_ = nullptr;
  DeviceSetting* devices_ = nullptr;
  MemoryForecast* memory_ = nullptr;
  QStackedWidget *pages_ = nullptr, *places_ = nullptr;
  PlaceSwitch* switch_ = nullptr;
  Canvas* canvas_ = nullptr;
  Profiling* profiling_ = nullptr;
  EvaluatePlace* evaluate_ = nullptr;
  LayerPalette* layers_ = nullptr;
  Inspector* inspector_ = nullptr;
  QList<QDockWidget*> docks_;  // in the order in which they were made
  QDockWidget* lastLower_ = nullptr;  // of those behind tabs, below the canvas
  ProblemsPanel* problems_ = nullptr;
  StatusFacts* facts_ = nullptr;
  WeightsImport* weights_ = nullptr;
  WelcomePage* welcome_ = nullptr;
  CommandPalette* palette_ = nullptr;
  HelpSheet* help_ = nullptr;
  KeysSheet* keys_ = nullptr;
  RunBar* runBar_ = nullptr;
  QToolBar* bar_ = nullptr;
  QAction* bars_ = nullptr;  // what the nodes' bars show
  QByteArray defaultState_, workState_;
  bool isWelcome_ = false;
};

}  // namespace ui
