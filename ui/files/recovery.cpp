#include "ui/files/recovery.h"

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QStandardPaths>
#include <QUuid>
#include <algorithm>

#include "engine/document/json.h"
#include "engine/formats/atomic_file.h"
#include "ui/model/background.h"
#include "ui/model/text.h"

namespace ui {

namespace {

constexpr int kDelayMilliseconds = 700;  // after an edit: with the time to write, less than a second
const char kProject[] = "/project.netw", kAbout[] = "/about.json", kLock[] = "/lock";

QString root() { return QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation) + "/recovery"; }

std::unique_ptr<QLockFile> lockOf(const QString& folder) {
  auto lock = std::make_unique<QLockFile>(folder + kLock);
  lock->setStaleLockTime(0);  // only the death of its owner frees it
  return lock;
}

}  // namespace

Recovery::Recovery(Project& project, QObject* parent) : QObject(parent), project_(project) {
  writer_.setMaxThreadCount(1);
  timer_.setSingleShot(true);
  timer_.setInterval(kDelayMilliseconds);
  connect(&timer_, &QTimer::timeout, this, &Recovery::write);
  connect(&project_, &Project::changed, this, &Recovery::editedNow);
  connect(&project_, &Project::fileChanged, this, [this] {
    if (isWorthKeeping()) editedNow();
    else leave();
  });
}

Recovery::~Recovery() {
  flush();
  leave();
}

QList<Recovery::Kept> Recovery::list() {
  QList<Kept> all;
  for (const QFileInfo& entry : QDir(root()).entryInfoList(QDir::Dirs | QDir::NoDotAndDotDot)) {
    if (entry.fileName().contains('.')) continue;  // moved aside
    const QString folder = entry.absoluteFilePath();
    const auto lock = lockOf(folder);
    if (!lock->tryLock(0)) continue;  // a window works on it
    Kept kept{folder, entry.fileName(), {}, {}, 0, QFileInfo(folder + kProject).lastModified()};
    QFile about(folder + kAbout);
    if (about.open(QIODevice::ReadOnly)) {
      const QJsonObject json = QJsonDocument::fromJson(about.readAll()).object();
      kept.title = json["title"].toString(kept.title);
      kept.path = json["path"].toString();
      kept.unsavedFolder = json["runs"].toString();
      kept.edits = json["edits"].toInt();
    }
    if (QFile::exists(folder + kProject)) all << kept;
    else QDir(folder).removeRecursively();  // it never came to be
  }
  std::sort(all.begin(), all.end(), [](const Kept& a, const Kept& b) { return a.when > b.when; });
  return all;
}

bool Recovery::discard(const Kept& kept) {
  const auto lock = lockOf(kept.folder);
  if (!lock->tryLock(0)) return false;
  // What is kept goes first, while nobody else can take it; the lock is let go before its file goes too.
  QFile::remove(kept.folder + kProject);
  lock->unlock();
  return QDir(kept.folder).removeRecursively();
}

QString Recovery::moveAside(const Kept& kept) {
  const QString aside = kept.folder + ".unreadable";
  return QDir().rename(kept.folder, aside) ? aside : QString();
}

bool Recovery::adopt(const Kept& kept) {
  auto lock = lockOf(kept.folder);
  if (!lock->tryLock(0)) return false;
  leave();
  lock_ = std::move(lock);
  folder_ = kept.folder;
  return true;
}

void Recovery::leave() {
  timer_.stop();
  writer_.waitForDone();
  if (folder_.isEmpty()) return;
  lock_->unlock();
  if (!project_.isModified()) QDir(folder_).removeRecursively();
  lock_.reset();
  folder_.clear();
}

void Recovery::flush() {
  if (timer_.isActive()) {
    timer_.stop();
    write();
  }
  writer_.waitForDone();
}

// Unsaved edits, and the way to the runs of a project that has no file to find them by.
bool Recovery::isWorthKeeping() const { return project_.isModified() || (project_.path().isEmpty() && !project_.unsavedFolder().isEmpty()); }

void Recovery::editedNow() {
  // Told before the undo stack counts the edit: whether the project is modified is asked when the time has come. The first
  // edit starts the clock, so that typing does not put it off.
  if (!timer_.isActive()) timer_.start();
}

bool Recovery::makeFolder() {
  if (!folder_.isEmpty()) return true;
  const QString folder = root() + "/" + QUuid::createUuid().toString(QUuid::WithoutBraces);
  QDir().mkpath(folder);
  auto lock = lockOf(folder);
  if (!lock->tryLock(0)) {
    if (!told_) emit failed({0, engine::Place::file(utf8(folder)), engine::Severity::problem, "a folder that may be written, to keep unsaved edits in", {}, "save the project often", {}});
    told_ = true;
    return false;
  }
  lock_ = std::move(lock);
  folder_ = folder;
  return true;
}

void Recovery::write() {
  if (!isWorthKeeping() || !makeFolder()) return;
  const QUndoStack& undo = project_.undo();
  QJsonObject about{{"title", project_.title()}, {"path", project_.path()}, {"runs", project_.unsavedFolder()}};
  about["edits"] = undo.cleanIndex() >= 0 ? std::abs(undo.index() - undo.cleanIndex()) : undo.index();
  // The copy shares the nodes: it is made in microseconds, and written elsewhere.
  const auto keep = [document = project_.document(), folder = folder_, text = QJsonDocument(about).toJson()] {
    const engine::Done done =
        engine::formats::writeAtomically(utf8(folder + kAbout), std::string_view(text.constData(), size_t(text.size())));
    return done ? engine::document::save(document, utf8(folder + kProject)) : done;
  };
  inBackground(this, keep, [this](const engine::Done& done) {
    if (done || told_) return;
    told_ = true;
    emit failed(done.error());
  }, &writer_);
}

}  // namespace ui
