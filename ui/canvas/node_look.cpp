#include "ui/canvas/node_look.h"

#include <QApplication>
#include <QFontMetricsF>
#include <QHash>

#include "engine/graph/block.h"
#include "ui/canvas/preview_picture.h"
#include "ui/model/arrange.h"
#include "ui/model/text.h"
#include "ui/theme/theme.h"

namespace ui {
namespace {

using engine::FieldValue;
using engine::OpType;
using engine::ValueInfo;
using engine::document::Node;

struct NodeWords {
  Q_DECLARE_TR_FUNCTIONS(ui::NodeLook)
};

// The field's value, given or default.
FieldValue valueOf(const Node& node, const OpType& type, const std::string& field) {
  if (const FieldValue* given = engine::document::find(node.fields, field)) return *given;
  for (const engine::FieldInfo& info : fieldInfos(type))
    if (info.name == field) return info.initial;
  return {};
}

QString joined(const std::vector<int64_t>& numbers) {
  QStringList texts;
  for (int64_t n : numbers) texts << QString::number(n);
  return texts.join(" × ");
}

QString textInNode(const FieldValue& value) {
  return std::visit(
      [](const auto& v) -> QString {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, bool>) return v ? NodeWords::tr("on") : NodeWords::tr("off");
        else if constexpr (std::is_same_v<T, int64_t>) return QString::number(v);
        else if constexpr (std::is_same_v<T, double>) return numberText(v, 4);
        else if constexpr (std::is_same_v<T, std::string>) return qt(v);
        else if constexpr (std::is_same_v<T, std::vector<int64_t>>) return joined(v);
        else return NodeWords::tr("%n numbers", nullptr, int(v.size()));
      },
      value);
}

QString words(const std::string& field) { return fieldInText(field); }

// A type stands for itself where a port has no value yet: what the op takes.
ValueInfo expectedOf(engine::Takes takes) {
  ValueInfo value;
  value.type = takes == engine::Takes::classes ? engine::Type::i64 : engine::Type::f32;
  return value;
}

QStaticText laidOut(const QString& text, const QFont& font, double room) {
  QStaticText laid(QFontMetricsF(font).elidedText(text, Qt::ElideRight, room));
  laid.setTextFormat(Qt::PlainText);
  laid.setPerformanceHint(QStaticText::AggressiveCaching);
  laid.prepare({}, font);
  return laid;
}

// A font, and how wide texts in it are: most nodes say the same as their neighbours.
struct MeasuredFont {
  explicit MeasuredFont(const QFont& with) : font(with), metrics(with) {}
  QFont font;
  QFontMetricsF metrics;
  mutable QHash<QString, double> known;

  double advance(const QString& text) const {
    constexpr int kMost = 20000;
    if (const auto it = known.constFind(text); it != known.constEnd()) return *it;
    if (known.size() >= kMost) known.clear();
    return *known.insert(text, metrics.horizontalAdvance(text));
  }
};
struct MeasuredFonts {
  MeasuredFont name{font(FontSize::small, QFont::DemiBold)}, caption{font(FontSize::caption)},
      medium{font(FontSize::caption, QFont::Medium)};
};
const MeasuredFonts& fontsNow() {
  static MeasuredFonts fonts;
  static QFont base = QApplication::font();
  if (base != QApplication::font()) base = QApplication::font(), fonts = MeasuredFonts();
  return fonts;
}

// ---------------------------------------------------------------------------- notes ----

QString noteText(const Node& node) {
  const FieldValue* text = engine::document::find(node.fields, "text");
  const auto* words = text ? std::get_if<std::string>(text) : nullptr;
  return words ? qt(*words) : QString();
}

QString shownNote(const QString& text) { return text.isEmpty() ? NodeWords::tr("Double-click to write.") : text; }

// In lines no longer than the note is wide.
QStaticText noteInLines(const QString& text, double room) {
  QStaticText laid(shownNote(text).toHtmlEscaped());
  QTextOption lines;
  lines.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
  laid.setTextOption(lines);
  laid.setTextFormat(Qt::RichText);
  laid.setTextWidth(room);
  laid.prepare({}, fontsNow().caption.font);
  return laid;
}

QSizeF noteSize(const Node& node) {
  constexpr double kNarrowest = 80, kWidest = 2000;
  const FieldValue* given = engine::document::find(node.fields, "width");
  const auto* whole = given ? std::get_if<int64_t>(given) : nullptr;
  const double wide = std::clamp(whole ? double(*whole) : 240, kNarrowest, kWidest);
  const QSizeF text = noteInLines(noteText(node), wide - 2 * node_size::pad).size();
  return {wide, std::ceil(text.height()) + 2 * node_size::notePad};
}

constexpr double kFarScale =
    1.8;  // about what the far name grows to at the smallest zoom that shows it: 9 px / 0.4 over 12 px

}  // namespace

