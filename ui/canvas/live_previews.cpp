#include "ui/canvas/live_previews.h"

#include <QSettings>
#include <unordered_map>

#include "engine/graph/op.h"
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
bool isWorthShowing(const engine::document::Node& node) {
  const engine::OpType* type = engine::findOp(node.type);
  if (!type) return false;
  const std::string_view group = type->info.group;
  return group != "Structure" && group != "Regularization";
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

Pictures picturesOf(const Preview& preview, const Document& document) {
  Pictures pictures;
  for (const auto& output : preview.nodes) {
    const auto* node = document.node(output.node);
    if (!node || !isWorthShowing(*node)) continue;
    PreviewPicture picture(output, givesScores(document, output.node));
    if (!picture.isEmpty()) pictures[output.node] = std::make_shared<const PreviewPicture>(std::move(picture));
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
  };
  connect(&training_, &Training::started, this, another);
  connect(&project_, &Project::replaced, this, another);
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
  const auto make = [preview, document = *training_.snapshot()] { return picturesOf(*preview, document); };
  inBackground(this, make, [this, generation = generation_, step = preview->step](Pictures pictures) {
    making_ = false;
    if (on_ && generation == generation_) {
      // What was edited since does something else now.
      const Document *run = training_.snapshot(), &now = project_.shown();
      pictures.removeIf([&](const Pictures::iterator& it) {
        const auto *then = run->node(it.key()), *node = now.node(it.key());
        return !node || !then || node->type != then->type || node->fields != then->fields || node->mode != then->mode;
      });
      scene_.setPreviews(pictures);
      emit shown(step);
    }
    if (auto next = std::exchange(next_, nullptr)) look(std::move(next));
  });
}

}  // namespace ui
