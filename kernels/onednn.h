// How this floor calls oneDNN: primitives are made on one thread with a scratchpad of the caller's, and are run through
// calls that own all that an execution needs, so that it allocates nothing of ours. Only kernels/*.cpp include this.
#pragma once

#include <cstddef>
#include <exception>
#include <oneapi/dnnl/dnnl.hpp>
#include <utility>
#include <vector>

#include "kernels/pool.h"

namespace kernels::onednn {

inline constexpr int64_t alignment = 64;
inline int64_t aligned(int64_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }
inline int64_t bytesOf(const dnnl::memory::desc& desc) { return aligned(int64_t(desc.get_size())); }

inline dnnl::engine& engine() {
  static dnnl::engine one(dnnl::engine::kind::cpu, 0);
  return one;
}

inline dnnl::primitive_attr userScratchpad() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

// One primitive with memory objects of its own. Two threads may run two calls of one primitive, not one call.
class Call {
 public:
  Call() = default;
  // `arguments`: what dnnl.hpp calls DNNL_ARG_SRC and so on, in the order in which run() takes the pointers.
  Call(dnnl::primitive primitive, const std::vector<std::pair<int, dnnl::memory::desc>>& arguments)
      : primitive_(std::move(primitive)), stream_(engine()), data_(arguments.size(), nullptr) {
    for (const auto& [argument, desc] : arguments) {
      memories_.push_back(dnnl::memory(desc, engine(), DNNL_MEMORY_NONE));
      arguments_.push_back({argument, memories_.back().get()});
    }
  }

  template <class... Pointers>
  void run(Pointers... pointers) {
    const void* given[] = {pointers...};
    for (size_t i = 0; i < sizeof...(pointers); ++i) {
      if (given[i] == data_[i]) continue;  // in a plan they stay the same from step to step
      check(dnnl_memory_set_data_handle(arguments_[i].memory, const_cast<void*>(given[i])));
      data_[i] = given[i];
    }
    oneThreadForLibraries();
    check(dnnl_primitive_execute(primitive_.get(), stream_.get(), int(arguments_.size()), arguments_.data()));
  }

 private:
  // Everything was checked when the primitive was made; what is left is that the library finds no memory for itself.
  static void check(dnnl_status_t status) {
    if (status != dnnl_success) std::terminate();
  }

  dnnl::primitive primitive_;
  dnnl::stream stream_;
  std::vector<dnnl::memory> memories_;
  std::vector<dnnl_exec_arg_t> arguments_;
  std::vector<const void*> data_;
};

}  // namespace kernels::onednn
