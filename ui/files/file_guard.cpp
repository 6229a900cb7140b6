#include "ui/files/file_guard.h"
#include "ui/model/background.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QStandardPaths>

namespace ui {

namespace {
constexpr int kSettleMilliseconds = 150;  // writers replace a file in several steps

// Not beside the project, where it would be in the way of others.
QString lockPath(const QString& path) {
  const QString canonical = QFileInfo(path).canonicalFilePath();
  const QByteArray name = QCryptographicHash::hash((canonical.isEmpty() ? path : canonical).toUtf8(), QCryptographicHash::Sha1).toHex();
  return QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation) + "/open/" + name + ".lock";
}
}  // namespace

FileGuard::FileGuard(QObject* parent) : QObject(parent) {
  timer_.setSingleShot(true);
  timer_.setInterval(kSettleMilliseconds);
  connect(&timer_, &QTimer::timeout, this, &FileGuard::look);
  connect(&watcher_, &QFileSystemWatcher::fileChanged, &timer_, qOverload<>(&QTimer::start));
  connect(&watcher_, &QFileSystemWatcher::directoryChanged, &timer_, qOverload<>(&QTimer::start));
}

QByteArray FileGuard::hashOf(const QByteArray& content) { return QCryptographicHash::hash(content, QCryptographicHash::Sha256); }
QByteArray FileGuard::hashOf(const std::string& content) { return hashOf(QByteArray::fromRawData(content.data(), qsizetype(content.size()))); }

QByteArray FileGuard::hashOfFile(const QString& path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? hashOf(file.readAll()) : QByteArray();
}

bool FileGuard::take(const QString& path, const QByteArray& hash) {
  ++token_;
  hash_ = hash;
  timer_.stop();
  if (path == path_) {
    if (!watcher_.files().contains(path) && QFile::exists(path)) watcher_.addPath(path);  // it was replaced: another file now
    return !lock_ || lock_->isLocked() || lock_->tryLock(0);
  }
  if (const QStringList all = watcher_.files() + watcher_.directories(); !all.isEmpty()) watcher_.removePaths(all);
  lock_.reset();
  path_ = path;
  if (path.isEmpty()) return true;
  watcher_.addPath(path);
  watcher_.addPath(QFileInfo(path).absolutePath());
  QDir().mkpath(QFileInfo(lockPath(path)).absolutePath());
  lock_ = std::make_unique<QLockFile>(lockPath(path));
  lock_->setStaleLockTime(0);
  // A folder that may not be written is no reason to warn.
  return lock_->tryLock(0) || lock_->error() != QLockFile::LockFailedError;
}

void FileGuard::look() {
  if (path_.isEmpty()) return;
  const quint64 token = ++token_;
  const auto read = [path = path_] { return hashOfFile(path); };  // of a file that is there: never empty
  inBackground(this, read, [this, token, path = path_](const QByteArray& hash) {
    if (token_ != token) return;
    const bool there = !hash.isEmpty();
    if (there && !watcher_.files().contains(path)) watcher_.addPath(path);
    if (hash == hash_) return;
    hash_ = hash;  // told once
    if (there) emit changed(hash);
    else emit removed();
  });
}

}  // namespace ui
