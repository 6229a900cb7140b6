#include "ui/files/files.h"

#include <QCoreApplication>
#include <QDir>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QMimeData>
#include <QSettings>
#include <QStandardPaths>
#include <QWidget>

#include "engine/document/json.h"
#include "engine/document/templates.h"
#include "engine/document/transaction.h"
#include "engine/formats/atomic_file.h"
#include "engine/formats/import.h"
#include "ui/widgets/ask_path.h"
#include "ui/model/background.h"
#include "ui/model/text.h"

namespace ui {

namespace {

constexpr int kRecent = 12;
constexpr int kSlowMilliseconds = 400;  // after which it is said that something is being opened
const char kRecentKey[] = "files/recent", kFolderKey[] = "files/folder";

QString filter() { return Files::tr("Netwright projects (*.netw);;All files (*)"); }
QString openFilter() {
  return Files::tr("Projects, models and weights (*.netw *.onnx *.safetensors);;Netwright projects (*.netw);;ONNX models (*.onnx);;Weights for this network (*.safetensors);;All files (*)");
}
bool isModel(const QString& path) { return engine::formats::canImport(utf8(path.toLower())); }
bool isWeights(const QString& path) { return path.endsWith(".safetensors", Qt::CaseInsensitive); }

QString projectIn(const QMimeData* data) {
  for (const QUrl& url : data->urls())
    if (const QString path = url.toLocalFile(); url.isLocalFile() && (path.endsWith(".netw", Qt::CaseInsensitive) || isModel(path) || isWeights(path))) return path;
  return {};
}

struct Loaded {
  engine::Result<engine::document::Document> document;
  Insight insight;  // found here too: of a large network it takes as long as reading
  QByteArray hash;
  ImportNotes notes;  // of a model of others
};
// A model of others: a new project that begins with its values, which stay in the file.
Loaded importFrom(const QString& path) {
  auto model = engine::formats::importModel(utf8(path));
  if (!model) return {tl::unexpected(model.error()), {}, {}, {}};
  engine::document::Transaction edit(model->document);
  engine::document::Recipe recipe = model->document.recipe();
  if (!model->weights->empty()) recipe.weights = utf8(path);
  if (auto done = edit.setRecipe(std::move(recipe)); !done) return {tl::unexpected(done.error()), {}, {}, {}};
  const auto changes = edit.finish();
  if (auto done = changes ? model->document.apply(*changes) : tl::unexpected(changes.error()); !done) return {tl::unexpected(done.error()), {}, {}, {}};
  Insight insight = insightOf(model->document);
  ImportNotes notes{std::move(model->taken), std::move(model->chosen), std::move(model->lost), model->batch};
  return {std::move(model->document), std::move(insight), {}, std::move(notes)};
}

// Weights that a project without a file begins with lie in a folder of the window, others beside the project's file: either go with it
// where it is saved now. None: they stay, or there are none.
struct Bringing {
  QString from, to;  // files
  engine::document::Document document;  // that calls them by their new name
};
std::optional<Bringing> bringing(const Project& project, const QString& path) {
  const QString weights = qt(project.document().recipe().weights);
  const QDir home = QFileInfo(path).dir();
  const QString from = QFileInfo(weights).isRelative() ? QDir(project.folder()).absoluteFilePath(weights) : QDir::cleanPath(weights);
  const bool isOurs = !project.unsavedFolder().isEmpty() && from.startsWith(QDir::cleanPath(project.unsavedFolder()) + '/');
  const bool isBeside = !project.path().isEmpty() && QFileInfo(weights).isRelative() && QDir(project.folder()) != home;
  if (weights.isEmpty() || !(isOurs || isBeside) || !QFileInfo::exists(from)) return {};
  const QString stem = QFileInfo(path).completeBaseName() + ".start", suffix = "." + QFileInfo(from).suffix();
  QString to = home.filePath(stem + suffix);
  for (int n = 2; QFileInfo::exists(to); ++n) to = home.filePath(stem + "-" + QString::number(n) + suffix);
  engine::document::Document document = project.document();
  engine::document::Transaction edit(document);
  engine::document::Recipe recipe = document.recipe();
  recipe.weights = utf8(QFileInfo(to).fileName());
  if (!edit.setRecipe(std::move(recipe))) return {};
  const auto changes = edit.finish();
  if (!changes || !document.apply(*changes)) return {};
  return Bringing{from, to, std::move(document)};
}

// Read once: what is parsed is what the hash is of.
Loaded loadFrom(const QString& path) {
  QFile file(path);
  if (!QFileInfo(path).isFile() || file.size() > engine::document::kMaxFileBytes || !file.open(QIODevice::ReadOnly))
    return {engine::document::load(utf8(path)), {}, {}, {}};  // which says why
  const QByteArray content = file.readAll();
  auto document = engine::document::parse(std::string_view(content.constData(), size_t(content.size())), utf8(path));
  Insight insight = document ? insightOf(*document) : Insight();
  return {std::move(document), std::move(insight), FileGuard::hashOf(content), {}};
}

}  // namespace

Files::Files(Project& project, Actions& actions, MessageBar& messages, QWidget* window)
    : QObject(window), project_(project), actions_(actions), messages_(messages), window_(window), recovery_(project), guard_(nullptr) {
  writer_.setMaxThreadCount(1);
  window->setAcceptDrops(true);
  window->installEventFilter(this);
  actions.bind("file.new", [this] { newProject(); });
  actions.bind("file.open", [this] {
    const QString start = QSettings().value(kFolderKey, QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation)).toString();
    const QString path = askPath(window_, {PathQuestion::Kind::open, tr("Open a project or a model"), start, openFilter(), {}});
    if (!path.isEmpty()) open(path);
  });
  actions.bind("file.save", [this] { save(); },
               [this] { return project_.isModified() || project_.path().isEmpty() ? QString() : tr("Everything is saved."); });
  actions.bind("file.save_as", [this] { saveAs(); });
  connect(&recovery_, &Recovery::failed, this, [this](const engine::Problem& problem) {
    messages_.showProblem("recovery", tr("Unsaved edits cannot be kept for the next start"), problem);
  });
  connect(&guard_, &FileGuard::changed, this, [this](const QByteArray& hash) {
    const QString path = guard_.path();
    messages_.show("outside", MessageBar::Tone::warning, tr("Another program has changed %1. Here it is still as you left it.").arg(QFileInfo(path).fileName()),
                   {{tr("Reload"), [this, path] { open(path); }},
                    {tr("Keep mine"), [this, path, hash] {
                       guard_.take(path, hash);
                       project_.undo().resetClean();  // the file is no longer what is shown
                     }}});
  });
  connect(&guard_, &FileGuard::removed, this, [this] {
    project_.undo().resetClean();
    messages_.show("outside", MessageBar::Tone::warning, tr("%1 is no longer where it was. The project is still here.").arg(QFileInfo(guard_.path()).fileName()),
                   {{tr("Save again"), [this] { save(); }}, {tr("Save as..."), [this] { saveAs(); }}});
  });
}