PortForm formOf(const ValueInfo& value) {
  if (!value.shape.isMissing() && value.shape.rank() == 0) return PortForm::ring;
  switch (value.type) {
    case engine::Type::f32:
    case engine::Type::f64: return PortForm::circle;
    case engine::Type::i64:
    case engine::Type::i32: return PortForm::diamond;
    case engine::Type::u8:
    case engine::Type::boolean: return PortForm::square;
  }
  return PortForm::circle;
}

QColor wireColor(PortForm form, engine::Type type) {
  const auto& wire = theme().wire;
  switch (form) {
    case PortForm::ring: return wire.scalar;
    case PortForm::diamond: return wire.i32;
    case PortForm::square: return type == engine::Type::boolean ? wire.boolean : wire.u8;
    case PortForm::circle: return wire.f32;
  }
  return wire.unknown;
}

bool NodeFacts::operator==(const NodeFacts& other) const {
  const auto same = [](const std::vector<ValueInfo>& a, const std::vector<ValueInfo>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const ValueInfo& x, const ValueInfo& y) { return x.type == y.type && x.shape == y.shape; });
  };
  return node == other.node && same(inputs, other.inputs) && same(outputs, other.outputs) &&
         inputWired == other.inputWired && outputWired == other.outputWired && parameters == other.parameters &&
         problem == other.problem && column == other.column &&
         (op ? other.op && op->data() == other.op->data() : !other.op);
}

NodeFacts factsOf(const Project& project, size_t place, const std::vector<int>& readOutputs) {
  return factsOf(project.shown(), project.inView(), place, readOutputs);
}

NodeFacts factsOf(const engine::document::Document& document, const Insight& insight, size_t place, const std::vector<int>& readOutputs) {
  const engine::Node& node = insight.expanded.network.nodes[place];
  const auto& inferred = insight.inference.nodes;
  NodeFacts facts;
  if (!node.op.is("Unknown")) facts.op = node.op;
  facts.node = document.nodes()[place];
  facts.outputs = inferred[place].outputs;
  facts.outputWired.resize(facts.outputs.size());
  for (const engine::StoredInfo& stored : inferred[place].stored)
    if (stored.trained) facts.parameters += std::max<int64_t>(0, stored.shape.elements());
  if (const auto* binding = document.data().binding(facts.node->id)) facts.column = binding->column;
  if (const int problem = insight.worstProblem[place]; problem >= 0) facts.problem = insight.problems[size_t(problem)];
  const size_t ports = inputPorts(node);
  facts.inputs.resize(ports);
  facts.inputWired.resize(ports);
  for (size_t p = 0; p < node.inputs.size(); ++p) {
    if (!node.inputs[p]) continue;
    facts.inputWired[p] = true;
    const auto& outputs = inferred[size_t(node.inputs[p].node)].outputs;
    if (size_t(node.inputs[p].output) < outputs.size()) facts.inputs[p] = outputs[size_t(node.inputs[p].output)];
  }
  for (const int output : readOutputs) {
    if (size_t(output) >= facts.outputs.size()) facts.outputs.resize(size_t(output) + 1), facts.outputWired.resize(size_t(output) + 1);
    facts.outputWired[size_t(output)] = true;
  }
  return facts;
}

QSizeF mostSizeOf(const Project& project, size_t place) {
  using namespace node_size;
  if (const Node& node = *project.shown().nodes()[place]; node.type == "Note") return noteSize(node).expandedTo({width, header + footer});
  const engine::Node& node = project.network().nodes[place];
  const size_t rows = std::max(inputPorts(node), project.inference().nodes[place].outputs.size());
  return {width, header + footer + (rows > 1 ? double(rows) * portPitch + belowPorts : 0)};
}

