// netwright.1: the manual page of the studio, from its table of actions.
#pragma once
#include <span>
#include <string>

struct UsageLine {
  std::string what, about;
};
std::string manPage(std::span<const UsageLine> usage);