bool Files::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::DragEnter || event->type() == QEvent::Drop) {
    auto* drop = static_cast<QDropEvent*>(event);
    if (const QString path = projectIn(drop->mimeData()); !path.isEmpty()) {
      drop->setDropAction(Qt::CopyAction);
      drop->accept();
      if (event->type() == QEvent::Drop) open(path);
      return true;
    }
  }
  return QObject::eventFilter(watched, event);
}

// ------------------------------------------------------------------------- coming ----

void Files::sayIfSlow(const QString& name) {
  slow_.disconnect();
  connect(&slow_, &QTimer::timeout, this, [this, name] {
    messages_.show("opening", MessageBar::Tone::info, tr("Opening %1. What is shown can be worked on until then.").arg(name));
  });
  slow_.setSingleShot(true);
  slow_.start(kSlowMilliseconds);
}

void Files::take(engine::document::Document document, Insight insight, const QString& path, const QByteArray& hash) {
  ++token_;
  slow_.stop();
  recovery_.flush();
  const bool kept = project_.isModified() && !recovery_.folder().isEmpty();
  const QString former = project_.title();
  recovery_.leave();
  for (const char* key : {"outside", "elsewhere", "open", "opening", "save", "imported"}) messages_.remove(key);
  const bool alone = guard_.take(path, hash);
  project_.replace(std::move(document), std::move(insight), path);
  if (!path.isEmpty()) remember(path);
  if (!alone) tellOpenElsewhere(path);
  if (kept) {
    messages_.show("kept", MessageBar::Tone::info, tr("%1 was not saved; it is kept, on the welcome page.").arg(former));
    emit keptChanged();
  }
  emit opened();
}

void Files::tellOpenElsewhere(const QString& path) {
  messages_.show("elsewhere", MessageBar::Tone::warning,
                 tr("%1 is open in another window too. Whoever saves last replaces what the other one saved.").arg(QFileInfo(path).fileName()),
                 {{tr("Save as..."), [this] { saveAs(); }}});
}

