#include "app/netwright/man_page.h"

#include "app/man.h"
#include "ui/shell/actions.h"
#include "ui/shell/help_sheet.h"
#include "ui/shell/key_book.h"

using namespace app;

std::string manPage(std::span<const UsageLine> usage) {
  std::string page = manHead("netwright", NETWRIGHT_VERSION, "the studio for neural networks");
  page += manSection("SYNOPSIS") + manParagraph("netwright [FILE]") + manParagraph("netwright --template NAME");
  page += manSection("DESCRIPTION");
  page += manParagraph("Draws neural networks on a canvas, says at once what follows from each edit, trains them on an engine of its own, shows where they fail, and exports "
                       "them as ONNX or safetensors. Without arguments it opens with the welcome page.");
  page += manParagraph("netw(1) does the same to a project without a window.");
  page += manSection("OPTIONS");
  for (const UsageLine& line : usage) page += manItem(line.what, {}, line.about);
  page += manParagraph("Qt's own options hold too, among them -platform and -style.");
  page += manSection("ACTIONS AND KEYS");
  page += manParagraph("By menu, with the keys that they have at first. Edit > Change keys gives them others. Ctrl+K finds every action by a few letters.");
  std::string menu;
  for (const ui::ActionInfo& info : ui::actionTable()) {
    if (info.id[0] == '-') continue;
    if (menu != info.menu) page += manPart(menu = info.menu);
    page += manItem(ui::nameOf(info).toStdString(), ui::textOf(ui::defaultKeys(info)).toStdString(), info.about);
  }
  page += manSection("ON THE CANVAS");
  for (const ui::Gesture& gesture : ui::gestures()) page += manItem(gesture.what, {}, gesture.how);
  page += manItem("Go from node to node", {}, "Arrows; Tab in the order of the data");
  page += manItem("Move the selected nodes", {}, "Drag, Shift and arrows; Ctrl and arrows by a pixel");
  page += manItem("End what was begun, then the selection, then leave the block", {}, "Esc");
  page += manSection("FILES");
  page += manItem("~/.config/netwright/netwright.conf", {}, "Settings: look, panels, devices; under [keys] the keys that differ, one action a line: edit.undo=Ctrl+Z | Alt+Backspace. "
                                                            "What makes no sense there is ignored, action by action.");
  return page + manSection("SEE ALSO") + manParagraph("netw(1)");
}
