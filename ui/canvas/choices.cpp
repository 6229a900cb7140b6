#include "ui/canvas/choices.h"

#include <algorithm>

#include "engine/graph/op.h"
#include "ui/model/fuzzy.h"
#include "ui/model/habits.h"
#include "ui/model/text.h"

namespace ui {

using engine::ValueInfo;

namespace {

constexpr double kHabit = 200;
constexpr int kMostHabit = 1800;

QString gives(const Trial& trial) {
  if (trial.outputs.empty() || trial.outputs.front().shape.isMissing()) return {};
  const engine::Shape& shape = trial.outputs.front().shape;
  return shape.rank() == 0 ? Choices::tr("one number") : textOf(shape, false);
}

}  // namespace

void Choices::begin(const Project& project, const std::vector<PortRef>& ports) {
  beginResetModel();
  all_.clear();
  shown_.clear();
  value_ = {};
  const Habits habits(project.document());
  const auto typeAt = [&](const PortRef& port) {
    const auto* node = project.shown().node(port.node);
    return node ? qt(node->type) : QString();
  };
  QString before, after;
  if (!ports.empty()) (ports.front().input ? after : before) = typeAt(ports.front().input ? ports.front() : ports.back());
  const bool intoInput = !ports.empty() && ports.front().input;
  std::vector<ValueInfo> inputs;
  for (const PortRef& port : ports)
    if (!port.input) inputs.push_back(valueAt(project, port));
  if (!inputs.empty()) value_ = inputs.back();
  const engine::Type floating = floatingOf(project);
  const engine::OpType* reader = nullptr;
  if (intoInput)
    if (const auto* node = project.shown().node(ports.front().node)) reader = project.typeOf(node->type);

  for (const engine::Op& op : project.choosable()) {
    const engine::OpType* type = &op.type();
    const engine::Info& info = type->info;
    Choice choice{qt(info.name),
                  engineText(info.title),
                  qt(info.group),
                  engineText(info.about),
                  true,
                  {},
                  {},
                  {},
                  habits.of(before, qt(info.name), after),
                  0,
                  {}};
    if (intoInput) {
      choice.fits = !info.outputs.empty() && (!reader || takes(*reader, ports.front().index, floating));
      if (qt(info.name) == "Target") choice.fits = reader && takes(*reader, ports.front().index, engine::Type::i64);
    } else if (!inputs.empty()) {
      if (info.inputs.empty()) {
        choice.fits = false;
        choice.reason = tr("takes nothing in");
      } else {
        std::vector<ValueInfo> given = inputs;
        if (!info.variadic && given.size() > info.inputs.size()) given = {inputs.back()};
        int first = 0;
        while (given.size() == 1 && first < int(info.inputs.size()) && !takes(*type, first, given[0].type)) ++first;
        if (first == int(info.inputs.size())) {
          choice.fits = false;
          choice.reason = tr("takes another type");
        } else {
          given.insert(given.begin(), size_t(first), ValueInfo{});
          const Trial trial = tryOp(op, given, floating);
          choice.fits = !trial.problem;
          if (trial.problem) choice.reason = textOf(*trial.problem);
          choice.gives = gives(trial);
          if (trial.complete && !trial.problem)
            choice.parameters = trial.parameters > 0 ? countText(double(trial.parameters)) : tr("none");
        }
      }
    }
    all_.push_back(std::move(choice));
  }
  endResetModel();
}

int Choices::fitting() const {
  return int(std::count_if(all_.begin(), all_.end(), [](const Choice& c) { return c.fits; }));
}

void Choices::filter(const QString& typed, bool all) {
  beginResetModel();
  shown_.clear();
  for (Choice choice : all_) {
    if (!choice.fits && !all) continue;
    // By name; the title finds it too, but counts less and is not marked.
    if (const auto match = fuzzyMatch(typed, choice.op))
      choice.rank = 2 * match->score + 1, choice.marked = match->places;
    else if (const auto title = fuzzyMatch(typed, choice.title)) choice.rank = title->score;
    else continue;
    // Among those that are found in the same way, likely ones come first; levels of a match are further apart.
    choice.rank += int(std::min(double(kMostHabit), kHabit * choice.likely));
    shown_.push_back(std::move(choice));
  }
  std::stable_sort(shown_.begin(), shown_.end(), [](const Choice& a, const Choice& b) {
    if (a.fits != b.fits) return a.fits;
    if (a.rank != b.rank) return a.rank > b.rank;
    return a.likely > b.likely;
  });
  endResetModel();
}

int Choices::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : count(); }

QVariant Choices::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const Choice& choice = at(index.row());
  if (role == Qt::DisplayRole) return choice.op;
  if (role == Qt::AccessibleTextRole)
    return choice.op + (choice.gives.isEmpty() ? QString() : tr(", gives %1").arg(choice.gives)) +
           (choice.fits ? QString() : tr(", does not fit: %1").arg(choice.reason));
  if (role == Qt::ToolTipRole) return choice.fits ? choice.about : choice.reason;
  return {};
}

}  // namespace ui
