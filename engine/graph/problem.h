// A mistake or a hint as data: where it is, what is needed there, what came instead, and how to mend it.
// Everything that can be wrong (a network, a file, a recipe) is told by this one type. No exceptions cross rooms.
#pragma once
#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <variant>
#include <vector>

#include "engine/graph/shape.h"
#include "engine/graph/type.h"

namespace engine {

using NodeId = uint64_t;  // 0: none

// The value of a field of an op.
using FieldValue = std::variant<bool, int64_t, double, std::string, std::vector<int64_t>, std::vector<double>>;

// A sentence's template with its arguments. {0}, {1}, ... stand for the arguments; the English template is also the
// key by which a translation is found. So a template is one literal, and words are never put together from strings: what is
// a phrase itself is a message in the message.
class Message {
 public:
  using Argument = std::variant<int64_t, double, std::string, Shape, Type, std::vector<Message>>;  // of several messages: with commas between

  Message() = default;
  Message(const Shape& shape) : Message("{0}", shape) {}
  template <class... A>
  Message(const char* text, const A&... arguments) : text_(text), arguments_{argument(arguments)...} {}

  bool empty() const { return text_.empty(); }
  const std::string& text() const { return text_; }
  const std::vector<Argument>& arguments() const { return arguments_; }
  bool operator==(const Message&) const = default;

 private:
  template <class A>
  static Argument argument(const A& a) {
    if constexpr (std::is_integral_v<A>) return int64_t(a);
    else if constexpr (std::is_floating_point_v<A>) return double(a);
    else if constexpr (std::is_convertible_v<A, std::string_view>) return std::string(std::string_view(a));
    else if constexpr (std::is_same_v<A, Message>) return std::vector<Message>{a};
    else return a;
  }
  std::string text_;
  std::vector<Argument> arguments_;
};

std::string toString(const Message& message);

// Which part of a node, document or file a problem is about.
struct Place {
  enum class Kind : uint8_t { whole, input, output, field, file };
  Kind kind = Kind::whole;
  int port = 0;      // input, output
  std::string name;  // field: its name; file: its path

  static Place input(int port) { return {Kind::input, port, {}}; }
  static Place output(int port) { return {Kind::output, port, {}}; }
  static Place field(std::string name) { return {Kind::field, 0, std::move(name)}; }
  static Place file(std::string path) { return {Kind::file, 0, std::move(path)}; }
  bool operator==(const Place&) const = default;
};
Message messageOf(const Place& place);  // "input 0"; empty where it is the whole
std::string toString(const Place& place);

enum class Severity : uint8_t {
  problem,  // it cannot run
  lint      // it can, but is probably not what was meant
};

// One edit of a network that mends a problem; a fix is a list of them.
struct SetField {
  NodeId node;
  std::string field;
  FieldValue value;
  bool operator==(const SetField&) const = default;
};
struct InsertBefore {  // a new node between an input port and what feeds it
  NodeId node;
  int port;
  std::string type;
  bool operator==(const InsertBefore&) const = default;
};
struct RemoveNode {  // and join its first input to its readers
  NodeId node;
  bool operator==(const RemoveNode&) const = default;
};
using FixEdit = std::variant<SetField, InsertBefore, RemoveNode>;

struct Problem {
  NodeId node = 0;
  Place place;
  Severity severity = Severity::problem;
  Message needs;  // "pictures (batch, channels, height, width)"
  Message got;    // "N × 784"; may be empty
  Message fix;    // "put a Reshape before it"; may be empty
  std::vector<FixEdit> edits;  // what a click on the fix does; may be empty

  bool operator==(const Problem&) const = default;
};

// "needs …, but got …; fix", of which the parts are messages. Without the node's name and the place, which the reader of a list sees beside it.
Message messageOf(const Problem& problem);
std::string toString(const Problem& problem);
// The same after the place: "idx.gz: needs …".
std::string withPlace(const Problem& problem);

using Problems = std::vector<Problem>;

template <class T>
using Result = tl::expected<T, Problem>;
using Done = Result<void>;

// A problem with a file: return failure(path, needs, got, fix);
inline tl::unexpected<Problem> failure(std::string path, Message needs, Message got = {}, Message fix = {}) {
  return tl::unexpected(Problem{0, Place::file(std::move(path)), Severity::problem, std::move(needs), std::move(got),
                                std::move(fix), {}});
}

}  // namespace engine
