#include "engine/training/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace engine::training {

Result<Schedule> scheduleOf(const document::Phase& phase) {
  Result<document::Fields> fields = document::completedSchedule(phase.schedule);
  if (!fields) return tl::unexpected(fields.error());
  Schedule schedule;
  schedule.warmupSteps = document::integer(*fields, "warmup_steps");
  if (phase.schedule.type == "step") {
    schedule.kind = Schedule::Kind::step;
    schedule.stepSize = document::integer(*fields, "step_size");
    schedule.gamma = document::number(*fields, "gamma");
  } else if (phase.schedule.type == "multistep") {
    schedule.kind = Schedule::Kind::multistep;
    schedule.milestones = document::integers(*fields, "milestones");
    schedule.gamma = document::number(*fields, "gamma");
  } else if (phase.schedule.type == "exponential") {
    schedule.kind = Schedule::Kind::exponential;
    schedule.gamma = document::number(*fields, "gamma");
  } else if (phase.schedule.type == "cosine") {
    schedule.kind = Schedule::Kind::cosine;
    schedule.tMax = document::integer(*fields, "t_max");
    if (schedule.tMax == 0) schedule.tMax = std::max<int64_t>(phase.epochs, 1);
    schedule.etaMin = document::number(*fields, "eta_min");
  }
  return schedule;
}

double learningRate(const Schedule& schedule, double base, int64_t epoch, int64_t step) {
  double rate = base;
  switch (schedule.kind) {
    case Schedule::Kind::constant: break;
    case Schedule::Kind::step: rate = base * std::pow(schedule.gamma, double(epoch / schedule.stepSize)); break;
    case Schedule::Kind::multistep: {
      const auto drops = std::count_if(schedule.milestones.begin(), schedule.milestones.end(), [&](int64_t m) { return m <= epoch; });
      rate = base * std::pow(schedule.gamma, double(drops));
      break;
    }
    case Schedule::Kind::exponential: rate = base * std::pow(schedule.gamma, double(epoch)); break;
    case Schedule::Kind::cosine:
      rate = schedule.etaMin + (base - schedule.etaMin) * (1 + std::cos(std::numbers::pi * double(epoch) / double(schedule.tMax))) / 2;
      break;
  }
  if (step < schedule.warmupSteps) rate *= double(step + 1) / double(schedule.warmupSteps + 1);
  return rate;
}

}  // namespace engine::training
