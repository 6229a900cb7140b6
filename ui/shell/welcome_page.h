// The first thing that is seen: what was kept of last time, one thing to do, templates, and recent projects.
#pragma once
#include <QWidget>

#include "ui/files/files.h"

class QGridLayout;
class QHBoxLayout;
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

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void arrange(int room);  // for so many pixels of width
  QWidget* makeLeft();
  QWidget* makeHero();
  QWidget* makeTemplates();
  void fillKept();
  void fillRecent();

  Files& files_;
  Actions& actions_;
  QList<TemplateData*> templates_;
  QVBoxLayout *kept_, *recent_;
  QHBoxLayout* line_ = nullptr;
  QGridLayout* grid_ = nullptr;
  QList<QWidget*> cards_;
  int columns_ = 0;  // of templates, as arranged
  QWidget* first_ = nullptr;
};

}  // namespace ui