void Files::newProject() { take({}, insightOf({}), {}, {}); }

void Files::openTemplate(const QString& name) {
  const engine::document::Template* found = engine::document::templateNamed(utf8(name));
  if (!found) {
    messages_.show("open", MessageBar::Tone::problem, tr("There is no template %1.").arg(name));
    emit failed();
    return;
  }
  auto document = engine::document::parse(found->text, found->name);
  if (!document) {
    messages_.showProblem("open", tr("The template was not opened"), document.error());
    emit failed();
    return;
  }
  Insight insight = insightOf(*document);
  take(*std::move(document), std::move(insight), {}, {});
}

// What was decided for the one who opened it stays until it was read.
void Files::tellImported(const QString& file, const ImportNotes& notes) {
  QString text = tr("%1 is open as a new project.").arg(file);
  if (notes.lost.empty() && !project_.document().recipe().weights.empty()) text += ' ' + tr("Train goes on from its weights.");
  QStringList sizes;
  for (const auto& [name, size] : notes.taken) sizes << QString("%1 = %2").arg(qt(name)).arg(size);
  constexpr int kShown = 4;
  if (sizes.size() > kShown) sizes = sizes.mid(0, kShown) << "...";
  if (!sizes.isEmpty()) text += ' ' + tr("Axes without a number in the file have one now: %1.").arg(sizes.join(", "));
  const int lost = int(notes.lost.size()), all = int(project_.document().nodes().size());
  if (lost > 0)
    text += ' ' + tr("%n of its %1 nodes cannot be calculated here; they keep their places, and go out again with an export.", nullptr, lost).arg(all);
  QList<MessageBar::Button> buttons{{tr("Save as..."), [this] { saveAs(); }}};
  const bool more = lost > 0 || !notes.taken.empty();
  if (more) buttons.prepend({tr("Details"), [this] { emit detailsWanted(); }});
  messages_.show("imported", more ? MessageBar::Tone::warning : MessageBar::Tone::info, text, buttons);
  emit imported(file, notes);
}

void Files::open(const QString& path) {
  const QString full = QFileInfo(path).absoluteFilePath();
  if (isWeights(full)) {
    emit weightsWanted(full);
    return;
  }
  const quint64 token = ++token_;
  ++busy_;
  sayIfSlow(QFileInfo(full).fileName());
  const bool model = isModel(full);
  inBackground(this, [full, model] { return model ? importFrom(full) : loadFrom(full); }, [this, token, full, model](Loaded loaded) {
    --busy_;
    if (token_ != token) return;  // something else was opened meanwhile
    if (loaded.document && model) {
      take(*std::move(loaded.document), std::move(loaded.insight), {}, {});
      remember(full);
      return tellImported(QFileInfo(full).fileName(), loaded.notes);
    }
    if (loaded.document) return take(*std::move(loaded.document), std::move(loaded.insight), full, loaded.hash);
    slow_.stop();
    messages_.remove("opening");
    engine::Problem problem = loaded.document.error();
    const QFileInfo info(full);
    if (problem.fix.empty())
      problem.fix = info.isDir()                        ? "choose the project's file"
                    : !info.exists()                    ? "choose another file"
                    : !info.isReadable()                ? "choose another file, or get the right to read this one"
                    : info.size() == 0                  ? "choose another file: this one holds nothing"
                    : model                             ? "choose another file"
                                                        : "choose another file, or mend this one with a text editor";
    messages_.showProblem("open", tr("Not opened; what was open stays"), problem, {{tr("Open another..."), [this] { actions_.trigger("file.open"); }}});
    emit failed();
  });
}

void Files::restore(const Recovery::Kept& kept) {
  const quint64 token = ++token_;
  ++busy_;
  sayIfSlow(kept.title);
  struct Restored {
    Loaded loaded;
    QByteArray hash;  // of what is in its file now, only to notice whether it changes
  };
  const auto read = [kept] {
    return Restored{loadFrom(kept.folder + "/project.netw"), kept.path.isEmpty() ? QByteArray() : FileGuard::hashOfFile(kept.path)};
  };
  inBackground(this, read, [this, token, kept](Restored restored) {
    --busy_;
    if (token_ != token) return;
    Loaded& loaded = restored.loaded;
    if (!loaded.document) {
      slow_.stop();
      messages_.remove("opening");
      const QString aside = Recovery::moveAside(kept);
      messages_.showProblem("open", tr("What was kept of %1 cannot be read; it was moved to %2").arg(kept.title, aside), loaded.document.error());
      emit keptChanged();
      emit failed();
      return;
    }
    take(*std::move(loaded.document), std::move(loaded.insight), kept.path, restored.hash);
    project_.undo().resetClean();
    if (kept.path.isEmpty()) project_.setUnsavedFolder(kept.unsavedFolder);
    if (!recovery_.adopt(kept)) messages_.show("kept", MessageBar::Tone::warning, tr("Another window has restored it too."));
    emit keptChanged();
  });
}

