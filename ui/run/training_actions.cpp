#include "ui/run/training_actions.h"

namespace ui {

void bindTraining(Training& training, Actions& actions) {
  Training* t = &training;
  actions.bind("train.start", [t] { t->start(); }, [t] { return t->whyNotStart(); });
  actions.bind("train.pause", [t] { t->pause(); }, [t] { return t->whyNotPause(); });
  actions.bind("train.step", [t] { t->step(); }, [t] { return t->whyNotStep(); });
  actions.bind("train.stop", [t] { t->stop(); }, [t] { return t->whyNotStop(); });
  actions.bind("train.resume", [t] { t->resumeLast(); }, [t] { return t->whyNotResume(); });
  QObject::connect(t, &Training::stateChanged, &actions, [t, &actions] {
    actions["train.start"]->setText(t->state() == Training::State::paused ? Training::tr("&Continue") : Training::tr("&Train"));
    actions.refreshSoon();
  });
}

}  // namespace ui
