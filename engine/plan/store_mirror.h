// The parameter store on a device: every value of it, at an address that never changes. Values go over when the host has changed
// them, and come back when somebody reads them there: between two steps of training nothing is copied.
#pragma once
#include <map>
#include <vector>

#include "engine/device/device.h"
#include "engine/plan/store.h"

namespace engine {

class StoreMirror final : public Store::Mirror {
 public:
  StoreMirror(Store& store, Device& device) : store_(store), device_(device) { store.setMirror(this); }
  ~StoreMirror() override;

  // A place for every value of the store.
  Done reserve();
  void* at(const Store::Entry& entry) const;  // null for a value that came after reserve()
  // The device has the newest values after it.
  Done send();
  // The device's values are the newest from here on.
  void changedOnDevice();

  void fetch() override;
  void left() override { hostNewer_ = true; }
  // What went wrong when values were fetched, once: the store then has what it had before.
  Done failed();

 private:
  Store& store_;
  Device& device_;
  std::map<const Store::Entry*, void*> places_;
  std::vector<DeviceMemory> blocks_;
  bool hostNewer_ = true, deviceNewer_ = false, fetching_ = false;
  Done failed_;
};

}  // namespace engine
