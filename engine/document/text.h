// Small questions about texts that documents ask: is it UTF-8, and which name was meant.
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace engine::document {

// As the standard has it: no overlong forms, no surrogates, nothing above U+10FFFF.
bool isUtf8(std::string_view text);

// The candidate with the fewest edits from `text`, "" where none is near.
std::string_view nearest(std::string_view text, std::span<const std::string_view> candidates);

}  // namespace engine::document
