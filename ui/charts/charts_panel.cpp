#include "ui/charts/charts_panel.h"

#include <QBuffer>
#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QMenu>
#include <QPainter>
#include <QSettings>
#include <QSvgGenerator>
#include <QToolButton>

#include "engine/formats/atomic_file.h"
#include "ui/charts/curves_csv.h"
#include "ui/charts/speed_panel.h"
#include "ui/widgets/ask_path.h"
#include "ui/model/background.h"
#include "ui/model/text.h"
#include "ui/run/log.h"
#include "ui/shell/message_bar.h"
#include "ui/theme/mirror.h"
#include "ui/theme/theme.h"

namespace ui {

namespace {
constexpr int kChartGap = 24;  // between the charts
constexpr qreal kPictureRatio = 2;
}  // namespace

ChartsPanel::ChartsPanel(Project& project, Training& training, QWidget* parent)
    : QWidget(parent), project_(project), training_(training), curves_(training) {
  setObjectName("charts");
  setAccessibleName(tr("Charts"));
  setProperty("surface", "panel");
  setAttribute(Qt::WA_StyledBackground);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(16, 4, 0, 8);
  row->setSpacing(kChartGap);
  loss_ = new Chart(this);
  loss_->setObjectName("chart.loss");
  loss_->offerLog(QSettings().value("charts/log", true).toBool());
  connect(loss_, &Chart::logChanged, this, [](bool log) { QSettings().setValue("charts/log", log); });
  accuracy_ = new Chart(this);
  accuracy_->setObjectName("chart.accuracy");
  speed_ = new SpeedPanel(training, this);
  row->addWidget(loss_, 4);
  row->addWidget(accuracy_, 3);
  row->addWidget(speed_);
  auto* more = new QToolButton(speed_);
  makeMenu(more);
  more->setGeometry(Mirror(layoutDirection(), speed_->rect())(QRect(speed_->width() - 32, 2, 28, 26)));
  connect(&curves_, &RunCurves::changed, this, &ChartsPanel::renew);
  connect(&project_, &Project::stated, this, [this] {
    if (curves_.now().empty()) renew();
  });
  renew();
}

void ChartsPanel::makeMenu(QToolButton* button) {
  button->setObjectName("charts.menu");
  button->setProperty("kind", "quiet");
  button->setIcon(icon("dots"));
  button->setToolTip(tr("Export and compare"));
  button->setAccessibleName(tr("Menu of the charts"));
  button->setPopupMode(QToolButton::InstantPopup);
  auto* menu = new QMenu(button);
  menu->addAction(tr("Export as &CSV..."), this, [this] { askAndExport("csv", tr("Tables (*.csv)")); });
  menu->addAction(tr("Export as &PNG..."), this, [this] { askAndExport("png", tr("Pictures (*.png)")); });
  menu->addAction(tr("Export as &SVG..."), this, [this] { askAndExport("svg", tr("Pictures (*.svg)")); });
  menu->addAction(tr("Copy as p&icture"), this, &ChartsPanel::copyPicture);
  menu->addSeparator();
  QAction* before = menu->addAction(tr("&Show the run before"));
  before->setCheckable(true);
  before->setChecked(true);
  connect(before, &QAction::toggled, this, [this](bool on) {
    showsBefore_ = on;
    renew();
  });
  menu->addAction(tr("Show &everything again"), this, [this] {
    loss_->resetZoom();
    accuracy_->resetZoom();
  });
  connect(menu, &QMenu::aboutToShow, this, [this, menu, before] {
    for (QAction* action : menu->actions()) action->setEnabled(!curves_.now().empty());
    before->setEnabled(curves_.before() != nullptr);
  });
  button->setMenu(menu);
}

bool ChartsPanel::expectsAccuracy() const {
  for (const auto& node : project_.whole().expanded.network.nodes)
    if (node.op.is("CrossEntropyLoss") || node.op.is("NLLLoss")) return true;
  return false;
}

void ChartsPanel::showEvent(QShowEvent*) {
  if (stale_) renew();
}

void ChartsPanel::renew() {
  const bool hasAccuracy = curves_.now().hasAccuracy() || (curves_.now().empty() && expectsAccuracy());
  accuracy_->setVisible(hasAccuracy);
  // Nothing is drawn that nobody sees; but the charts must know when other curves have come.
  const std::pair shown(&curves_.now(), curves_.before());
  stale_ = !isVisible();
  if (stale_ && shown == shown_) return;
  shown_ = shown;
  loss_->setData(lossData(), curves_.now().steps);
  if (hasAccuracy) accuracy_->setData(accuracyData(), curves_.now().steps);
}

namespace {
// So that epochs lie on epochs where both have them.
double factorOf(const Curves& now, const Curves& before) {
  return now.stepsAnEpoch > 0 && before.stepsAnEpoch > 0 ? now.stepsAnEpoch / before.stepsAnEpoch : 1;
}
}  // namespace

ChartData ChartsPanel::lossData() const {
  const Curves& now = curves_.now();
  ChartData chart;
  chart.title = tr("Loss");
  chart.stepsAnEpoch = now.stepsAnEpoch;
  chart.marks = &now.marks;
  chart.empty = tr("Press Train: the loss of every step is drawn here.");
  if (const Curves* before = showsBefore_ && !now.empty() ? curves_.before() : nullptr) {
    const double factor = factorOf(now, *before);
    chart.lines.push_back({{}, 0, nullptr, &before->smoothLoss, factor, true});
    chart.rings.push_back({{}, 1, &before->validationLoss, factor, true});
  }
  chart.lines.push_back({tr("training"), 0, &now.loss, &now.smoothLoss, 1, false, tr("train")});
  chart.rings.push_back({tr("validation"), 1, &now.validationLoss, 1, false, tr("val")});
  if (now.testLoss) chart.singles.push_back({tr("test"), 2, *now.testLoss});
  return chart;
}

ChartData ChartsPanel::accuracyData() const {
  const Curves& now = curves_.now();
  ChartData chart;
  chart.title = tr("Accuracy");
  chart.stepsAnEpoch = now.stepsAnEpoch;
  chart.marks = &now.marks;
  chart.lowerIsBetter = false;
  chart.yFactor = 100;
  chart.unit = " %";
  chart.digits = 1;
  chart.empty = tr("The part of answers that are right, once it trains.");
  if (const Curves* before = showsBefore_ && !now.empty() ? curves_.before() : nullptr) {
    const double factor = factorOf(now, *before);
    chart.lines.push_back({{}, 0, nullptr, &before->smoothAccuracy, factor, true});
    chart.rings.push_back({{}, 1, &before->validationAccuracy, factor, true});
  }
  chart.lines.push_back({tr("training"), 0, nullptr, &now.smoothAccuracy, 1, false, tr("train")});
  chart.rings.push_back({tr("validation"), 1, &now.validationAccuracy, 1, false, tr("val")});
  if (now.testAccuracy) chart.singles.push_back({tr("test"), 2, *now.testAccuracy});
  return chart;
}

// ------------------------------------------------------------------------- export ----

void ChartsPanel::paintAll(QPainter& p, const QSize& size) const {
  const bool both = !accuracy_->isHidden();
  p.setFont(ui::font(FontSize::body));
  const double width = both ? (size.width() - 3 * kChartGap) * 4.0 / 7 : size.width() - 2 * kChartGap;
  loss_->paintInto(p, QRectF(kChartGap, 12, width, size.height() - 24));
  if (both) accuracy_->paintInto(p, QRectF(2 * kChartGap + width, 12, size.width() - 3 * kChartGap - width, size.height() - 24));
}

namespace {
constexpr QSize kPictureSize(1120, 320);
}

QImage ChartsPanel::picture(qreal pixelRatio) const {
  QImage image((QSizeF(kPictureSize) * pixelRatio).toSize(), QImage::Format_ARGB32_Premultiplied);
  image.setDevicePixelRatio(pixelRatio);
  image.fill(theme().surface.panel);
  QPainter p(&image);
  paintAll(p, kPictureSize);
  return image;
}

void ChartsPanel::copyPicture() { QGuiApplication::clipboard()->setImage(picture(kPictureRatio)); }

void ChartsPanel::askAndExport(const QString& ending, const QString& filter) {
  const QString name = project_.folder() + "/" + project_.title() + "." + ending;
  const QString path = askPath(this, {PathQuestion::Kind::save, tr("Export the charts"), name, filter, ending});
  if (!path.isEmpty()) exportTo(path);
}

void ChartsPanel::exportTo(const QString& path) {
  std::function<std::string()> make;
  if (path.endsWith(".csv", Qt::CaseInsensitive)) {
    make = [copy = std::shared_ptr<Curves>(curves_.copy())] { return csvOf(*copy); };
  } else if (path.endsWith(".svg", Qt::CaseInsensitive)) {
    QBuffer buffer;
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setSize(kPictureSize);
    generator.setViewBox(QRect(QPoint(), kPictureSize));
    generator.setTitle(tr("%1: loss and accuracy").arg(project_.title()));
    {
      QPainter p(&generator);
      p.fillRect(QRect(QPoint(), kPictureSize), theme().surface.panel);
      paintAll(p, kPictureSize);
    }
    make = [bytes = buffer.data().toStdString()] { return bytes; };
  } else {
    make = [image = picture(kPictureRatio)] {
      QBuffer buffer;
      image.save(&buffer, "PNG");
      return buffer.data().toStdString();
    };
  }
  inBackground(this, [make = std::move(make), path] { return engine::formats::writeAtomically(utf8(path), make()); },
               [this, path](const engine::Done& done) { emit exported(path, done ? QString() : textOf(done.error())); });
}

void logExports(ChartsPanel& charts, Log& log, MessageBar& messages) {
  QObject::connect(&charts, &ChartsPanel::exported, &log, [&log, &messages](const QString& path, const QString& whyNot) {
    const QString file = QDir::toNativeSeparators(path);
    if (whyNot.isEmpty()) {
      log.add(ChartsPanel::tr("Charts written to %1").arg(file), Log::Tone::success);
      messages.show("charts.export", MessageBar::Tone::success, ChartsPanel::tr("The charts are in %1").arg(file));
    } else {
      messages.show("charts.export", MessageBar::Tone::problem, ChartsPanel::tr("The charts were not written to %1: %2").arg(file, whyNot));
    }
  });
}

}  // namespace ui
