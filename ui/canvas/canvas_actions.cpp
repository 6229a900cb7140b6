// Which actions the canvas does, when it can, and why it cannot.
#include <QApplication>
#include <QClipboard>
#include <QSettings>

#include "ui/canvas/canvas.h"
#include "ui/canvas/overlays.h"
#include "ui/canvas/view.h"
#include "ui/model/shelf.h"
#include "ui/model/text.h"

namespace ui {

using engine::NodeId;

namespace {
constexpr double kZoomStep = 1.25;
}

void Canvas::bindActions() {
  const auto selected = [this]() -> const std::vector<NodeId>& { return project_.selection().nodes(); };
  const auto needsNode = [this] {
    return project_.selection().nodes().empty() ? tr("Select a layer first.") : QString();
  };
  const auto needsAny = [this] {
    return project_.selection().empty() ? tr("Select a layer or a wire first.") : QString();
  };

  const auto current = [this] { return project_.selection().current(); };
  actions_.bind("node.open", [this, current] { project_.open(current()); },
                [this, current] { return project_.canOpen(current()) ? QString() : tr("Select a block."); });
  actions_.bind("node.leave", [this] { project_.leave(); }, [this] { return project_.isWithin() ? QString() : tr("No block is open."); });
  actions_.bind(
      "node.detach",
      [this, current] {
        project_.edit(tr("Detach %1").arg(qt(project_.shown().node(current())->name)), [&](engine::document::Transaction& t) -> engine::Done {
          const auto name = t.detach(current());
          return name ? engine::Done() : tl::unexpected(name.error());
        });
      },
      [this, current] { return project_.canOpen(current()) ? QString() : tr("Select a block."); });
  actions_.bind(
      "node.save_block",
      [this, current] {
        const std::string block = project_.shown().node(current())->type;
        if (shelfHasAnother(project_.document(), block)) emit libraryHasAnother(qt(block));
        else saveBlock(qt(block));
      },
      [this, current] { return project_.canOpen(current()) ? QString() : tr("Select a block."); });
  actions_.bind("node.add", [this] { askForNode(view_->pointer(), {}); });
  actions_.bind(
      "node.rename", [this] { view_->rename(project_.selection().current()); }, needsNode);
  actions_.bind(
      "node.connect",
      [this] {
        const NodeItem* item = scene_->node(project_.selection().current());
        if (item)
          view_->startWire(item->look().outputs.empty() ? PortRef{item->id(), true, 0} : PortRef{item->id(), false, 0});
      },
      needsNode);
  actions_.bind(
      "node.disconnect", [this, selected] { edits_->dropWires(selected()); },
      [this, needsNode] {
        if (const QString why = needsNode(); !why.isEmpty()) return why;
        for (const NodeId id : project_.selection().nodes())
          if (!scene_->wiresAt(id).empty()) return QString();
        return tr("The selected layers have no wires.");
      });
  const auto needsAnything = [this] { return project_.shown().nodes().empty() ? tr("There is nothing to lay out yet.") : QString(); };
  actions_.bind("node.layout", [this] { layOut(engine::document::Direction::right); }, needsAnything);
  actions_.bind("node.layout_down", [this] { layOut(engine::document::Direction::down); }, needsAnything);
  bindArranging();
  bindMeaning();
  actions_.bind(
      "edit.delete", [this, selected] { edits_->remove(selected(), project_.selection().wires()); }, needsAny);
  actions_.bind(
      "edit.delete_heal",
      [this, selected] {
        if (selected().empty()) edits_->remove({}, project_.selection().wires());
        else edits_->removeAndHeal(selected());
      },
      needsAny);
  actions_.bind(
      "edit.select_all",
      [this] {
        std::vector<NodeId> all;
        for (const auto& node : project_.shown().nodes()) all.push_back(node->id);
        project_.selection().set(std::move(all));
      },
      [this] { return project_.shown().nodes().empty() ? tr("There is nothing to select yet.") : QString(); });
}

void Canvas::saveBlock(const QString& block) {
  if (engine::Done done = putOnShelf(project_.document(), utf8(block)); !done) emit project_.refused(done.error());
  else setHint(tr("%1 is in the list of layers of every project now.").arg(block));
}

void Canvas::saveBlockBeside(const QString& block) {
  const QString name = qt(freeBlockName(project_.document(), utf8(block)));
  if (project_.editWhole(tr("Rename block to %1").arg(name), [&](engine::document::Transaction& t) { return t.renameBlock(utf8(block), utf8(name)); })) saveBlock(name);
}

void Canvas::bindArranging() {
  const auto selected = [this]() -> const std::vector<NodeId>& { return project_.selection().nodes(); };
  const auto needs = [this](size_t count, const QString& why) { return [this, count, why] { return project_.selection().nodes().size() < count ? why : QString(); }; };
  constexpr std::pair<const char*, Edits::Line> kLines[] = {{"node.align_left", Edits::Line::left}, {"node.align_center", Edits::Line::center},
                                                            {"node.align_right", Edits::Line::right}, {"node.align_top", Edits::Line::top},
                                                            {"node.align_middle", Edits::Line::middle}, {"node.align_bottom", Edits::Line::bottom}};
  for (const auto& [id, line] : kLines)
    actions_.bind(id, [this, selected, line = line] { edits_->align(selected(), line); }, needs(2, tr("Select two layers or more first.")));
  const QString three = tr("Select three layers or more first.");
  actions_.bind("node.distribute_across", [this, selected] { edits_->distribute(selected(), Qt::Horizontal); }, needs(3, three));
  actions_.bind("node.distribute_down", [this, selected] { edits_->distribute(selected(), Qt::Vertical); }, needs(3, three));

  const auto needsFrame = [this] { return currentFrame() ? QString() : tr("Select something in a frame first."); };
  actions_.bind("frame.toggle", [this, selected] { edits_->toggleFrame(selected()); }, needs(1, tr("Select a layer first.")));
  actions_.bind("frame.rename", [this] { view_->renameFrame(currentFrame()); }, needsFrame);
  actions_.bind("frame.color", [this] {
    if (const auto* frame = project_.shown().frames().frame(currentFrame())) edits_->colorFrame(frame->id, (frame->color + 1) % engine::document::kFrameColors);
  }, needsFrame);
  actions_.bind("frame.remove", [this] { edits_->removeFrame(currentFrame()); }, needsFrame);
}

// The smallest frame that holds all that is selected; 0: none does.
NodeId Canvas::currentFrame() const {
  const auto& nodes = project_.selection().nodes();
  const engine::document::Frame* best = nullptr;
  for (const auto& frame : project_.shown().frames().list) {
    const auto holds = [&](NodeId id) { return std::find(frame.nodes.begin(), frame.nodes.end(), id) != frame.nodes.end(); };
    if (!nodes.empty() && std::all_of(nodes.begin(), nodes.end(), holds) && (!best || frame.nodes.size() < best->nodes.size())) best = &frame;
  }
  return best ? best->id : 0;
}

void Canvas::bindMeaning() {
  const auto selected = [this]() -> const std::vector<NodeId>& { return project_.selection().nodes(); };
  const auto needsNode = [this] { return project_.selection().nodes().empty() ? tr("Select a layer first.") : QString(); };
  const auto needsBlock = [this] { return project_.canOpen(project_.selection().current()) ? QString() : tr("Select a block."); };
  actions_.bind("node.fold", [this, selected] { edits_->fold(selected()); }, needsNode);
  actions_.bind("node.unfold", [this] { edits_->unfold(project_.selection().current()); }, needsBlock);
  actions_.bind("node.bypass", [this, selected] { edits_->toggleMode(selected(), engine::Mode::bypassed); }, needsNode);
  actions_.bind("node.mute", [this, selected] { edits_->toggleMode(selected(), engine::Mode::muted); }, needsNode);
  actions_.bind("node.freeze", [this, selected] { edits_->toggleFrozen(selected()); }, [this, needsNode] {
    if (const QString why = needsNode(); !why.isEmpty()) return why;
    for (const NodeId id : project_.selection().nodes())
      if (const auto index = project_.shown().indexOf(id); index && (project_.shown().nodes()[*index]->frozen || !project_.inference().nodes[*index].stored.empty())) return QString();
    return tr("The selected layers have no parameters.");
  });
}

void Canvas::bindClipboard() {
  const auto needsNode = [this] {
    return project_.selection().nodes().empty() ? tr("Select a layer first.") : QString();
  };
  const auto copy = [this] { QApplication::clipboard()->setText(edits_->copyText(project_.selection().nodes())); };
  const auto whyNotPaste = [this] {
    if (!whyNotPaste_) whyNotPaste_ = Edits::whyNotPaste(QApplication::clipboard()->text());
    return *whyNotPaste_;
  };
  // Where the pointer is; from the menu, in the middle.
  const auto paste = [this](bool wired) { edits_->paste(QApplication::clipboard()->text(), view_->pointer(), wired); };
  actions_.bind("edit.copy", copy, needsNode);
  actions_.bind(
      "edit.cut",
      [this, copy] {
        copy();
        edits_->remove(project_.selection().nodes(), {});
      },
      needsNode);
  actions_.bind(
      "edit.paste", [paste] { paste(false); }, whyNotPaste);
  actions_.bind(
      "edit.paste_wired", [paste] { paste(true); }, whyNotPaste);
  actions_.bind(
      "edit.duplicate", [this] { edits_->duplicate(project_.selection().nodes()); }, needsNode);
}

void Canvas::bindView() {
  const auto empty = [this] {
    return project_.shown().nodes().empty() ? tr("There is nothing to show yet.") : QString();
  };
  actions_.bind(
      "view.zoom_in", [this] { view_->setZoom(view_->zoom() * kZoomStep); },
      [this] { return view_->zoom() >= CanvasView::kMostZoom ? tr("It cannot be shown larger.") : QString(); });
  actions_.bind(
      "view.zoom_out", [this] { view_->setZoom(view_->zoom() / kZoomStep); },
      [this] { return view_->zoom() <= CanvasView::kLeastZoom ? tr("It cannot be shown smaller.") : QString(); });
  actions_.bind("view.zoom_reset", [this] { view_->setZoom(1); });
  actions_.bind(
      "view.fit_all", [this] { fitAll(); }, empty);
  actions_.bind(
      "view.fit_selection",
      [this] {
        QRectF part;
        for (const NodeId id : project_.selection().nodes()) part |= scene_->node(id)->nodeRect();
        view_->show(part.isEmpty() ? scene_->contentRect() : part);
      },
      empty);
  actions_.bindToggle(
      "view.minimap",
      [this](bool on) {
        QSettings().setValue("canvas/minimap", on);
        placeOverlays();
      },
      [] { return QSettings().value("canvas/minimap", true).toBool(); },
      [this] { return hasRoomForMinimap() ? QString() : tr("The canvas is too small for it."); });
  actions_.bind(
      "file.export_picture", [this] { choosePicture(); }, empty);
  actions_.bind(
      "edit.copy_picture", [this] { copyPicture(); }, empty);

  ownKeys({"node.add", "node.rename", "node.connect", "edit.delete", "edit.delete_heal", "edit.select_all", "edit.copy",
           "edit.cut", "edit.paste", "edit.paste_wired", "edit.duplicate", "view.fit_all", "view.fit_selection"});
}

// Keys without Ctrl or Alt, and those of the clipboard, mean something else in lists and fields: here they are the
// canvas's own, not the window's.
void Canvas::ownKeys(std::initializer_list<const char*> ids) {
  for (const char* id : ids) {
    QAction* action = actions_[id];
    const auto objects = action->associatedObjects();
    for (QObject* object : objects)
      if (auto* widget = qobject_cast<QWidget*>(object); widget && widget == window()) widget->removeAction(action);
    action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    addAction(action);
  }
}

}  // namespace ui
