#include "ui/widgets/search_line.h"

#include <QAction>
#include <QCoreApplication>

#include "ui/theme/theme.h"

namespace ui {
namespace {
struct SearchWords {
  Q_DECLARE_TR_FUNCTIONS(SearchLine)
};
}  // namespace

void dressAsSearch(QLineEdit& line, bool clears) {
  line.addAction(icon("search"), QLineEdit::LeadingPosition)->setText(SearchWords::tr("Search"));
  if (!clears) return;
  line.setClearButtonEnabled(true);
  if (auto* clear = line.findChild<QAction*>("_q_qlineeditclearaction")) clear->setText(SearchWords::tr("Clear"));  // Qt gives it no name
}

}  // namespace ui
