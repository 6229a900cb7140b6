// Which weights a window's project has now: those of its last run, else the newest beside its file, else those that its recipe begins
// with.
#pragma once
#include <QString>
#include <memory>

#include "engine/training/session.h"
#include "ui/run/training.h"

namespace ui {

struct Trained {
  engine::document::Document document;  // that the weights belong to
  QString weights;                      // a safetensors file; "" where there are none
  QString folder;                       // that the paths of its data are relative to
  QString name;                         // "run 0003", "saved weights"
  bool isStart = false;                 // they are what the recipe's runs begin with, in any form that it may name
};
Trained trainedOf(const Project& project, const Training& training);

// A session with these weights in its store, or with those that a run begins with; slow, so for a thread of its own. Without data
// where they cannot be opened and `dataNeeded` is false.
engine::Result<std::unique_ptr<engine::training::Session>> openTrained(const Trained& trained, bool dataNeeded,
                                                                       const engine::DeviceChoice& device = {engine::DeviceChoice::Kind::cpu});

}  // namespace ui
