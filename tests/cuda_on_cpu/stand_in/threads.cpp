#include "stand_in/threads.h"

#include "cuda_on_cpu.h"
#include "stand_in/schedule.h"

namespace cuda_on_cpu {

Votes meetBlock(bool vote, const Where& where) { return meetOthers(true, 0, vote, where).votes; }

Votes meetWarp(unsigned mask, const Where& where) { return meetOthers(false, mask, 0, where).votes; }

unsigned ballot(unsigned mask, bool vote, const Where& where) {
  const Meeting& met = meetOthers(false, mask, vote, where);
  unsigned result = 0;
  for (int i = 0; i < warpSize; ++i)
    if (met.present >> i & 1 && met.received[i]) result |= 1u << i;
  return result;
}

uint64_t exchange(unsigned mask, uint64_t value, int source, const Where& where) {
  const Meeting& met = meetOthers(false, mask, value, where);
  return source >= 0 && source < warpSize && met.present >> source & 1 ? met.received[source] : ~uint64_t(0);
}

void checkShuffleWidth(int width) {
  if (width < 1 || width > warpSize || (width & (width - 1)) != 0)
    fail("the width of a shuffle is a power of two up to 32; got " + std::to_string(width));
}

}  // namespace cuda_on_cpu
