#include "engine/plan/store_mirror.h"

namespace engine {

namespace {
constexpr const char* kWhat = "the parameters";
}  // namespace

StoreMirror::~StoreMirror() {
  fetch();
  store_.setMirror(nullptr);
}

Done StoreMirror::reserve() {
  int64_t bytes = 0;
  for (const Store::Entry& entry : store_.places())
    if (!places_.contains(&entry)) bytes += DeviceMemory::padded(entry.tensor.bytes());
  if (bytes == 0) return {};
  DeviceMemory block;
  if (Done done = block.reserve(device_, bytes, kWhat); !done) return done;
  std::byte* at = block.data();
  for (const Store::Entry& entry : store_.places())
    if (places_.emplace(&entry, at).second) at += DeviceMemory::padded(entry.tensor.bytes());
  blocks_.push_back(std::move(block));
  return {};
}

void* StoreMirror::at(const Store::Entry& entry) const {
  const auto found = places_.find(&entry);
  return found == places_.end() ? nullptr : found->second;
}

Done StoreMirror::send() {
  if (!hostNewer_) return {};
  for (const auto& [entry, place] : places_)
    if (Done done = device_.upload(place, entry->tensor.data, entry->tensor.bytes(), kWhat); !done) return done;
  hostNewer_ = deviceNewer_ = false;
  return {};
}

void StoreMirror::changedOnDevice() {
  deviceNewer_ = true;
  store_.changedOnDevice();
}

void StoreMirror::fetch() {
  if (!deviceNewer_ || fetching_) return;
  fetching_ = true;
  for (const auto& [entry, place] : places_)
    if (Done done = device_.download(entry->tensor.data, place, entry->tensor.bytes(), kWhat); !done) {
      failed_ = done;
      break;
    }
  deviceNewer_ = fetching_ = false;
}

Done StoreMirror::failed() { return std::exchange(failed_, {}); }

}  // namespace engine
