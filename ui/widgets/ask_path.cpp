#include "ui/widgets/ask_path.h"

#include <QFileDialog>
#include <QFileInfo>

namespace ui {

namespace {
PathAnswer& answerer() {
  static PathAnswer answer;
  return answer;
}

QString byDialog(QWidget* parent, const PathQuestion& question) {
  const auto& [kind, title, start, filter, suffix] = question;
  switch (kind) {
    case PathQuestion::Kind::save: return QFileDialog::getSaveFileName(parent, title, start, filter);
    case PathQuestion::Kind::open: return QFileDialog::getOpenFileName(parent, title, start, filter);
    case PathQuestion::Kind::folder: break;
  }
  return QFileDialog::getExistingDirectory(parent, title, start);
}
}  // namespace

void answerPaths(PathAnswer answer) { answerer() = std::move(answer); }

QString askPath(QWidget* parent, const PathQuestion& question) {
  QString path = answerer() ? answerer()(question) : byDialog(parent, question);
  const bool isNamed = question.suffix.isEmpty() || !QFileInfo(path).suffix().isEmpty();
  if (question.kind == PathQuestion::Kind::save && !path.isEmpty() && !isNamed) path += "." + question.suffix;
  return path;
}

}  // namespace ui
