// Text as manual pages have it, man(7), for programs that write theirs from their own tables.
#pragma once
#include <string>
#include <string_view>

namespace app {

// Signs that would be commands, and hyphens that somebody may copy. One paragraph: line ends become spaces.
inline std::string roff(std::string_view text) {
  std::string out;
  for (const char sign : text) {
    if (sign == '\\') out += "\\e";
    else if (sign == '-') out += "\\-";
    else if (sign == '"') out += "\\(dq";
    else if (sign == '\'') out += "\\(aq";
    else if (sign == '.' && (out.empty() || out.back() == ' ')) out += "\\&.";
    else out += sign == '\n' ? ' ' : sign;
  }
  return out;
}

inline std::string manHead(std::string_view name, std::string_view version, std::string_view about) {
  std::string upper(name);
  for (char& c : upper)
    if (c >= 'a' && c <= 'z') c = char(c - 'a' + 'A');
  return ".TH " + upper + " 1 \"\" \"" + std::string(name) + " " + roff(version) + "\" Netwright\n.SH NAME\n" + std::string(name) + " \\- " + roff(about) + "\n";
}

inline std::string manSection(std::string_view title) { return ".SH " + roff(title) + "\n"; }
inline std::string manPart(std::string_view title) { return ".SS " + roff(title) + "\n"; }
inline std::string manParagraph(std::string_view text) { return ".PP\n" + roff(text) + "\n"; }
// What is told of stands in bold, `more` beside it.
inline std::string manItem(std::string_view what, std::string_view more, std::string_view about) {
  return ".TP\n\\fB" + roff(what) + "\\fR" + (more.empty() ? "" : "  " + roff(more)) + "\n" + roff(about) + "\n";
}
inline std::string manCode(std::string_view line) { return ".PP\n.nf\n    " + roff(line) + "\n.fi\n"; }

}  // namespace app
