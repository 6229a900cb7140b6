#include "ui/shell/status_facts.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

#include "engine/data/bytes.h"
#include "engine/training/session.h"
#include "ui/widgets/line.h"
#include "ui/model/background.h"
#include "ui/model/text.h"
#include "ui/theme/style.h"

namespace ui {

namespace {
constexpr int kDeviceWidth = 280;        // a reason of many words is read in the tool tip
constexpr int kRestMilliseconds = 250;  // a forecast makes a whole plan: not for each key

// The network's part of what training takes at most, in bytes; none where it cannot run.
std::optional<double> memoryOf(const engine::document::Document& document) {
  engine::training::SessionOptions options;
  options.withoutData = true;
  options.threads = 1;
  auto session = engine::training::Session::open(document, options);
  if (!session || (*session)->losses(0).empty()) return std::nullopt;
  double most = 0;
  for (size_t phase = 0; phase < document.recipe().phases.size(); ++phase) {
    const auto report = (*session)->forecast(phase, document.recipe().phases[phase].batch);
    if (!report) return std::nullopt;
    most = std::max(most, double(report->planBytes() + report->inputBytes));  // the next batch is filled meanwhile
  }
  return most;
}

}  // namespace

StatusFacts::StatusFacts(Project& project, DeviceSetting& devices, QWidget* parent)
    : QWidget(parent), project_(project), devices_(devices), parameters_(new QLabel(this)), memory_(new QLabel(this)),
      device_(new QPushButton(this)), problems_(new QPushButton(this)) {
  for (QLabel* label : {parameters_, memory_}) label->setFont(ui::font(FontSize::small));
  parameters_->setObjectName("status.parameters");
  memory_->setObjectName("status.memory");
  memory_->setToolTip(tr("What training takes at most: parameters, their state, activations and two batches. The data come on top."));
  device_->setObjectName("status.device");
  device_->setProperty("kind", "status");
  device_->setFont(ui::font(FontSize::small));
  connect(device_, &QPushButton::clicked, this, &StatusFacts::devicesWanted);
  connect(&devices_, &DeviceSetting::changed, this, &StatusFacts::showDevice);
  problems_->setObjectName("status.problems");
  problems_->setProperty("kind", "status");
  problems_->setFont(ui::font(FontSize::small));
  problems_->setToolTip(tr("Shows the list of problems."));
  connect(problems_, &QPushButton::clicked, this, &StatusFacts::problemsWanted);
  auto* line = new QHBoxLayout(this);
  line->setContentsMargins(0, 0, 8, 0);
  line->setSpacing(12);
  line->addStretch();
  line->addWidget(parameters_);
  line->addWidget(uprightLineOf(this, 14));
  line->addWidget(memory_);
  line->addWidget(uprightLineOf(this, 14));
  line->addWidget(device_);
  line->addWidget(uprightLineOf(this, 14));
  line->addWidget(problems_);
  timer_.setSingleShot(true);
  timer_.setInterval(kRestMilliseconds);
  connect(&timer_, &QTimer::timeout, this, &StatusFacts::forecast);
  connect(&project_, &Project::stated, this, &StatusFacts::count);
  showDevice();
  count();
}

void StatusFacts::setProblems(const QString& summary, int problems, int hints) {
  const Theme& t = theme();
  problems_->setText(summary);
  problems_->setIcon(problems > 0 ? icon("problem", t.state.problem) : hints > 0 ? icon("warning", t.state.warning) : icon("check", t.state.success));
  keepWidth();
}

void StatusFacts::setNarrow(bool narrow) {
  if (std::exchange(narrow_, narrow) != narrow) showDevice();
}

void StatusFacts::showDevice() {
  const QString text = tr("%1: %2").arg(devices_.inUse(), devices_.whyInUse());
  device_->setText(narrow_ ? devices_.inUse() : device_->fontMetrics().elidedText(text, Qt::ElideRight, kDeviceWidth));
  device_->setAccessibleName(tr("Computes on %1").arg(text));
  device_->setToolTip(tr("<b>Computes on %1</b><br>%2<br>Press to choose another device, or another number of threads.")
                          .arg(devices_.inUse().toHtmlEscaped(), devices_.whyInUse().toHtmlEscaped()));
  keepWidth();
}

// As wide as its words need, in strides: another width has the whole window laid out and painted anew.
void StatusFacts::keepWidth() {
  constexpr int kStride = 48;
  const QSize needed = layout()->totalSizeHint();
  const int wide = (needed.width() / kStride + 1) * kStride;
  if (needed.width() > width() || wide + kStride < width() || minimumWidth() != maximumWidth() || height() < needed.height())
    setFixedSize(wide, needed.height());
}

void StatusFacts::count() {
  double parameters = 0;
  for (const auto& node : project_.whole().inference.nodes)
    for (const auto& stored : node.stored)
      if (stored.trained) parameters += double(std::max<int64_t>(stored.shape.elements(), 0));
  parameters_->setText(tr("%1 parameters").arg(countText(parameters)));
  keepWidth();
  timer_.start();
}

void StatusFacts::forecast() {
  stale_ = working_;
  if (working_) return;
  if (project_.hasProblems() || project_.document().nodes().empty()) {
    memory_->setText(tr("Memory unknown"));
    return keepWidth();
  }
  working_ = true;
  inBackground(this, [document = project_.document()] { return memoryOf(document); }, [this](std::optional<double> bytes) {
    working_ = false;
    if (stale_) return forecast();
    memory_->setText(bytes ? tr("Memory %1 of %2").arg(bytesText(*bytes), bytesText(double(engine::data::memoryOfMachine())))
                           : tr("Memory unknown"));
    keepWidth();
  });
}

}  // namespace ui
