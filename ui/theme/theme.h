// Colours and sizes by role, from resources/theme/tokens.json: the only source of both. Colours are looked up once, when
// the theme is loaded, so that painting reads members.
#pragma once
#include <QColor>
#include <QFont>
#include <QHash>
#include <QObject>
#include <QPalette>
#include <QString>
#include <array>

namespace ui {

struct Category {  // of an op: Info::group in lower case
  QColor solid, tint, glyph;
};

struct Theme {
  enum class Kind { light, dark, contrast };
  Kind kind = Kind::light;

  struct {
    QColor window, panel, sunken, field, raised, canvas, grid, frame, node, hover, minimap, shadow;
  } surface;
  struct {
    QColor border, field, strong, node, frame;
  } line;
  struct {
    QColor primary, secondary, disabled, onAccent, link;
  } text;
  struct {
    QColor fill, hover, soft, line;
  } accent;
  struct {
    QColor selection, halo, hover, focus, problem, problemText, problemSoft, warning, warningText, warningSoft, running,
        runningText, runningSoft, success, successText, successSoft, frozen, frozenText, frozenSoft;
  } state;
  struct {
    QColor f32, bf16, i32, u8, boolean, scalar, unknown;
  } wire;
  struct {
    QColor grid, axis, cursor;
    std::array<QColor, 8> series;
  } chart;
  struct {
    std::array<QColor, 6> ramp;
    QColor positive, negative;
  } heat;

  const Category& category(const QString& group) const;  // "Layer"; block's where there is none of that name
  QColor role(const QString& path) const;                // "surface.canvas"; invalid where there is none

  QHash<QString, Category> categories;
  QHash<QString, QColor> byPath;
};

// Sizes in pixels for a UI font of 13 pixels.
namespace size {
inline constexpr int grid = 8, gridDots = 24, row = 28, field = 28, button = 28, buttonLarge = 40, icon = 16;
inline constexpr int toolbar = 44, dockTitle = 36, statusBar = 24;
inline constexpr int radiusPanel = 8, radiusField = 6, radiusTile = 6, radiusChip = 4;
inline constexpr int paletteWidth = 208, inspectorWidth = 272, chartsHeight = 224;
}  // namespace size

enum class FontSize { caption, small, body, title, heading, display };
QFont font(FontSize size, QFont::Weight weight = QFont::Normal);
QFont monoFont(FontSize size);

// The theme in use. Painted things read it when they paint; what keeps colours listens to themeWatcher().
const Theme& theme();
void setTheme(Theme::Kind kind);  // palette and style sheet of the application with it
// Light or dark as the system has it.
Theme::Kind systemTheme();

class ThemeWatcher : public QObject {
  Q_OBJECT
 signals:
  void changed();
};
ThemeWatcher& themeWatcher();

// An icon of resources/icons, drawn in the colour; cached by name, colour, size and pixel ratio.
QPixmap iconPixmap(const QString& name, const QColor& color, int size, qreal pixelRatio);
// The same for buttons and menus: with a disabled state, in the theme's text colours unless another is given.
QIcon icon(const QString& name, const QColor& color = {});
// The icon of an op by its name, "block" where it has none of its own.
QString iconOf(const QString& op, const QString& group);

}  // namespace ui
