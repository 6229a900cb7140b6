// --device, as every verb that computes takes it.
#pragma once
#include "app/netw/options.h"
#include "app/netw/talk.h"
#include "engine/training/session.h"

namespace netw {

class DeviceOption {
 public:
  void addTo(Options& o) {
    o.choice("--device", text_, {"auto", "cpu", "cuda"}, "Where to compute; cuda:1 is the second CUDA device.", "cuda:");
    o.flag("--tf32", tf32_, "On a CUDA device, products in TF32: quicker, and about 3 digits instead of 7.");
  }
  engine::Result<engine::DeviceChoice> choice() const {
    auto choice = engine::DeviceChoice::parse(text_);
    if (choice) choice->tf32 = tf32_;
    return choice;
  }
  const std::string& text() const { return text_; }
  bool tf32() const { return tf32_; }

  // Where a session computes, and why there.
  static std::string said(const engine::training::Session& session) { return said(session.deviceName(), session.deviceReason()); }
  static std::string said(const std::string& device, const engine::Message& reason) { return "computes on " + device + " (" + toString(reason) + ")"; }

 private:
  std::string text_ = "auto";
  bool tf32_ = false;
};

}  // namespace netw
