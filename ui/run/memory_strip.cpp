#include "ui/run/memory_strip.h"

#include "ui/model/fixes.h"
#include "ui/model/text.h"

namespace ui {

namespace {
constexpr char kMemoryStrip[] = "run.memory";
}

MemoryStrip::MemoryStrip(Project& project, Training& training, MemoryForecast& forecast, MessageBar& messages, QObject* parent)
    : QObject(parent), project_(project), training_(training), forecast_(forecast), messages_(messages) {
  training_.setGate([this] { return mayBegin(); });
  connect(&forecast_, &MemoryForecast::changed, this, [this] {
    if (!messages_.keys().contains(kMemoryStrip)) return;
    if (forecast_.isTooMuch()) show();  // the largest batch is known by now, or the numbers are others
    else messages_.remove(kMemoryStrip);
  });
  connect(&training_, &Training::started, this, [this] { messages_.remove(kMemoryStrip); });
}

// Where edits have overtaken the forecast, the run itself looks before it takes anything.
bool MemoryStrip::mayBegin() {
  if (!forecast_.isTooMuch()) return true;
  show();
  if (!forecast_.facts()->device.isEmpty()) forecast_.renew();  // it may have been another program's
  return false;
}

void MemoryStrip::show() {
  const bool onDevice = !forecast_.facts()->device.isEmpty();
  QString text = onDevice ? tr("%1.").arg(forecast_.whyNot())
                          : tr("%1: it would wait for the disk, or be ended by the system.").arg(forecast_.whyNot());
  QList<MessageBar::Button> buttons;
  const auto largest = forecast_.largest();
  if (largest == 0) text += tr(" Not even a single sample fits: make the network smaller.");
  if (largest.value_or(0) > 0)
    buttons << MessageBar::Button{tr("Use batch %1 and train").arg(countText(double(*largest))), [this, most = *largest] {
                                    const auto limit = [most](engine::document::Transaction& t) { return limitBatch(t, most); };
                                    if (project_.editWhole(tr("Set batch"), limit)) training_.start();
                                  }};
  if (onDevice)
    buttons << MessageBar::Button{tr("Train on the CPU"), [this] {
                                    training_.setDevice({engine::DeviceChoice::Kind::cpu, 0});
                                    training_.start();
                                  }};
  else
    buttons << MessageBar::Button{tr("Train anyway"), [this] { training_.startAnyway(); }};
  messages_.show(kMemoryStrip, MessageBar::Tone::warning, text, buttons);
}

}  // namespace ui
