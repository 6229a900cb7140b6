#include "ui/model/difference_words.h"

#include <QCoreApplication>
#include <QRegularExpression>
#include <algorithm>

#include "engine/graph/op.h"
#include "ui/model/text.h"

namespace ui {

using engine::document::Difference;
using engine::document::Node;
using Kind = Difference::Kind;

namespace {

struct DifferenceWords {
  Q_DECLARE_TR_FUNCTIONS(ui::DifferenceWords)
};

// "hidden.fields.out_features" is "hidden, out features"; "recipe.phases[0].batch" is "recipe, batch".
// Of wires and of what has no members, "block encoder", the words are the language's.
QString placeOf(QString what) {
  static const QRegularExpression port("^(input|output) (\\d+) of (.+)$"), part("^(block|frame)(?: ([^:]*))?(?:: (.*))?$");
  if (const auto match = port.match(what); match.hasMatch())
    return (match.captured(1) == "input" ? DifferenceWords::tr("input %1 of %2") : DifferenceWords::tr("output %1 of %2")).arg(match.captured(2), match.captured(3));
  if (const auto match = part.match(what); match.hasMatch()) {
    const QString name = match.captured(2).replace('.', QStringLiteral(", ")), inside = match.captured(3);
    const QString whole = (match.captured(1) == "block" ? DifferenceWords::tr("block %1") : DifferenceWords::tr("frame %1")).arg(name).trimmed();
    return inside.isEmpty() ? whole : DifferenceWords::tr("%1: %2").arg(whole, placeOf(inside));
  }
  what.replace(".fields.", ", ").replace("recipe.phases[0].", DifferenceWords::tr("recipe") + ", ");
  return what.replace('_', ' ').replace('.', QStringLiteral(", "));
}

QString value(const std::string& json) {
  QString text = qt(json);
  static const QRegularExpression nodes("^(\\d+) nodes$"), output("^output \\d+ of .+$");
  if (const auto match = nodes.match(text); match.hasMatch()) return DifferenceWords::tr("%n nodes", nullptr, match.captured(1).toInt());
  if (output.match(text).hasMatch()) return placeOf(text);
  if (text == "true" || text == "false") return fieldText(text == "true");
  if (text.size() > 1 && text.startsWith('"') && text.endsWith('"')) text = text.mid(1, text.size() - 2);
  if (text.startsWith('[') && text.endsWith(']') && !text.contains('{')) text = text.mid(1, text.size() - 2).replace(',', QStringLiteral(", "));
  return text;
}

// What the op takes where a field is not given; "" where it is not known.
QString defaultOf(const Node& node, std::string_view field) {
  const engine::OpType* type = engine::findOp(node.type);
  if (!type) return {};
  for (const engine::FieldInfo& info : fieldInfos(*type))
    if (info.name == field) return fieldText(info.initial);
  return {};
}

}  // namespace

QString wordsOf(const Difference& d) {
  const QString what = placeOf(qt(d.what));
  const bool wire = d.what.starts_with("input ");
  switch (d.kind) {
    case Kind::added: return wire ? DifferenceWords::tr("%1: now from %2").arg(what, value(d.after)) : DifferenceWords::tr("%1: new, %2").arg(what, value(d.after));
    case Kind::removed: return wire ? DifferenceWords::tr("%1: no longer from %2").arg(what, value(d.before)) : DifferenceWords::tr("%1: gone, was %2").arg(what, value(d.before));
    case Kind::changed: return DifferenceWords::tr("%1: %2, was %3").arg(what, value(d.after), value(d.before));
  }
  return what;
}

QString shortWordsOf(const Difference& d, const Node& before, const Node& after) {
  if (d.what.starts_with("input ")) {
    if (d.kind == Kind::removed) return DifferenceWords::tr("no longer from %1").arg(value(d.before));
    if (d.kind == Kind::added) return DifferenceWords::tr("now from %1").arg(value(d.after));
    return DifferenceWords::tr("from %1, was %2").arg(value(d.after), value(d.before));
  }
  const size_t start = d.what.starts_with(after.name + ".") ? after.name.size() + 1 : 0;
  std::string member = d.what.substr(start);
  const bool field = member.starts_with("fields.");
  if (field) member.erase(0, std::size("fields.") - 1);
  if (member == "name") return DifferenceWords::tr("was called %1").arg(value(d.before));
  if (member == "type") return DifferenceWords::tr("%1, was %2").arg(value(d.after), value(d.before));
  QString now = value(d.after), was = value(d.before);
  if (field && d.kind == Kind::added) was = defaultOf(before, member);
  if (field && d.kind == Kind::removed) now = defaultOf(after, member);
  const QString name = placeOf(qt(member));
  if (now.isEmpty()) return DifferenceWords::tr("%1 no longer %2").arg(name, was);
  return was.isEmpty() ? DifferenceWords::tr("%1 %2").arg(name, now) : DifferenceWords::tr("%1 %2, was %3").arg(name, now, was);
}

}  // namespace ui
