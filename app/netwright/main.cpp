// netwright: the studio.
#include <QApplication>

#include "ui/shell/main_window.h"
#include "ui/theme/style.h"

int main(int argc, char** argv) {
  QApplication application(argc, argv);
  QApplication::setOrganizationName("netwright");
  QApplication::setApplicationName("netwright");
  QApplication::setApplicationVersion(NETWRIGHT_VERSION);
  ui::setUpLook();
  ui::MainWindow window;
  window.show();
  return QApplication::exec();
}