QString essenceOf(const Node& node, const std::optional<engine::Op>& op, const std::string& column) {
  const OpType* type = op ? &op->type() : nullptr;
  if (!type) return NodeWords::tr("unknown type");
  const auto numbers = [&](const char* field) { return textInNode(valueOf(node, *type, field)); };
  const auto square = [&](const char* field) {
    const FieldValue value = valueOf(node, *type, field);
    const auto* list = std::get_if<std::vector<int64_t>>(&value);
    return list && list->size() == 1 ? joined({list->front(), list->front()}) : textInNode(value);
  };
  if (node.type == "Conv2d") return NodeWords::tr("%1 of %2").arg(numbers("out_channels"), square("kernel_size"));
  if (node.type == "Linear") return NodeWords::tr("%1 outputs", nullptr, plural(numbers("out_features").toDouble())).arg(numbers("out_features"));
  if (node.type == "MaxPool2d" || node.type == "AvgPool2d") return square("kernel_size");
  if (node.type == "AdaptiveAvgPool2d") return NodeWords::tr("to %1").arg(square("output_size"));
  if (node.type == "Input") return qt(column);
  if (node.type == "Target") return column.empty() ? numbers("kind") : qt(column);
  if (node.type == "Flatten") return NodeWords::tr("from axis %1").arg(numbers("start_dim"));
  if (node.type == "Reshape" || node.type == "Expand" || node.type == "Parameter" || node.type == "Constant")
    return NodeWords::tr("to %1").arg(numbers("shape"));
  if (node.type == "Concatenate" || node.type == "Softmax" || node.type == "LogSoftmax")
    return NodeWords::tr("axis %1").arg(numbers("dim"));
  if (node.type == "Permute") return numbers("dims").replace(" × ", ", ");
  // Else what was set to something else than its default, at most two.
  QStringList parts;
  for (const auto& [name, value] : node.fields)
    if (parts.size() < 2 && !(op && engine::isBlock(*op) && name == engine::kRepeat))  // that stands beside the name
      parts << words(name) + " " + textInNode(value);
  if (parts.isEmpty() && node.type == "Dropout") parts << "p " + numbers("p");
  return parts.join(", ");
}

double repeatRoom(int64_t repeat) { return repeat > 1 ? fontsNow().medium.advance(repeatText(repeat)) + 18 : 0; }

NodeLook lookOf(const NodeFacts& facts) {
  const Node& node = *facts.node;
  const OpType* type = facts.op ? &facts.op->type() : nullptr;
  NodeLook look;
  look.id = node.id;
  look.name = qt(node.name);
  look.type = qt(node.type);
  look.group = type ? qt(type->info.group) : QString();
  look.mode = node.mode;
  look.frozen = node.frozen;
  if (type && engine::isBlock(*type)) look.repeat = engine::repeatsOf(*facts.op);
  const QString essence = essenceOf(node, facts.op, facts.column);
  look.subtitle = essence.isEmpty() ? look.type : look.type + ", " + essence;
  if (facts.problem) {
    look.state =
        facts.problem->severity == engine::Severity::problem ? NodeLook::State::problem : NodeLook::State::warning;
    look.reason = ui::textOf(*facts.problem);
  }

  const size_t declared = type ? type->info.inputs.size() : 0;
  for (size_t i = 0; i < facts.inputs.size(); ++i) {
    PortLook port;
    port.wired = facts.inputWired[i];
    if (declared > 0) {
      const engine::PortInfo& info = type->info.inputs[std::min(i, declared - 1)];
      port.label = qt(info.name);
      if (type->info.variadic && i + 1 >= declared) port.label += " " + QString::number(i + 2 - declared);
      port.value = port.wired ? facts.inputs[i] : expectedOf(info.takes);
    } else {
      port.value = facts.inputs[i];
    }
    port.form = formOf(port.value);
    look.inputs.push_back(std::move(port));
  }
  // Further outputs (the statistics of a batch norm) show once somebody reads them.
  size_t outputs = std::min<size_t>(1, facts.outputs.size());
  for (size_t i = 0; i < facts.outputs.size(); ++i)
    if (facts.outputWired[i]) outputs = std::max(outputs, i + 1);
  for (size_t i = 0; i < outputs; ++i) {
    PortLook port;
    port.wired = facts.outputWired[i];
    port.value = facts.outputs[i];
    port.form = formOf(port.value);
    if (type && i < type->info.outputs.size()) port.label = qt(type->info.outputs[i].name);
    look.outputs.push_back(std::move(port));
  }

  if (!facts.outputs.empty()) {
    const ValueInfo& value = facts.outputs.front();
    if (value.shape.isMissing())
      look.shape = look.inputs.empty() ||
                           std::any_of(look.inputs.begin(), look.inputs.end(), [](const auto& p) { return p.wired; })
                       ? NodeWords::tr("no shape")
                       : NodeWords::tr("no input yet");
    else if (value.shape.rank() == 0) look.shape = NodeWords::tr("a single number");
    else if (value.shape.rank() == 1 && value.shape[0] == engine::kBatch)
      look.shape = engine::isFloating(value.type) ? NodeWords::tr("1 number") : NodeWords::tr("1 label");
    else look.shape = ui::textOf(value.shape, false);
  }
  if (look.mode == engine::Mode::bypassed) look.shape.clear();  // the wire that leads through it stands there
  if (look.mode == engine::Mode::muted && !facts.outputs.empty() && !facts.outputs.front().shape.isMissing()) look.shape = NodeWords::tr("zeros");
  if (facts.parameters > 0) look.count = NodeWords::tr("%1 params", nullptr, plural(double(facts.parameters))).arg(countText(double(facts.parameters)));

  if (node.type == "Reroute" && look.state == NodeLook::State::fine && look.mode == engine::Mode::normal) {
    using namespace node_size;
    look.bend = true;
    look.width = bendWidth, look.height = bendHeight;
    for (PortLook& port : look.inputs) port.at = {0, bendHeight / 2};
    for (PortLook& port : look.outputs) port.at = {bendWidth, bendHeight / 2};
    return look;
  }

  if (node.type == "Note" && look.state != NodeLook::State::problem) {
    look.note = noteText(node);
    const QSizeF size = noteSize(node);
    look.width = size.width(), look.height = size.height();
    return look;
  }

  // A node is as narrow as its kind allows: ops without settings are, unless their name is long.
  using namespace node_size;
  const MeasuredFonts& fonts = fontsNow();
  look.rows = std::max(look.inputs.size(), look.outputs.size()) > 1;
  const bool fits =
      fonts.name.advance(look.name) <= narrow - 40 - 10 - repeatRoom(look.repeat) && fonts.caption.advance(look.subtitle) <= narrow - 40 - 8 &&
      fonts.medium.advance(look.shape) + fonts.caption.advance(look.count) + (look.count.isEmpty() ? 0 : 8) <=
          narrow - 2 * pad;
  look.width = fits && !look.rows ? narrow : width;
  const double rowCount = look.rows ? double(std::max(look.inputs.size(), look.outputs.size())) : 0;
  look.height = header + rowCount * portPitch + (look.rows ? belowPorts : 0) + footer;
  const auto place = [&](std::vector<PortLook>& ports, double x) {
    for (size_t i = 0; i < ports.size(); ++i)
      ports[i].at = {x, look.rows ? header + portPitch * (double(i) + 0.5) : portFirst};
  };
  place(look.inputs, 0);
  place(look.outputs, look.width);

  // The shape first: a count that does not fit beside it loses its unit, and then goes.
  const auto beside = [&] {
    return fonts.medium.advance(look.shape) + fonts.caption.advance(look.count) + 8 <= look.width - 2 * pad;
  };
  if (!look.count.isEmpty() && !beside()) look.count = countText(double(facts.parameters));
  if (!look.count.isEmpty() && !beside()) look.count.clear();
  return look;
}