void Files::discard(const Recovery::Kept& kept) {
  Recovery::discard(kept);
  emit keptChanged();
}

// -------------------------------------------------------------------------- going ----

QString Files::suggestion() const {
  if (!project_.path().isEmpty()) return project_.path();
  const QString folder = QSettings().value(kFolderKey, QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation)).toString();
  return QDir(folder).filePath(project_.title() + ".netw");
}

void Files::save() {
  if (project_.path().isEmpty()) saveAs();
  else write(project_.path());
}

void Files::saveAs() {
  const PathQuestion question{PathQuestion::Kind::save, tr("Save the project"), suggestion(), filter(), "netw"};
  const QString path = askPath(window_, question);
  if (!path.isEmpty()) saveTo(path);
}

void Files::saveTo(const QString& path) { write(QFileInfo(path).absoluteFilePath()); }

void Files::write(const QString& path) {
  ++busy_;
  messages_.remove("outside");
  const quint64 revision = project_.document().revision(), token = token_;
  struct Written {
    engine::Done done;
    QByteArray hash;
  };
  const std::optional<Bringing> brought = bringing(project_, path);
  const auto print = [path, brought, document = project_.document()] {
    if (brought) {
      const QString part = brought->to + ".part";
      QFile::remove(part);
      QFile from(brought->from);
      if (!from.copy(part) || !QFile::rename(part, brought->to)) {
        QFile::remove(part);
        return Written{engine::failure(utf8(brought->to), "a copy of the weights that the recipe begins with", engine::Message("{0}", utf8(from.errorString()))), {}};
      }
    }
    const std::string text = engine::document::print(brought ? brought->document : document);
    Written written{engine::formats::writeAtomically(utf8(path), text), FileGuard::hashOf(text)};
    if (!written.done && brought) QFile::remove(brought->to);
    return written;
  };
  inBackground(this, print, [this, path, revision, token, brought](const Written& written) {
    --busy_;
    if (!written.done) {
      messages_.showProblem("save", tr("Not saved; your edits are kept here and for the next start"), written.done.error(),
                            {{tr("Save as..."), [self = QPointer(this)] { if (self) self->saveAs(); }},
                             {tr("Try again"), [self = QPointer(this), path] { if (self) self->saveTo(path); }}});
      emit failed();
      return;
    }
    messages_.remove("save");
    if (token_ != token) return;  // another project is open by now
    const bool alone = guard_.take(path, written.hash);
    const bool asItIsNow = project_.document().revision() == revision;
    if (brought) {
      const std::string from = project_.document().recipe().weights, to = brought->document.recipe().weights;
      project_.editWhole(tr("Bring weights along"), [&](engine::document::Transaction& t) {
        auto recipe = t.view().recipe();
        recipe.weights = to;
        return t.setRecipe(std::move(recipe));
      });
      emit weightsBrought(from, to);
    }
    project_.savedAs(path, asItIsNow);
    remember(path);
    if (!alone) tellOpenElsewhere(path);
    emit saved(path);
  }, &writer_);
}

void Files::finish() {
  writer_.waitForDone();
  QCoreApplication::sendPostedEvents(qApp, QEvent::MetaCall);  // what was saved just now is saved
  recovery_.flush();
  recovery_.leave();
}

// ------------------------------------------------------------------------- recent ----

QStringList Files::recent() const {
  QStringList there;
  for (const QString& path : QSettings().value(kRecentKey).toStringList())
    if (QFileInfo::exists(path)) there << path;
  return there;
}

void Files::remember(const QString& path) {
  QSettings settings;
  QStringList all = settings.value(kRecentKey).toStringList();
  all.removeAll(path);
  all.prepend(path);
  settings.setValue(kRecentKey, QStringList(all.mid(0, kRecent)));
  settings.setValue(kFolderKey, QFileInfo(path).absolutePath());
  emit recentChanged();
}

void Files::forget(const QString& path) {
  QSettings settings;
  QStringList all = settings.value(kRecentKey).toStringList();
  all.removeAll(path);
  settings.setValue(kRecentKey, all);
  emit recentChanged();
}

}  // namespace ui
