#include "ui/model/fixes.h"

#include <QCoreApplication>
#include <algorithm>

#include "engine/training/batch_fit.h"
#include "ui/model/text.h"

namespace ui {

namespace {

using engine::Done;
using engine::NodeId;
using engine::document::Node;
using engine::document::Position;
using engine::document::Transaction;
using engine::document::Wire;

// Of the recipe, where it is of no node.
bool isOfBatch(const engine::FixEdit& edit) {
  const auto* set = std::get_if<engine::SetField>(&edit);
  return set && set->node == 0 && set->field == engine::training::kBatchOfRecipe;
}

Done make(Transaction& t, const engine::SetField& edit) { return t.setField(edit.node, edit.field, edit.value); }

// Between the port and what feeds it, also on the canvas.
Done make(Transaction& t, const engine::InsertBefore& edit) {
  const Node* after = t.view().node(edit.node);
  const Wire* wire = t.view().wireInto(edit.node, edit.port);
  const std::optional<Wire> former = wire ? std::optional(*wire) : std::nullopt;
  Node node;
  node.type = edit.type;
  if (after && after->position) {
    node.position = after->position;
    const Node* before = former ? t.view().node(former->from) : nullptr;
    if (before && before->position) node.position = Position{(before->position->x + after->position->x) / 2, (before->position->y + after->position->y) / 2};
  }
  const auto id = t.addNode(std::move(node));
  if (!id) return tl::unexpected(id.error());
  if (former)
    if (Done done = t.connect(former->from, former->output, *id, 0); !done) return done;
  return t.connect(*id, 0, edit.node, edit.port);
}

Done make(Transaction& t, const engine::RemoveNode& edit) {
  const Wire* into = t.view().wireInto(edit.node, 0);
  const std::optional<Wire> feed = into ? std::optional(*into) : std::nullopt;
  const std::vector<Wire> readers = t.view().wiresFrom(edit.node);
  if (Done done = t.removeNode(edit.node); !done) return done;
  if (feed)
    for (const Wire& reader : readers)
      if (Done done = t.connect(feed->from, feed->output, reader.to, reader.input); !done) return done;
  return {};
}

struct FixWords {
  Q_DECLARE_TR_FUNCTIONS(ui::Fixes)
};

}  // namespace

Done limitBatch(Transaction& t, int64_t most) {
  engine::document::Recipe recipe = t.view().recipe();
  for (auto& phase : recipe.phases) phase.batch = std::min(phase.batch, most);
  return t.setRecipe(std::move(recipe));
}

QString fixText(const engine::Problem& problem) {
  QString text = textOf(problem.fix);
  if (!text.isEmpty()) text[0] = text[0].toUpper();
  return text;
}

QString editText(const engine::Problem& problem) {
  if (problem.edits.size() != 1) return FixWords::tr("Do this");
  const engine::FixEdit& edit = problem.edits.front();
  if (const auto* insert = std::get_if<engine::InsertBefore>(&edit)) return FixWords::tr("Insert %1").arg(qt(insert->type));
  const auto* set = std::get_if<engine::SetField>(&edit);
  if (!set) return FixWords::tr("Remove it");
  if (isOfBatch(edit)) return FixWords::tr("Use batch %1").arg(countText(double(std::get<int64_t>(set->value))));
  const QString field = fieldInText(set->field);
  const bool* on = std::get_if<bool>(&set->value);
  return on ? (*on ? FixWords::tr("Switch %1 on") : FixWords::tr("Switch %1 off")).arg(field) : FixWords::tr("Set %1 to %2").arg(field, fieldText(set->value));
}

namespace {

// `around`: the way to the network of which the problem tells, as `network` has it.
bool apply(Project& project, const engine::Problem& problem, const std::vector<NodeId>& around, const engine::Graph& network) {
  // The problem may be of the project's own list, which is new after the edit.
  auto edits = problem.edits;
  const QString text = fixText(problem);
  if (edits.size() == 1 && isOfBatch(edits.front())) {
    const auto most = std::get<int64_t>(std::get<engine::SetField>(edits.front()).value);
    return project.editWhole(FixWords::tr("Set batch"), [most](Transaction& t) { return limitBatch(t, most); });
  }
  // Of a node in a block that is not in view: it is shown, and called by its id there. All edits are of one network.
  std::vector<NodeId> way = project.way(), selected;
  for (engine::FixEdit& edit : edits) {
    NodeId& node = *std::visit([](auto& e) { return &e.node; }, edit);
    const auto where = engine::whereIs(network, node);
    if (where.way.empty()) continue;
    selected = {node = where.way.back().node};
    way = around;
    for (size_t i = 0; i + 1 < where.way.size(); ++i) way.push_back(where.way[i].node);
  }
  if (way != project.way()) project.go(std::move(way), selected);
  return project.edit(text, [&](Transaction& t) -> Done {
    for (const engine::FixEdit& edit : edits)
      if (Done done = std::visit([&](const auto& e) { return make(t, e); }, edit); !done) return done;
    return {};
  });
}

}  // namespace

bool applyFix(Project& project, const engine::Problem& problem) { return apply(project, problem, {}, project.whole().expanded.network); }

bool applyFixInView(Project& project, const engine::Problem& problem) { return apply(project, problem, project.way(), project.network()); }

}  // namespace ui
