// Whether a node does what its op does.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace engine {

enum class Mode : uint8_t {
  normal,
  bypassed,  // every output gives what comes in: that of the input of its number, where one is wired there, else of the first that is
  muted,     // every output gives zeros of the shape that the op would give; nothing is learned behind it
};

// As in files: "" for a node that works.
inline constexpr std::string_view nameOf(Mode mode) { return mode == Mode::bypassed ? "bypassed" : mode == Mode::muted ? "muted" : ""; }
inline constexpr std::optional<Mode> modeNamed(std::string_view name) {
  for (const Mode mode : {Mode::normal, Mode::bypassed, Mode::muted})
    if (nameOf(mode) == name) return mode;
  return std::nullopt;
}

}  // namespace engine
