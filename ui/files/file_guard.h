// What others do to the project's file while it is open here: whether another window has it open too, and whether what is
// in it is still what was read or written last.
#pragma once
#include <QFileSystemWatcher>
#include <QLockFile>
#include <QObject>
#include <QTimer>
#include <memory>

namespace ui {

class FileGuard : public QObject {
  Q_OBJECT
 public:
  explicit FileGuard(QObject* parent = nullptr);

  // From now on it is that file ("": none), with that content. True where no other window has it open.
  bool take(const QString& path, const QByteArray& hash);
  static QByteArray hashOf(const QByteArray& content);
  static QByteArray hashOf(const std::string& content);
  static QByteArray hashOfFile(const QString& path);  // "": it cannot be read
  const QString& path() const { return path_; }

 signals:
  void changed(const QByteArray& hash);  // the file holds something else now
  void removed();

 private:
  void look();

  QString path_;
  QByteArray hash_;
  QFileSystemWatcher watcher_;
  QTimer timer_;
  std::unique_ptr<QLockFile> lock_;
  quint64 token_ = 0;
};

}  // namespace ui
