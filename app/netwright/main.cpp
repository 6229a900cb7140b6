// netwright: the studio.
#include <QApplication>
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "app/netwright/man_page.h"
#include "engine/document/templates.h"
#include "engine/training/choices.h"
#include "ui/model/language.h"
#include "ui/shell/main_window.h"
#include "ui/theme/style.h"

namespace {

constexpr int kWrongUsage = 2;  // as netw has it

struct Wish {
  std::string file, templateName;
};

std::vector<UsageLine> usage() {
  std::string templates;
  for (const auto& t : engine::document::templates()) templates += std::string(" ") + t.name;
  return {{"FILE", "a project (.netw)"},
          {"--template NAME", "a copy of a template, ready to train:" + templates},
          {"--version", "the version, and nothing else"},
          {"--man", "all actions and their keys, as a manual page: netwright --man | man -l -"},
          {"--help", "this text"}};
}

void printHelp() {
  std::printf(
      "usage: netwright [FILE]\n"
      "       netwright --template NAME\n\n"
      "The studio for neural networks. Without arguments it opens with the welcome page.\n\n");
  for (const UsageLine& line : usage()) std::printf("  %-15s  %s\n", line.what.c_str(), line.about.c_str());
  std::printf("\nQt's own options hold too, among them -platform and -style.\n");
}

// What the command line wants, or the program's status where it is done with that. Before there is a window: none of
// this needs a display.
int read(const std::vector<std::string>& arguments, Wish& wish, bool& done) {
  done = true;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& a = arguments[i];
    if (a == "--help" || a == "-h") return printHelp(), 0;
    if (a == "--man") return std::fputs(manPage(usage()).c_str(), stdout), 0;
    if (a == "--version") return std::printf("netwright %s\n", NETWRIGHT_VERSION), 0;
    if (a == "--template") {
      if (++i < arguments.size()) wish.templateName = arguments[i];
      if (!engine::document::templateNamed(wish.templateName)) return std::fprintf(stderr, "netwright: --template needs the name of a template; --help lists them\n"), kWrongUsage;
    } else if (a.starts_with("-")) {
      // Qt takes its options away once there is an application; what is left is nobody's.
      static const std::vector<std::string> withValue{"-platform", "-style", "-stylesheet", "-display", "-geometry", "-qwindowgeometry", "-qwindowtitle", "-fontengine", "-session"};
      if (std::find(withValue.begin(), withValue.end(), a) != withValue.end()) ++i;
      else if (a != "-reverse" && a != "-widgetcount") return std::fprintf(stderr, "netwright: there is no option %s; --help lists them\n", a.c_str()), kWrongUsage;
    } else if (!wish.file.empty()) {
      return std::fprintf(stderr, "netwright: one project at a time, but got %s and %s\n", wish.file.c_str(), a.c_str()), kWrongUsage;
    } else {
      wish.file = a;
    }
  }
  done = false;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Wish wish;
  bool done = false;
  const int status = read(std::vector<std::string>(argv + 1, argv + argc), wish, done);
  if (done) return status;
  QApplication application(argc, argv);
  QApplication::setOrganizationName("netwright");
  QApplication::setApplicationName("netwright");
  QApplication::setApplicationDisplayName("Netwright");
  QApplication::setApplicationVersion(NETWRIGHT_VERSION);
  if (const auto lint = engine::training::useMeasuredChoices()) std::fprintf(stderr, "netwright: %s\n", toString(*lint).c_str());
  ui::speak();
  ui::setUpLook();
  auto* window = new ui::MainWindow;
  window->setAttribute(Qt::WA_DeleteOnClose);
  window->show();
  if (!wish.templateName.empty()) window->files().openTemplate(QString::fromStdString(wish.templateName));
  else if (!wish.file.empty()) window->files().open(QString::fromLocal8Bit(wish.file.c_str()));
  else window->showWelcome(true);
  return QApplication::exec();
}
