// Where projects come from and where they go: new, open, save, recent ones, templates, and what was kept unsaved. Reading
// and writing happen in other threads; nothing is ever asked before it is done, because nothing is lost by it.
#pragma once
#include <QObject>
#include <QPointer>
#include <QStringList>

#include "engine/formats/import.h"
#include "ui/files/file_guard.h"
#include "ui/files/recovery.h"
#include "ui/model/project.h"
#include "ui/shell/actions.h"
#include "ui/shell/message_bar.h"

namespace ui {

// What there is to say of a model of others that was opened.
struct ImportNotes {
  engine::formats::Sizes taken;   // for axes that have no number in the file
  engine::Problems chosen, lost;  // the same as sentences; nodes that cannot be calculated, and why
  std::optional<int64_t> batch;   // that the file was written for
};

class Files : public QObject {
  Q_OBJECT
 public:
  // Takes files that are dropped on the window.
  Files(Project& project, Actions& actions, MessageBar& messages, QWidget* window);

  void newProject();
  void open(const QString& path);  // a project, a model of others; weights are for the project that is open: weightsWanted()
  void openTemplate(const QString& name);  // a copy of it, ready to train
  void save();
  void saveAs();
  void saveTo(const QString& path);
  bool isBusy() const { return busy_ > 0; }

  QStringList recent() const;  // the last one first; those that are still there
  void forget(const QString& path);

  QList<Recovery::Kept> kept() const { return Recovery::list(); }
  void restore(const Recovery::Kept& kept);
  void discard(const Recovery::Kept& kept);

  void finish();  // before the window closes: nothing is under way any more, and nothing unsaved is lost

 signals:
  void opened();         // another project shows
  void saved(const QString& path);
  void failed();         // what was asked for did not happen; a strip says why
  void recentChanged();
  void keptChanged();
  void imported(const QString& file, const ui::ImportNotes& notes);  // after opened()
  void detailsWanted();                                          // of that
  void weightsWanted(const QString& path);                       // a file of weights was opened or dropped
  void weightsBrought(const std::string& from, const std::string& to);  // the recipe calls them otherwise now: they lie beside the project

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void take(engine::document::Document document, Insight insight, const QString& path, const QByteArray& hash);
  void tellImported(const QString& file, const ImportNotes& notes);
  void sayIfSlow(const QString& name);  // that it is being opened
  void remember(const QString& path);
  void write(const QString& path);
  void tellOpenElsewhere(const QString& path);
  QString suggestion() const;

  Project& project_;
  Actions& actions_;
  MessageBar& messages_;
  QPointer<QWidget> window_;
  Recovery recovery_;
  FileGuard guard_;
  QThreadPool writer_;
  QTimer slow_;
  int busy_ = 0;
  quint64 token_ = 0;  // of what was asked to be opened last: an older answer is dropped
};

}  // namespace ui
