// A window: one project, its training, and the rooms around the canvas. Composes; what rooms do is theirs.
#pragma once
#include <QMainWindow>

#include "ui/model/project.h"
#include "ui/run/training.h"
#include "ui/shell/actions.h"
#include "ui/shell/message_bar.h"

class QDockWidget;
class QLabel;
class QStackedWidget;
class QTabBar;

namespace ui {

class Canvas;
class EvaluatePlace;
class Inspector;
class LayerPalette;

class MainWindow : public QMainWindow {
  Q_OBJECT
 public:
  MainWindow();
  ~MainWindow() override;

  Project& project() { return project_; }
  Training& training() { return training_; }
  Actions& actions() { return actions_; }
  MessageBar& messages() { return *messages_; }
  Canvas& canvas() { return *canvas_; }
  LayerPalette& layers() { return *layers_; }
  Inspector& inspector() { return *inspector_; }

 protected:
  void closeEvent(QCloseEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void makeCentre();
  void makeDocks();
  void makeToolBar();
  void makeStatusBar();
  void bindActions();
  void bindThemes();
  void showTitle();
  QDockWidget* addDock(const char* name, const QString& title, QWidget* content, Qt::DockWidgetArea area);
  void bindDock(const char* action, QDockWidget* dock);

  Project project_;
  Training training_;
  Actions actions_;
  MessageBar* messages_ = nullptr;
  QStackedWidget* places_ = nullptr;
  Canvas* canvas_ = nullptr;
  EvaluatePlace* evaluate_ = nullptr;
  LayerPalette* layers_ = nullptr;
  Inspector* inspector_ = nullptr;
  QByteArray defaultState_;
};

}  // namespace ui
