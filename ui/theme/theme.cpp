#include "ui/theme/theme.h"

#include <QApplication>
#include <QFile>
#include <QFontDatabase>
#include <QIconEngine>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QPainter>
#include <QPixmapCache>
#include <QStyle>
#include <QSvgRenderer>

#include "ui/theme/style.h"

// The resources of a library are part of a program only where something asks for them, outside of any namespace.
static void takeResources() { Q_INIT_RESOURCE(ui_resources); }

namespace ui {
namespace {

QJsonObject tokens() {
  static const QJsonObject all = [] {
    takeResources();
    QFile file(":/theme/tokens.json");
    if (!file.open(QIODevice::ReadOnly)) qFatal("the program was built without its theme");
    return QJsonDocument::fromJson(file.readAll()).object();
  }();
  return all;
}

// Qt reads #AARRGGBB, the tokens are #RRGGBBAA.
QColor colorFrom(const QString& text) {
  if (text.size() != 9) return QColor(text);
  return QColor("#" + text.mid(7) + text.mid(1, 6));
}

void collect(const QJsonObject& object, const QString& prefix, QHash<QString, QColor>& into) {
  for (auto it = object.begin(); it != object.end(); ++it) {
    const QString path = prefix.isEmpty() ? it.key() : prefix + "." + it.key();
    if (it->isObject()) collect(it->toObject(), path, into);
    else if (it->isString()) into[path] = colorFrom(it->toString());
    else if (it->isArray())
      for (int i = 0; i < it->toArray().size(); ++i) into[path + "." + QString::number(i)] = colorFrom(it->toArray()[i].toString());
  }
}

Theme load(Theme::Kind kind) {
  static const char* const names[] = {"light", "dark", "contrast"};
  Theme t;
  t.kind = kind;
  const QJsonObject root = tokens()["themes"].toObject()[names[int(kind)]].toObject();
  collect(root, {}, t.byPath);
  const auto put = [&](const QString& group, std::initializer_list<std::pair<const char*, QColor*>> members) {
    for (auto [name, color] : members) *color = t.byPath.value(group + "." + name);
  };
  auto& s = t.surface;
  put("surface", {{"window", &s.window}, {"panel", &s.panel}, {"sunken", &s.sunken}, {"field", &s.field}, {"raised", &s.raised},
                  {"canvas", &s.canvas}, {"grid", &s.grid}, {"frame", &s.frame}, {"node", &s.node}, {"hover", &s.hover},
                  {"minimap", &s.minimap}, {"shadow", &s.shadow}});
  put("line", {{"border", &t.line.border}, {"field", &t.line.field}, {"strong", &t.line.strong}, {"node", &t.line.node}, {"frame", &t.line.frame}});
  put("text", {{"primary", &t.text.primary}, {"secondary", &t.text.secondary}, {"disabled", &t.text.disabled},
               {"on_accent", &t.text.onAccent}, {"link", &t.text.link}});
  put("accent", {{"fill", &t.accent.fill}, {"hover", &t.accent.hover}, {"soft", &t.accent.soft}, {"line", &t.accent.line}});
  auto& q = t.state;
  put("state", {{"selection", &q.selection}, {"halo", &q.halo}, {"hover", &q.hover}, {"focus", &q.focus},
                {"problem", &q.problem}, {"problem_text", &q.problemText}, {"problem_soft", &q.problemSoft},
                {"warning", &q.warning}, {"warning_text", &q.warningText}, {"warning_soft", &q.warningSoft},
                {"running", &q.running}, {"running_text", &q.runningText}, {"running_soft", &q.runningSoft},
                {"success", &q.success}, {"success_text", &q.successText}, {"success_soft", &q.successSoft},
                {"frozen", &q.frozen}, {"frozen_text", &q.frozenText}, {"frozen_soft", &q.frozenSoft}});
  put("wire", {{"f32", &t.wire.f32}, {"bf16", &t.wire.bf16}, {"i32", &t.wire.i32}, {"u8", &t.wire.u8}, {"bool", &t.wire.boolean},
               {"scalar", &t.wire.scalar}, {"unknown", &t.wire.unknown}});
  put("chart", {{"grid", &t.chart.grid}, {"axis", &t.chart.axis}, {"cursor", &t.chart.cursor}});
  for (int i = 0; i < 8; ++i) t.chart.series[size_t(i)] = t.byPath.value("chart.series." + QString::number(i));
  for (int i = 0; i < 6; ++i) t.heat.ramp[size_t(i)] = t.byPath.value("heat.ramp." + QString::number(i));
  put("heat", {{"positive", &t.heat.positive}, {"negative", &t.heat.negative}});
  const QJsonObject categories = root["category"].toObject();
  // Groups are looked up for every node that is painted: each in its own words, as the ops have them and in lower case.
  const auto putCategory = [&](const QString& group, const QString& key) {
    const QString path = "category." + key + ".";
    const Category category{t.byPath.value(path + "solid"), t.byPath.value(path + "tint"), t.byPath.value(path + "glyph")};
    t.categories[group] = t.categories[group.left(1).toUpper() + group.mid(1)] = category;
  };
  for (const QString& key : categories.keys()) putCategory(key, key);
  // Ops are grouped finer than colours can tell apart.
  for (const auto& [group, key] : {std::pair("normalization", "normalisation"), {"regularization", "normalisation"},
                                   {"structure", "shape"}, {"arithmetic", "math"}, {"metric", "loss"}})
    putCategory(group, key);
  return t;
}

Theme& current() {
  static Theme theme = load(Theme::Kind::light);
  return theme;
}

QPalette paletteOf(const Theme& t) {
  QPalette p;
  const auto set = [&](QPalette::ColorRole role, const QColor& color, const QColor& disabled = {}) {
    p.setColor(QPalette::Active, role, color);
    p.setColor(QPalette::Inactive, role, color);
    p.setColor(QPalette::Disabled, role, disabled.isValid() ? disabled : color);
  };
  set(QPalette::Window, t.surface.window);
  set(QPalette::Base, t.surface.field);
  set(QPalette::AlternateBase, t.surface.sunken);
  set(QPalette::Button, t.surface.panel);
  for (auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) set(role, t.text.primary, t.text.disabled);
  set(QPalette::PlaceholderText, t.text.secondary);
  set(QPalette::Highlight, t.accent.fill);
  set(QPalette::HighlightedText, t.text.onAccent);
  set(QPalette::Link, t.text.link);
  set(QPalette::ToolTipBase, t.surface.raised);
  set(QPalette::ToolTipText, t.text.primary);
  set(QPalette::Mid, t.line.border);
  set(QPalette::Dark, t.line.strong);
  set(QPalette::Light, t.surface.raised);
  set(QPalette::Midlight, t.surface.hover);
  set(QPalette::Shadow, t.line.strong);
  set(QPalette::BrightText, t.state.problemText);
  return p;
}

}  // namespace

const Category& Theme::category(const QString& group) const {
  const auto it = categories.constFind(group);
  return it != categories.constEnd() ? *it : *categories.constFind("block");
}

QColor Theme::role(const QString& path) const { return byPath.value(path); }

const Theme& theme() { return current(); }

void setTheme(Theme::Kind kind) {
  current() = load(kind);
  QPixmapCache::clear();
  qApp->setPalette(paletteOf(theme()));
  qApp->setStyleSheet(styleSheet(theme()));
  emit themeWatcher().changed();
}

Theme::Kind systemTheme() {
  // Qt 6.4 does not tell the system's scheme: the palette that it gave the program at its start does.
  static const bool dark = QApplication::style()->standardPalette().window().color().lightness() < 128 || qApp->palette().window().color().lightness() < 128;
  return dark ? Theme::Kind::dark : Theme::Kind::light;
}

ThemeWatcher& themeWatcher() {
  static ThemeWatcher watcher;
  return watcher;
}

// ------------------------------------------------------------------------ fonts ----

namespace {
constexpr double kEm[] = {0.846, 0.923, 1.0, 1.154, 1.538, 2.154};  // tokens.json, font.size_em

QFont sized(QFont font, FontSize size) {
  const qreal em = QApplication::font().pixelSize() > 0 ? QApplication::font().pixelSize() : QFontInfo(QApplication::font()).pixelSize();
  font.setPixelSize(qRound(em * kEm[int(size)]));
  return font;
}
}  // namespace

QFont font(FontSize size, QFont::Weight weight) {
  QFont f = sized(QApplication::font(), size);
  f.setWeight(weight);
  return f;
}

QFont monoFont(FontSize size) { return sized(QFontDatabase::systemFont(QFontDatabase::FixedFont), size); }

// ------------------------------------------------------------------------ icons ----

QPixmap iconPixmap(const QString& name, const QColor& color, int size, qreal pixelRatio) {
  const QString key = QStringLiteral("icon/%1/%2/%3/%4").arg(name, color.name(QColor::HexArgb)).arg(size).arg(pixelRatio);
  QPixmap pixmap;
  if (QPixmapCache::find(key, &pixmap)) return pixmap;
  QFile file(":/icons/" + name + ".svg");
  if (!file.open(QIODevice::ReadOnly)) return {};
  QSvgRenderer renderer(file.readAll().replace("currentColor", color.name().toLatin1()));
  pixmap = QPixmap(QSize(size, size) * pixelRatio);
  pixmap.fill(Qt::transparent);
  QPainter painter(&pixmap);
  painter.setOpacity(color.alphaF());
  renderer.render(&painter);
  painter.end();
  pixmap.setDevicePixelRatio(pixelRatio);
  QPixmapCache::insert(key, pixmap);
  return pixmap;
}

namespace {

// Asks the theme each time it paints, so that icons follow it.
class ThemedIcon : public QIconEngine {
 public:
  ThemedIcon(QString name, QColor color) : name_(std::move(name)), color_(color) {}
  void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state) override {
    const int side = qMin(rect.width(), rect.height());
    const QRect square(rect.x() + (rect.width() - side) / 2, rect.y() + (rect.height() - side) / 2, side, side);
    painter->drawPixmap(square, iconPixmap(name_, colorOf(mode, state), side, painter->device()->devicePixelRatioF()));
  }
  QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override { return scaledPixmap(size, mode, state, 1); }
  QPixmap scaledPixmap(const QSize& size, QIcon::Mode mode, QIcon::State state, qreal scale) override {
    QPixmap pixmap = iconPixmap(name_, colorOf(mode, state), qRound(qMin(size.width(), size.height()) / scale), scale);
    return pixmap;
  }
  QIconEngine* clone() const override { return new ThemedIcon(name_, color_); }

