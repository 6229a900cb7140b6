#include "ui/shell/status_facts.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

#include "ui/widgets/line.h"
#include "ui/model/text.h"
#include "ui/theme/style.h"

namespace ui {

namespace {
constexpr int kDeviceWidth = 280;  // a reason of many words is read in the tool tip
}  // namespace

StatusFacts::StatusFacts(Project& project, DeviceSetting& devices, MemoryForecast& memory, QWidget* parent)
    : QWidget(parent), project_(project), devices_(devices), forecast_(memory), parameters_(new QLabel(this)), memory_(new QLabel(this)),
      device_(new QPushButton(this)), problems_(new QPushButton(this)) {
  for (QLabel* label : {parameters_, memory_}) label->setFont(ui::font(FontSize::small));
  parameters_->setObjectName("status.parameters");
  memory_->setObjectName("status.memory");
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
  connect(&project_, &Project::stated, this, &StatusFacts::count);
  connect(&forecast_, &MemoryForecast::changed, this, &StatusFacts::showMemory);
  showDevice();
  showMemory();
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
  parameters_->setText(tr("%1 parameters", nullptr, plural(parameters)).arg(countText(parameters)));
  keepWidth();
}

void StatusFacts::showMemory() {
  const auto& facts = forecast_.facts();
  const bool tooMuch = forecast_.isTooMuch();
  const QString words = facts ? tr("Memory %1 of %2").arg(bytesText(double(facts->needs)), bytesText(double(facts->room))) : tr("Memory unknown");
  memory_->setText(tooMuch ? tr("%1: too little").arg(words) : words);
  setTone(memory_, tooMuch ? "problem" : "");
  QString tip = tr("What training takes at most: parameters, their state, activations, batches and evaluation.");
  if (facts && facts->device.isEmpty())
    tip += facts->data > 0 ? tr(" With the data, which take %1; against the memory that the studio may have on this machine, of which other programs have a part.").arg(bytesText(double(facts->data)))
                           : tr(" The data come on top. Against the memory that the studio may have on this machine, of which other programs have a part.");
  else if (facts) tip += tr(" Against what is free on %1.").arg(facts->device);
  if (tooMuch && forecast_.largest().value_or(0) > 0) tip += tr(" A batch of %1 fits.").arg(countText(double(*forecast_.largest())));
  memory_->setToolTip(tip);
  memory_->setAccessibleDescription(tip);
  keepWidth();
}

}  // namespace ui
