#include "ui/files/ask_path.h"

#include <QFileDialog>
#include <QFileInfo>

namespace ui {

namespace {
PathAnswer& answerer() {
  static PathAnswer answer;
  return answer;
}
}  // namespace

void answerPaths(PathAnswer answer) { answerer() = std::move(answer); }

QString askPath(QWidget* parent, const PathQuestion& question) {
  QString path = answerer()       ? answerer()(question)
                 : question.save ? QFileDialog::getSaveFileName(parent, question.title, question.start, question.filter)
                                 : QFileDialog::getOpenFileName(parent, question.title, question.start, question.filter);
  if (!path.isEmpty() && question.save && !question.suffix.isEmpty() && QFileInfo(path).suffix().isEmpty()) path += "." + question.suffix;
  return path;
}

}  // namespace ui