 private:
  QColor colorOf(QIcon::Mode mode, QIcon::State) const {
    if (mode == QIcon::Disabled) return theme().text.disabled;
    return color_.isValid() ? color_ : theme().text.primary;
  }
  QString name_;
  QColor color_;
};

}  // namespace

QIcon icon(const QString& name, const QColor& color) { return QIcon(new ThemedIcon(name, color)); }

QString iconOf(const QString& op, const QString& group) {
  static const QHash<QString, QString> names{
      {"Input", "input"},           {"Target", "target"},        {"Linear", "linear"},          {"Conv2d", "conv"},
      {"MaxPool2d", "pool"},        {"AvgPool2d", "pool"},       {"AdaptiveAvgPool2d", "pool"}, {"BatchNorm1d", "batchnorm"},
      {"BatchNorm2d", "batchnorm"}, {"LayerNorm", "layernorm"},  {"ReLU", "relu"},              {"LeakyReLU", "relu"},
      {"ELU", "relu"},              {"GELU", "gelu"},            {"SiLU", "gelu"},              {"Sigmoid", "sigmoid"},
      {"Tanh", "sigmoid"},          {"Softmax", "softmax"},      {"LogSoftmax", "softmax"},     {"Dropout", "dropout"},
      {"Flatten", "flatten"},       {"Reshape", "reshape"},      {"Permute", "shuffle"},        {"Concatenate", "concat"},
      {"CrossEntropyLoss", "crossentropy"}, {"MSELoss", "mse"},  {"Multiply", "multiply"},           {"Add", "add"},
      {"MatMul", "multiply"},       {"Softplus", "gelu"},        {"Embedding", "embedding"},    {"LSTM", "lstm"},
      {"ScaledDotProductAttention", "attention"},                {"Normal", "bars"},
      {"Convolution", "conv"},      {"Conv1d", "conv1"},         {"Conv3d", "conv"},            {"ConvTranspose1d", "convt"},
      {"ConvTranspose2d", "convt"}, {"ConvTranspose3d", "convt"}, {"MaxPool1d", "pool"},        {"MaxPool3d", "pool"},
      {"AvgPool1d", "pool"},        {"AvgPool3d", "pool"},       {"LPPool1d", "pool"},          {"LPPool2d", "pool"},
      {"MaxUnpool1d", "unfold"},    {"MaxUnpool2d", "unfold"},   {"MaxUnpool3d", "unfold"},     {"GRU", "lstm"},
      {"RNN", "lstm"},              {"GroupNorm", "layernorm"},  {"RMSNorm", "layernorm"},      {"Constant", "tag"},
      {"Pad", "fit"},               {"Slice", "unfold"},         {"TopK", "bars"},              {"CumSum", "bars"},         {"Arange", "bars"},
      {"Hardswish", "gelu"},        {"Mish", "gelu"},            {"Hardsigmoid", "sigmoid"},    {"Softsign", "sigmoid"},
      {"BlockInput", "input"},      {"BlockOutput", "enter"}};
  const auto it = names.constFind(op);
  if (it != names.constEnd()) return *it;
  static const QHash<QString, QString> groups{{"data", "table"},       {"layer", "layers"}, {"activation", "relu"},
                                              {"normalization", "batchnorm"}, {"structure", "reshape"},
                                              {"arithmetic", "sliders"}, {"logic", "check"}, {"loss", "crossentropy"}, {"metric", "target"}, {"regularization", "dropout"}};
  return groups.value(group.toLower(), "block");
}

}  // namespace ui
