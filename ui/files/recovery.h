// What keeps unsaved edits: a copy of the project in a folder of this window, at most a second behind the last edit, of
// projects without a file too. The folder goes when the project is saved; what a crash, or a window that was closed,
// leaves is found by the next start.
#pragma once
#include <QDateTime>
#include <QLockFile>
#include <QObject>
#include <QThreadPool>
#include <QTimer>
#include <memory>

#include "ui/model/project.h"

namespace ui {

class Recovery : public QObject {
  Q_OBJECT
 public:
  struct Kept {
    QString folder;
    QString title, path;    // path: "" for a project without a file
    QString unsavedFolder;  // of such a project's runs
    int edits = 0;
    QDateTime when;
    bool operator==(const Kept&) const = default;
  };

  explicit Recovery(Project& project, QObject* parent = nullptr);
  ~Recovery() override;

  // What nobody works on any more, the newest first.
  static QList<Kept> list();
  static bool discard(const Kept& kept);
  // Out of the way, but not gone. Where it is now, or "".
  static QString moveAside(const Kept& kept);

  // From now on this window keeps its edits in that folder. False where another one does.
  bool adopt(const Kept& kept);
  // Ends with the project as it is: edits that were not saved stay for list(), others leave no trace. To be called before
  // another project comes in its place.
  void leave();
  void flush();  // writes at once what was not written yet, and waits for it
  QString folder() const { return folder_; }

 signals:
  void failed(const engine::Problem& problem);  // nothing could be written; told once a window

 private:
  bool isWorthKeeping() const;
  void editedNow();
  void write();
  bool makeFolder();

  Project& project_;
  QThreadPool writer_;  // one thread: what is written later stays
  QTimer timer_;
  QString folder_;  // "": nothing is kept
  std::unique_ptr<QLockFile> lock_;
  bool told_ = false;
};

}  // namespace ui
