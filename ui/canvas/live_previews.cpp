#include "ui/canvas/live_previews.h"

#include <QSet>
#include <QSettings>
#include <unordered_map>

#include "engine/graph/block.h"
#include "engine/training/preview.h"
#include "ui/canvas/preview_picture.h"
#include "ui/canvas/scene.h"
#include "ui/model/background.h"
#include "ui/shell/actions.h"

namespace ui {

using engine::NodeId;
using engine::document::Document;
using engine::training::Preview;

namespace {

constexpr double kEverySeconds = 0.25;  // fast enough to see it learn, slow enough to be read
constexpr char kPreviewsSetting[] = "canvas/previews";

// What changes no number shows nothing new: the picture of the node before it says the same. Dropout passes its input
// on when it is looked at.
bool isWorthShowing(const engine::document::Node& node, const Document& whole) {
  if (node.mode != engine::Mode::normal) return false;
  if (whole.block(node.type)) return true;
  const engine::OpType* type = engine::findOp(node.type);
  if (!type) return false;
  const std::string_view group = type->info.group;
  return group != "Structure" && group != "Regularization" && group != "Blocks";
}

// Nodes whose output is the classes' scores: shown as the probabilities that the loss makes of them.
bool givesScores(const Document& document, NodeId id) {
  for (const auto& wire : document.wires()) {
    if (wire.from != id || wire.input != 0) continue;
    const auto* reader = document.node(wire.to);
    if (reader && (reader->type == "CrossEntropyLoss" || reader->type == "NLLLoss")) return true;
  }
  return false;
}

using Pictures = QHash<NodeId, std::shared_ptr<const PreviewPicture>>;

// Nodes that are in view, by what the run calls them: in a block, by the way to its first repetition.
struct Shown {
  NodeId node = 0;
  bool scores = false;
};
using InView = QHash<NodeId, Shown>;

// Those that do what they did when the run began.
InView inViewOf(const Project& project, const Document& run) {
  InView view;
  NodeId owner = 0;
  const Document* then = &run;
  for (const NodeId use : project.way()) {
    const auto* node = then->node(use);
    then = node ? run.block(node->type) : nullptr;
    if (!then) return view;
    owner = owner == 0 ? use : engine::insideOf(owner, 0, use);
  }
  const Document &now = project.shown(), &whole = project.document();
  for (const auto& node : now.nodes()) {
    const auto* before = then->node(node->id);
    if (!before || before->type != node->type || before->fields != node->fields || before->mode != node->mode || !isWorthShowing(*node, whole)) continue;
    const Document *block = whole.block(node->type), *blockThen = run.block(node->type);
    if (block && (!blockThen || !(*block == *blockThen))) continue;
    view[owner == 0 ? node->id : engine::insideOf(owner, 0, node->id)] = {node->id, givesScores(now, node->id)};
  }
  return view;
}

Pictures picturesOf(const Preview& preview, const InView& view) {
  Pictures pictures;
  for (const auto& output : preview.nodes) {
    const auto shown = view.constFind(output.node);
    if (shown == view.constEnd()) continue;
    PreviewPicture picture(output, shown->scores);
    if (!picture.isEmpty()) pictures[shown->node] = std::make_shared<const PreviewPicture>(std::move(picture));
  }
  return pictures;
}

}  // namespace

LivePreviews::LivePreviews(Project& project, Training& training, Scene& scene, Actions& actions, QObject* parent)
    : QObject(parent), project_(project), training_(training), scene_(scene),
      on_(QSettings().value(kPreviewsSetting, true).toBool()) {
  actions.bindToggle("view.previews", [this](bool on) { setOn(on); }, [this] { return on_; });
  training_.setPreviews(on_ ? kEverySeconds : 0);
  connect(&training_, &Training::previewed, this, &LivePreviews::look);
  connect(&training_, &Training::stateChanged, this, &LivePreviews::showRunning);
  const auto another = [this] {
    ++generation_;
    next_.reset();
    last_.reset();
  };
  connect(&training_, &Training::started, this, another);
  connect(&project_, &Project::replaced, this, another);
  // Another network of the same project: the newest look was into that too.
  connect(&project_, &Project::viewed, this, [this] {
    if (last_) look(last_);
  });
}

void LivePreviews::setOn(bool on) {
  if (on == on_) return;
  on_ = on;
  QSettings().setValue(kPreviewsSetting, on);
  training_.setPreviews(on ? kEverySeconds : 0);
  if (!on) scene_.setPreviews({});
}

void LivePreviews::showRunning() { scene_.setRunning(training_.state() == Training::State::running); }

void LivePreviews::look(std::shared_ptr<const Preview> preview) {
  if (!on_ || !training_.snapshot()) return;
  if (making_) {
    next_ = std::move(preview);
    return;
  }
  making_ = true;
  last_ = preview;
  const auto make = [preview, view = inViewOf(project_, *training_.snapshot())] { return picturesOf(*preview, view); };
  inBackground(this, make, [this, generation = generation_, way = project_.way(), step = preview->step](Pictures pictures) {
    making_ = false;
    if (on_ && generation == generation_ && way == project_.way()) {
      // What was edited meanwhile does something else now.
      const InView view = inViewOf(project_, *training_.snapshot());
      QSet<NodeId> still;
      for (const Shown& shown : view) still << shown.node;
      pictures.removeIf([&](const Pictures::iterator& it) { return !still.contains(it.key()); });
      scene_.setPreviews(pictures);
      emit shown(step);
    }
    if (auto next = std::exchange(next_, nullptr)) look(std::move(next));
  });
}

}  // namespace ui
