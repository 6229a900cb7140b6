// The parameter store: every value that lives from step to step, in PyTorch's layouts and under its name. Plans of a
// project (train, evaluate, predict) read and write the same store; none of them owns it.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/graph/tensor.h"
#include "engine/passes/lower.h"

namespace engine {

class Store {
 public:
  // Where a device holds the values as well. Who reads or writes the store's own waits until the newest are there.
  class Mirror {
   public:
    virtual ~Mirror() = default;
    virtual void fetch() = 0;  // brings the device's values if they are newer
    virtual void left() = 0;   // the store's own values have changed
  };

  struct Entry {
    std::string name;  // "conv1.weight", "norm.running_mean", "conv1.weight.exp_avg"
    NodeId node = 0;
    bool trained = true;
    bool ofOptimizer = false;
    Tensor tensor;  // its address never changes
  };

  // Makes what is missing, with the first values that `seed` gives: they depend on the seed, the node's id and the
  // parameter's own name, and on nothing else in the network. What is there keeps its values; with another shape it is a
  // problem, since trained weights pin their sizes.
  Done add(std::span<const StoredValue> values, uint64_t seed);

  // The moments of the optimizer begin anew: they are zero again.
  void resetOptimizer();

  Entry* find(std::string_view name);  // to be written to: counts as a change
  const Entry* find(std::string_view name) const;
  const std::deque<Entry>& entries() const {  // in the order in which they came
    if (mirror_) mirror_->fetch();
    return entries_;
  }
  int64_t bytes() const;

  // Another number after every change: who has calculated something from the values knows when to do it again. Who writes to
  // entries in another way than by what find() gave calls changed().
  uint64_t version() const { return version_; }
  void changed() {
    ++version_;
    if (mirror_) mirror_->left();
  }
  // The device has written its values.
  void changedOnDevice() { ++version_; }
  void setMirror(Mirror* mirror) { mirror_ = mirror; }  // null: none any more
  // Without a look at the device: for who only wants to know what there is.
  const std::deque<Entry>& places() const { return entries_; }
  const Entry* place(std::string_view name) const;

 private:
  struct Free {
    void operator()(std::byte* p) const;
  };
  std::deque<Entry> entries_;
  std::map<std::string, size_t, std::less<>> byName_;
  uint64_t version_ = 1;
  Mirror* mirror_ = nullptr;
  std::vector<std::unique_ptr<std::byte, Free>> blocks_;
};

// The first values of a parameter; `key` is firstValueKey of its node and name.
void drawInitial(const Initial& initial, const Tensor& tensor, uint64_t seed, uint64_t key);

}  // namespace engine
