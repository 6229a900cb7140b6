// The one table of actions. Keys follow the canvas's table of gestures.
#include "ui/shell/actions.h"

namespace ui {

std::span<const ActionInfo> actionTable() {
  static const ActionInfo table[] = {
      {"file.new", "File", "&New", "Ctrl+N", "file", "An empty project."},
      {"file.open", "File", "&Open...", "Ctrl+O", "folder", "A project from a file."},
      {"file.welcome", "File", "&Welcome page", "", "star", "Templates and recent projects."},
      {"-", "File", "", "", "", ""},
      {"file.save", "File", "&Save", "Ctrl+S", "", "Writes the project to its file."},
      {"file.save_as", "File", "Save &as...", "Ctrl+Shift+S", "", "Writes the project to another file, and goes on with that."},
      {"-", "File", "", "", "", ""},
      {"file.export", "File", "&Export model...", "Ctrl+E", "export", "The trained network as ONNX or safetensors, checked by reading it back."},
      {"file.export_picture", "File", "Export &picture...", "", "image", "The canvas as PNG or SVG."},
      {"-", "File", "", "", "", ""},
      {"file.new_window", "File", "New &window", "", "", "Another window, with a project of its own."},
      {"file.close", "File", "&Close", "Ctrl+W", "", "Closes this window; what was not saved is kept for the next start."},
      {"file.quit", "File", "&Quit", "Ctrl+Q", "", "Closes all windows."},

      {"edit.undo", "Edit", "&Undo", "Ctrl+Z", "undo", "Takes the last edit back."},
      {"edit.redo", "Edit", "&Redo", "Ctrl+Shift+Z | Ctrl+Y", "redo", "Makes the edit again that was taken back."},
      {"-", "Edit", "", "", "", ""},
      {"edit.cut", "Edit", "Cu&t", "Ctrl+X", "", "Takes the selected nodes to the clipboard."},
      {"edit.copy", "Edit", "&Copy", "Ctrl+C", "copy", "The selected nodes as text, for this or another window."},
      {"edit.paste", "Edit", "&Paste", "Ctrl+V", "", "Adds the nodes on the clipboard."},
      {"edit.paste_wired", "Edit", "Paste with &wires", "Ctrl+Shift+V", "", "Adds the nodes on the clipboard, fed by the nodes that fed them."},
      {"edit.duplicate", "Edit", "&Duplicate", "Ctrl+D", "", "Adds the selected nodes once more."},
      {"edit.delete", "Edit", "De&lete", "Del", "trash", "Removes the selected nodes and wires."},
      {"edit.delete_heal", "Edit", "Delete and &join", "Backspace", "", "Removes the selected nodes and joins what they were between."},
      {"-", "Edit", "", "", "", ""},
      {"edit.select_all", "Edit", "Select &all", "Ctrl+A", "", "Selects every node."},
      {"edit.find", "Edit", "&Find node...", "Ctrl+F", "search", "Finds a node by name, type, shape or problem."},
      {"edit.everything", "Edit", "Do anyt&hing...", "Ctrl+K", "search", "Every action, every layer to add and every node to find, by a few letters."},

      {"view.zoom_in", "View", "Zoom &in", "Ctrl++ | Ctrl+=", "plus", "Shows the canvas larger."},
      {"view.zoom_out", "View", "Zoom &out", "Ctrl+-", "minus", "Shows the canvas smaller."},
      {"view.zoom_reset", "View", "&100 %", "Ctrl+0", "", "Shows the canvas in its own size."},
      {"view.fit_all", "View", "Show &all", "Home", "fit", "Shows the whole network."},
      {"view.fit_selection", "View", "Show &selection", "F", "", "Shows the selected nodes."},
      {"view.minimap", "View", "&Minimap", "Alt+M", "", "A small map of the network; drag in it to move."},
      {"view.previews", "View", "Live &previews", "Ctrl+L", "eye", "Pictures in the nodes of what flows out of them while training."},
      {"view.costs", "View", "&Cost bars", "Ctrl+Alt+B", "", "Bars in the nodes of the time that they take, once the run was profiled."},
      {"-", "View", "", "", "", ""},
      {"view.theme_system", "View", "Theme as the s&ystem", "", "", "Light or dark as the system is."},
      {"view.theme_light", "View", "&Light theme", "", "", "Dark text on light ground."},
      {"view.theme_dark", "View", "&Dark theme", "", "", "Light text on dark ground."},
      {"view.theme_contrast", "View", "High &contrast", "", "", "White and yellow on black."},

      {"node.add", "Node", "&Add...", "Space | Shift+A", "plus", "Finds a layer to add at the cursor."},
      {"node.rename", "Node", "&Rename", "F2", "", "Gives the selected node another name."},
      {"node.edit", "Node", "&Edit fields", "Return", "sliders", "Goes to the selected node's fields."},
      {"node.connect", "Node", "&Connect...", "C", "link", "Starts a wire from the selected node; arrows choose where it ends."},
      {"node.disconnect", "Node", "&Drop wires", "", "", "Takes all wires off the selected nodes."},
      {"-", "Node", "", "", "", ""},
      {"node.layout", "Node", "&Lay out", "Ctrl+Shift+A", "graph", "Places the selected nodes, or all, so that wires run forward."},
      {"node.align_top", "Node", "Align &tops", "", "", "Gives the selected nodes one upper edge."},
      {"node.align_left", "Node", "Align l&eft", "", "", "Gives the selected nodes one left edge."},

      {"train.start", "Train", "&Train", "Ctrl+Return", "play", "Trains the network as the recipe says, or goes on where it was paused."},
      {"train.pause", "Train", "&Pause", "Ctrl+Alt+Return", "pause", "Stops after this step, ready to go on."},
      {"train.step", "Train", "One &step", "Ctrl+Shift+Return", "step", "Makes a single training step."},
      {"train.stop", "Train", "St&op", "Ctrl+.", "stop", "Ends the run with a checkpoint."},
      {"train.resume", "Train", "&Continue last run", "", "restore", "Goes on with the last run from its checkpoint."},
      {"-", "Train", "", "", "", ""},
      {"train.recipe", "Train", "&Recipe", "Ctrl+R", "sliders", "Data, batch, epochs, optimizer and schedule."},
      {"train.profile", "Train", "Pro&file", "Ctrl+Alt+P", "", "Times steps of the run node by node: bars on the canvas, numbers in the panel Profile."},
      {"train.device", "Train", "&Device and threads...", "", "chip", "Where the next runs compute: the processor or a CUDA device, and on how many threads."},
      {"train.compare", "Train", "Co&mpare devices", "", "", "One batch on the processor and on a CUDA device, node by node: how far apart they are."},
      {"train.rate", "Train", "Learning &rate...", "", "", "Another learning rate from the next step on."},

      {"place.network", "Window", "&Network", "Ctrl+1", "graph", "Draw and train."},
      {"place.evaluate", "Window", "&Evaluate", "Ctrl+2", "chart", "How good it is, and where it fails."},
      {"-", "Window", "", "", "", ""},
      {"dock.layers", "Window", "&Layers", "Alt+1", "", "The list of layers."},
      {"dock.find_layer", "Window", "&Search layers", "/", "search", "Finds a layer in the list by a few letters."},
      {"dock.inspector", "Window", "&Inspector", "Alt+2", "", "The fields of what is selected."},
      {"dock.charts", "Window", "&Charts", "Alt+3", "", "Loss and metrics."},
      {"dock.problems", "Window", "&Problems", "Alt+4", "", "What keeps the network from training, and hints."},
      {"dock.log", "Window", "L&og", "Alt+5", "", "What happened, with times."},
      {"dock.profile", "Window", "Pr&ofile", "Alt+6", "", "Where the time of a step goes."},
      {"dock.comparison", "Window", "Co&mparison", "Alt+7", "", "How far apart the processor and a CUDA device are."},
      {"dock.next", "Window", "Ne&xt panel", "F6", "", "Moves the focus from panel to panel."},
      {"dock.reset", "Window", "&Reset panels", "", "", "Puts all panels back in their places."},

      {"help.node", "Help", "&About this layer", "F1", "help", "Formula, fields, shapes, PyTorch's and ONNX's names."},
      {"help.keys", "Help", "&Keys", "Ctrl+/", "", "All keys on one page."},
      {"help.about", "Help", "&About Netwright", "", "info", "Version, licence and what it computes on."},
  };
  return table;
}

}  // namespace ui
