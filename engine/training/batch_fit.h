// For how large a batch there is room, before anything takes memory: the plans themselves say what they will take.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>

#include "engine/training/session.h"

namespace engine::training {

// The field of a Problem's edit that sets the batch of every phase that has a larger one; its node is 0.
inline constexpr const char* kBatchOfRecipe = "recipe.batch";

struct BatchQuestion {
  int64_t room = 0;   // bytes that there are
  int64_t begin = 1;  // where to look first: the recipe's batch
  int64_t most = int64_t(1) << 16;  // no larger one is asked for: as many rows as there are
  std::function<bool()> isCancelled = {};  // asked before each plan
};

// The largest batch up to `most` that takes at most the room, 0 where not even a single sample does; none where it was cancelled.
// `bytesOf` says what a batch takes, and none where there is no plan of that size. Where memory does not grow with every sample, as
// where another size is computed another way, it is one that fits and whose next one does not. bytesOf is called for about a dozen
// sizes, and at most for three times the bits of `most`.
std::optional<int64_t> largestBatch(const BatchQuestion& question, const std::function<std::optional<int64_t>(int64_t)>& bytesOf);

// The same of a whole run: of all its phases and evaluations, each phase with that batch. Makes plans and no memory for them.
std::optional<int64_t> largestBatch(Session& session, ForecastOptions options, const BatchQuestion& question);

}  // namespace engine::training
