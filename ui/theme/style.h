// The one style sheet of the application, made from the theme, and the style under it.
#pragma once
#include <QProxyStyle>

#include "ui/theme/theme.h"

namespace ui {

// Widgets say what they are by properties: QPushButton[kind="primary"|"quiet"], QFrame[kind="card"], QLabel[tone="secondary"
// |"problem"|"warning"|"link"], QLineEdit[problem="true"]. No font sizes: those are QFonts.
QString styleSheet(const Theme& theme);

// Fusion with our row heights and slim frames, for what a sheet cannot say.
class Style : public QProxyStyle {
 public:
  Style();
  int pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const override;
  int styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget, QStyleHintReturn* data) const override;
};

// Another tone for a label that shows already: the style sheet is asked again.
void setTone(QWidget* widget, const char* tone);

// Before any window: style, font and the theme that the system has.
void setUpLook();

}  // namespace ui
