// The system's file dialogs, the only dialogs there are. Tests answer in their place.
#pragma once
#include <QString>
#include <functional>

class QWidget;

namespace ui {

struct PathQuestion {
  enum class Kind { open, save, folder } kind = Kind::open;
  QString title;
  QString start;   // a folder, or a file that is offered
  QString filter;  // "Netwright projects (*.netw)", several by ";;"
  QString suffix;  // added where the answer has none
};
// "" where nobody chose one.
QString askPath(QWidget* parent, const PathQuestion& question);

using PathAnswer = std::function<QString(const PathQuestion&)>;
void answerPaths(PathAnswer answer);  // {} : the dialogs again

}  // namespace ui
