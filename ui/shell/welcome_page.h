// The first thing that is seen: what was kept of last time, one thing to do, templates, and recent projects.
#pragma once
#include <QWidget>

#include "ui/files/files.h"

class QVBoxLayout;

namespace ui {

class TemplateData;

class WelcomePage : public QWidget {
  Q_OBJECT
 public:
  WelcomePage(Files& files, Actions& actions, QWidget* parent = nullptr);
  void focusFirst();

 signals:
  void templateWanted(const QString& name, bool train);

 private:
  QWidget* makeLeft();
  QWidget* makeHero();
  QWidget* makeTemplates();
  void fillKept();
  void fillRecent();

  Files& files_;
  Actions& actions_;
  QList<TemplateData*> templates_;
  QVBoxLayout *kept_, *recent_;
  QWidget* first_ = nullptr;
};

}  // namespace ui
