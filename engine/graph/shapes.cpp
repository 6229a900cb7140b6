#include "engine/graph/shapes.h"

#include <cmath>

namespace engine {

Initial Initial::uniformByFanIn(int64_t fanIn) {
  // In the editor the size may have no number yet; no weights are drawn then.
  return uniform(fanIn > 0 ? 1 / std::sqrt(double(fanIn)) : 0);
}

}  // namespace engine
