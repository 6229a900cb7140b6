// --device, as every verb that computes takes it.
#pragma once
#include "app/netw/options.h"
#include "app/netw/talk.h"
#include "engine/training/session.h"

namespace netw {

class DeviceOption {
 public:
  void addTo(Options& o) { o.choice("--device", text_, {"auto", "cpu", "cuda"}, "Where to compute; cuda:1 is the second CUDA device.", "cuda:"); }
  engine::Result<engine::DeviceChoice> choice() const { return engine::DeviceChoice::parse(text_); }
  const std::string& text() const { return text_; }

  // Where a session computes, and why there.
  static std::string said(const engine::training::Session& session) { return said(session.deviceName(), session.deviceReason()); }
  static std::string said(const std::string& device, const std::string& reason) { return "computes on " + device + " (" + reason + ")"; }

 private:
  std::string text_ = "auto";
};

}  // namespace netw
