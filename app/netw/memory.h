// Memory of this process, as the system counts it.
#pragma once
#include <cstdint>

namespace netw {

int64_t residentBytes();      // now
int64_t peakResidentBytes();  // at most, so far

}  // namespace netw
