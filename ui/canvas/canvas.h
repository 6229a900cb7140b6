// The network as nodes and wires: drawn, and edited by mouse and keyboard.
#pragma once
#include <QWidget>

#include "ui/model/project.h"
#include "ui/shell/actions.h"

namespace ui {

class Canvas : public QWidget {
  Q_OBJECT
 public:
  // Binds its actions: edit.*, node.*, view.zoom* and view.fit*.
  Canvas(Project& project, Actions& actions, QWidget* parent = nullptr);
};

}  // namespace ui