const NodeTexts& NodeLook::texts() const {
  if (texts_) return *texts_;
  using namespace node_size;
  const MeasuredFonts& fonts = fontsNow();
  auto made = std::make_shared<NodeTexts>();
  const double marks = (state == State::fine && mode == engine::Mode::normal && !frozen ? 0 : 20) + repeatRoom(repeat);
  made->name = laidOut(name, fonts.name.font, width - 40 - 10 - marks);
  made->farName = laidOut(name, fonts.name.font, (width - 40) / kFarScale);
  // Rather the type alone than a cut end of what matters about it.
  const double subtitleRoom = width - 40 - 8;
  made->subtitle =
      laidOut(fonts.caption.advance(subtitle) <= subtitleRoom ? subtitle : type, fonts.caption.font, subtitleRoom);
  const double countRoom = count.isEmpty() ? 0 : fonts.caption.advance(count) + 8;
  made->shape = laidOut(shape, fonts.medium.font, width - 2 * pad - countRoom);
  made->count = laidOut(count, fonts.caption.font, width - 2 * pad);
  if (note) made->note = noteInLines(*note, width - 2 * pad);
  texts_ = std::move(made);
  return *texts_;
}

void NodeLook::setPreview(std::shared_ptr<const PreviewPicture> picture) {
  height += node_size::preview * (int(picture != nullptr) - int(preview != nullptr));
  preview = std::move(picture);
}

QString NodeLook::spoken() const {
  if (note) return type + ": " + *note;
  QString text = type + " " + name;
  if (repeat > 1) text += ", " + NodeWords::tr("%1 in a row").arg(repeat);
  if (!shape.isEmpty()) text += ", " + shape;
  if (mode == engine::Mode::bypassed) text += ", " + NodeWords::tr("bypassed");
  if (mode == engine::Mode::muted) text += ", " + NodeWords::tr("muted");
  if (frozen) text += ", " + NodeWords::tr("frozen");
  if (state == State::problem) text += ", " + NodeWords::tr("problem: %1").arg(reason);
  if (state == State::warning) text += ", " + NodeWords::tr("hint: %1").arg(reason);
  if (preview) text += ", " + preview->description();
  if (bar) text += ", " + bar->words;
  return text;
}

}  // namespace ui
