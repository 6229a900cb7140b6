// Pages to read over the window: all keys, about the program, about a layer.
#pragma once
#include <optional>
#include <span>

#include "ui/model/project.h"
#include "ui/shell/actions.h"
#include "ui/shell/sheet.h"

class QTextBrowser;

namespace engine {
struct Formula;
}

namespace ui {

class DeviceSetting;

// What hands do on the canvas, beside the keys of actions.
struct Gesture {
  const char *what, *how;
};
std::span<const Gesture> gestures();

class HelpSheet : public Sheet {
  Q_OBJECT
 public:
  explicit HelpSheet(QWidget* window);
  void showKeys(const Actions& actions);
  void showAbout(const DeviceSetting& devices);
  void showNode(const Project& project, engine::NodeId node);
  void showType(const Project& project, const std::string& type);
  QString plainText() const;

 signals:
  void changeOfKeysWanted();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void show(const Project& project, const std::string& type, std::optional<size_t> index);
  using QWidget::show;
  void open(const QString& title, const QString& html, int width, int height);
  static QString insideOf(const Project& project, const engine::document::Document& block);
  static QString namesOf(const engine::Info& info, const engine::Formula* formula);

  QTextBrowser* text_;
};

}  // namespace ui
