#include "ui/shell/help_sheet.h"

#include <QApplication>
#include <QKeyEvent>
#include <QSysInfo>
#include <QScrollBar>
#include <QTextBrowser>
#include <QTextFrame>
#include <QThread>
#include <QVBoxLayout>
#include <cmath>
#include <memory>
#include <numeric>

#include "engine/graph/formulas.h"
#include "engine/graph/op.h"
#include "ui/widgets/field_row.h"
#include "ui/widgets/number_field.h"
#include "ui/model/text.h"
#include "ui/run/device_setting.h"
#include "ui/shell/key_book.h"
#include "ui/theme/style.h"

namespace ui {

namespace {

QString escaped(const QString& text) { return text.toHtmlEscaped(); }

constexpr Gesture kGestures[] = {
    {QT_TRANSLATE_NOOP("ui::HelpSheet", "Zoom at the cursor"), QT_TRANSLATE_NOOP("ui::HelpSheet", "Wheel, pinch")},
    {QT_TRANSLATE_NOOP("ui::HelpSheet", "Move the view"), QT_TRANSLATE_NOOP("ui::HelpSheet", "Middle button, Space and drag")},
    {QT_TRANSLATE_NOOP("ui::HelpSheet", "Add a layer"), QT_TRANSLATE_NOOP("ui::HelpSheet", "Drag it from the list, double-click the canvas")},
    {QT_TRANSLATE_NOOP("ui::HelpSheet", "Connect"), QT_TRANSLATE_NOOP("ui::HelpSheet", "Drag from port to port")},
    {QT_TRANSLATE_NOOP("ui::HelpSheet", "Insert"), QT_TRANSLATE_NOOP("ui::HelpSheet", "Drop a node on a wire")},
    {QT_TRANSLATE_NOOP("ui::HelpSheet", "Detach"), QT_TRANSLATE_NOOP("ui::HelpSheet", "Drag a wire's end off; Alt and click a port")},
    {QT_TRANSLATE_NOOP("ui::HelpSheet", "Cut wires"), QT_TRANSLATE_NOOP("ui::HelpSheet", "Ctrl and drag with the right button")},
    {QT_TRANSLATE_NOOP("ui::HelpSheet", "Bend a wire"), QT_TRANSLATE_NOOP("ui::HelpSheet", "Double-click it")},
    {QT_TRANSLATE_NOOP("ui::HelpSheet", "Select several"), QT_TRANSLATE_NOOP("ui::HelpSheet", "Drag over the canvas; Shift and click")},
    {QT_TRANSLATE_NOOP("ui::HelpSheet", "Open a block"), QT_TRANSLATE_NOOP("ui::HelpSheet", "Double-click it")},
    {QT_TRANSLATE_NOOP("ui::HelpSheet", "Move a frame"), QT_TRANSLATE_NOOP("ui::HelpSheet", "Drag its title")},
    {QT_TRANSLATE_NOOP("ui::HelpSheet", "Step a number"), QT_TRANSLATE_NOOP("ui::HelpSheet", "Drag over its name")},
};

QString row(const QString& left, const QString& right) {
  return QString("<tr><td style='padding:3px 24px 3px 0'>%1</td><td style='padding:3px 0' align='right'><b>%2</b></td></tr>").arg(escaped(left), escaped(right));
}

QString heading(const QString& text) { return "<h4 style='margin:14px 0 4px 0'>" + escaped(text) + "</h4>"; }

// On a ground of its own, a line below the other, from left to right in every language, with what is to be said about it in small letters.
QString formulaBlock(const engine::Formula& formula) {
  QString lines;
  for (const QString& line : QString(formula.text).split('\n'))
    lines += QString("<p dir='ltr' style='margin:0; line-height:140%; font-family:\"%1\"'>%2</p>").arg(monoFont(FontSize::body).family(), escaped(line));
  if (*formula.note)
    lines += QString("<p style='margin:6px 0 0 0; font-size:%1px; color:%2'>%3</p>")
                 .arg(ui::font(FontSize::small).pixelSize())
                 .arg(theme().text.secondary.name(), escaped(engineText(formula.note)));
  return QString("<table width='100%' cellspacing='0' cellpadding='10' bgcolor='%1'><tr><td>%2</td></tr></table>").arg(theme().surface.sunken.name(), lines);
}

}  // namespace

std::span<const Gesture> gestures() { return kGestures; }

HelpSheet::HelpSheet(QWidget* window) : Sheet("help_sheet", window), text_(new QTextBrowser(&card())) {
  closeButton().setObjectName("help_close");
  text_->setFrameShape(QFrame::NoFrame);
  text_->setProperty("kind", "page");
  text_->setAccessibleName(tr("Help"));
  text_->setOpenLinks(false);
  text_->installEventFilter(this);
  connect(text_, &QTextBrowser::anchorClicked, this, [this] {
    dismiss();
    emit changeOfKeysWanted();
  });
  column().addWidget(text_, 1);
}

QString HelpSheet::plainText() const { return text_->toPlainText(); }

void HelpSheet::open(const QString& title, const QString& html, int width, int height) {
  setTitle(title);
  text_->document()->setDocumentMargin(0);  // flush with the title
  text_->document()->setDefaultFont(ui::font(FontSize::body));
  text_->setHtml("<div style='color:" + theme().text.primary.name() + "'>" + html + "</div>");
  QTextFrameFormat page = text_->document()->rootFrame()->frameFormat();
  page.setRightMargin(12);  // to the scroll bar
  text_->document()->rootFrame()->setFrameFormat(page);
  // As high as what it says, where the window has room.
  constexpr int kAround = 40, kAbove = 72, kBeside = 48;
  const std::unique_ptr<QTextDocument> text(text_->document()->clone());  // the sheet's own has the width that it has now
  text->setTextWidth(std::min(width, parentWidget()->width() - kBeside) - kAround - text_->verticalScrollBar()->sizeHint().width());
  place(width, std::max(height, int(std::ceil(text->size().height())) + kAbove));
  appear(text_);
}

void HelpSheet::showKeys(const Actions& actions) {
  // Two columns of menus, about equally long.
  QStringList menus;
  QHash<QString, QStringList> rows;
  for (const ActionInfo& info : actionTable()) {
    if (info.id[0] == '-' || !actions.isBound(info.id)) continue;
    const QAction* action = actions[info.id];
    if (action->shortcuts().isEmpty()) continue;
    if (!menus.contains(info.menu)) menus << info.menu;
    rows[info.menu] << row(nameOf(info), textOf(action->shortcuts()));
  }
  QStringList blocks;
  QList<int> lengths;  // in rows
  for (const QString& menu : menus) {
    blocks << heading(QCoreApplication::translate("actions", menu.toUtf8())) + "<table width='100%' cellspacing='0'>" + rows[menu].join("") + "</table>";
    lengths << int(rows[menu].size()) + 2;
  }
  QStringList gestures;
  for (const Gesture& g : kGestures) gestures << row(tr(g.what), tr(g.how));
  blocks << heading(tr("On the canvas")) + "<table width='100%' cellspacing='0'>" + gestures.join("") + "</table>";
  lengths << int(gestures.size()) + 4;  // two of them take two lines
  // Cut where the longer column is shortest.
  const auto longer = [&](qsizetype cut) {
    const auto middle = lengths.begin() + cut;
    return std::max(std::accumulate(lengths.begin(), middle, 0), std::accumulate(middle, lengths.end(), 0));
  };
  qsizetype cut = 0;
  for (qsizetype i = 1; i < blocks.size(); ++i)
    if (longer(i) < longer(cut)) cut = i;
  const QString left = blocks.first(cut).join(""), right = blocks.sliced(cut).join("");
  const QString change = "<p style='margin:14px 0 0 0'><a href='keys' style='color:" + theme().text.link.name() + "'>" + escaped(tr("Change keys...")) + "</a></p>";
  open(tr("Keys"), "<table width='100%' cellspacing='0'><tr><td width='47%' valign='top'>" + left + "</td><td width='6%'></td><td width='47%' valign='top'>" + right + "</td></tr></table>" + change, 860, 660);
}

void HelpSheet::showAbout(const DeviceSetting& devices) {
  static const char* const columns[] = {"baseline", "AVX2", "AVX-512"};
  const std::vector<const engine::OpType*> ops = engine::allOps();
  const QString version = QApplication::applicationVersion();
  const QString html =
      "<p>" + escaped(tr("A desktop studio for neural networks with an engine of its own.")) + "</p><table width='100%' cellspacing='0'>" +
      (version.isEmpty() ? QString() : row(tr("Version"), version)) + row(tr("Processor"), tr("%n threads, %1 instructions", nullptr, QThread::idealThreadCount()).arg(columns[int(engine::column())])) +
      row(tr("Computes on"), escaped(tr("%1: %2").arg(devices.inUse(), devices.whyInUse()))) +
      row(tr("Layers"), QString::number(std::count_if(ops.begin(), ops.end(), [](const engine::OpType* op) { return *op->info.group; }))) +
      row(tr("System"), QSysInfo::prettyProductName()) + row(tr("Qt"), qVersion()) + "</table><p>" +
      escaped(tr("Free software under the GNU General Public License, version 3: you may use, study, share and change it. It comes without any warranty.")) + "</p>";
  open(tr("About Netwright"), html, 520, 0);
}

// "A block of 3 layers: Linear, ReLU, Linear."
QString HelpSheet::insideOf(const Project& project, const engine::document::Document& block) {
  constexpr qsizetype kMost = 12;  // are told
  QStringList titles;
  for (const auto& inner : block.nodes()) {
    if (inner->type == "BlockInput" || inner->type == "BlockOutput" || inner->type == "Note" || inner->type == "Reroute") continue;
    const engine::OpType* type = project.typeOf(inner->type);
    titles << (type && *type->info.group ? engineText(type->info.title) : qt(inner->type));
  }
  const int count = int(titles.size());
  if (count == 0) return tr("A block with nothing in it.");
  if (count > kMost) titles = titles.first(kMost) << QString(QChar(0x2026));
  return tr("A block of %n layers: %1.", nullptr, count).arg(titles.join(", "));
}

// What the layer is called in files, in PyTorch and in ONNX files.
QString HelpSheet::namesOf(const engine::Info& info, const engine::Formula* formula) {
  QStringList names{tr("In files: %1").arg(info.name)};
  if (formula && *formula->torch) names << tr("PyTorch: %1").arg(formula->torch);
  if (formula && *formula->onnx) {
    const QStringList forms = QString(formula->onnx).split(" | ");
    QString all = forms[0];
    for (const QString& form : forms.sliced(1)) all = tr("%1; or %2", "operators of ONNX: one way of writing a layer, and another").arg(all, form);
    names << tr("ONNX: %1").arg(all);
  }
  for (QString& name : names) name = escaped(name);
  return "<p style='color:" + theme().text.secondary.name() + "'>" + names.join("&nbsp;&nbsp;&nbsp;&nbsp; ") + "</p>";
}

void HelpSheet::showNode(const Project& project, engine::NodeId id) {
  const engine::document::Node* node = project.shown().node(id);
  if (node) show(project, node->type, project.shown().indexOf(id));
}

void HelpSheet::showType(const Project& project, const std::string& type) { show(project, type, {}); }

// `index`: of the node of which it is told, in the network in view.
void HelpSheet::show(const Project& project, const std::string& type, std::optional<size_t> index) {
  const engine::OpType* op = project.typeOf(type);
  if (!op || !*op->info.group) {
    open(qt(type), "<p>" + escaped(tr("This version does not know the type. The node is kept as it is, in the file too.")) + "</p>", 520, 220);
    return;
  }
  const engine::Info& info = op->info;
  QString html = "<p>" + escaped(engineText(info.about)) + "</p>";
  // A block may have the name of a layer; what it computes is what is in it.
  const engine::document::Document* block = project.document().block(type);
  const engine::Formula* formula = block ? nullptr : engine::formulaOf(info.name);
  if (block) html += "<p>" + escaped(insideOf(project, *block)) + "</p>";
  if (formula && *formula->text) html += heading(tr("Formula")) + formulaBlock(*formula);
  html += namesOf(info, formula);
  const auto ports = [&](const QString& title, const std::vector<engine::PortInfo>& list, const auto& shapeOf) {
    if (list.empty()) return;
    html += heading(title) + "<table cellspacing='0' style='margin-bottom:10px'>";
    for (size_t i = 0; i < list.size(); ++i) {
      const QString shape = shapeOf(i);
      html += QString("<tr><td style='padding:3px 20px 3px 0'><b>%1</b></td><td style='padding:3px 20px 3px 0'>%2</td><td style='padding:3px 0'>%3</td></tr>")
                  .arg(escaped(list[i].name), escaped(engineText(list[i].about)), escaped(shape.isEmpty() ? QString() : tr("here %1").arg(shape)));
    }
    html += "</table>";
  };
  ports(tr("Takes"), info.inputs, [&](size_t i) {
    if (!index) return QString();
    const auto& graphNode = project.network().nodes[*index];
    if (i >= graphNode.inputs.size() || !graphNode.inputs[i]) return QString();
    const auto& outputs = project.inference().nodes[size_t(graphNode.inputs[i].node)].outputs;
    return size_t(graphNode.inputs[i].output) < outputs.size() ? textOf(outputs[size_t(graphNode.inputs[i].output)].shape) : QString();
  });
  ports(tr("Gives"), info.outputs, [&](size_t i) {
    if (!index) return QString();
    const auto& outputs = project.inference().nodes[*index].outputs;
    return i < outputs.size() ? textOf(outputs[i].shape) : QString();
  });
  const auto fields = engine::fieldInfos(*op);
  if (!fields.empty()) {
    html += heading(tr("Fields")) + "<table cellspacing='0'>";
    for (const engine::FieldInfo& field : fields) {
      QString values = field.kind == engine::FieldInfo::Kind::choice ? QString() : rangeText(field.range, field.kind != engine::FieldInfo::Kind::real && field.kind != engine::FieldInfo::Kind::reals);
      if (field.kind == engine::FieldInfo::Kind::boolean) values = tr("on or off");
      for (const std::string& word : field.words) values += (values.isEmpty() ? "" : ", ") + qt(word);
      html += QString("<tr><td style='padding:3px 20px 3px 0'><b>%1</b></td><td style='padding:3px 20px 3px 0'>%2</td><td style='padding:3px 20px 3px 0'>%3</td><td style='padding:3px 0'>%4</td></tr>")
                  .arg(escaped(qt(field.name)), escaped(engineText(field.help)), escaped(values), escaped(tr("default %1").arg(fieldText(field.initial))));
    }
    html += "</table>";
  }
  open(engineText(info.title), html, 760, 0);
}

bool HelpSheet::eventFilter(QObject* watched, QEvent* event) {
  if (watched == text_ && event->type() == QEvent::KeyPress && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape) {
    dismiss();
    return true;
  }
  return Sheet::eventFilter(watched, event);
}

}  // namespace ui
