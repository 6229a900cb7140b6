// What a screen reader is told besides. announce(): what it says though the focus does not go there: that something was undone, what a wire would do, that a run has ended.
// (Qt has an event of its own for this from 6.8 on, QAccessibleAnnouncementEvent.)
#pragma once
#include <QObject>
#include <QPointer>
#include <QStringList>
#include <QWidget>

class QComboBox;

namespace ui {

class Announcer : public QObject {
  Q_OBJECT
 public:
  void add(QWidget* window, const QString& text);

 signals:
  void said(const QString& text);  // whether or not somebody listens

 private:
  void say();
  QPointer<QWidget> window_;
  QStringList texts_;
};
Announcer& announcer();

// Said of the widget's window. What comes at once is said at once: of two a reader would break off the first.
void announce(const QWidget* within, const QString& text);
// What a box of choices is for. On Linux Qt gives readers what is chosen as its name, and the name only by a label.
void setSpokenName(QComboBox& box, const QString& name);
// Tool tips that are rich text are told to assistive technology as plain text. Once for the program.
void describePlainly();

}  // namespace ui
