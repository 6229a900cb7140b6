// Layers found by type and field, and replaced: in the network and in its blocks.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "engine/document/transaction.h"
#include "engine/graph/fields.h"

namespace engine::document {

struct Search {
  enum class Is : uint8_t { anything, equal, unequal, below, above };  // numbers are below or above, of lists the largest
  std::string type = {};   // "": any
  std::string field = {};  // "": whatever the fields are. A node without that field is not found
  Is is = Is::anything;
  FieldValue value = {};   // that the field is compared with; a field that is not given has its default
  bool operator==(const Search&) const = default;
};

struct SearchHit {
  std::string block;  // the block that it is in; "": the network itself
  NodeId node = 0;
  bool operator==(const SearchHit&) const = default;
};

// In the order of the network, then of its blocks.
std::vector<SearchHit> find(const Document& document, const Search& search);

struct Replacing {
  std::string type = {};   // another type, which keeps the fields that it has too; "": as it is
  std::string field = {};  // of the type that the node has then; "": none
  std::optional<FieldValue> value = {};  // that it gets; none: it goes back to its default
  std::optional<double> factor = {};     // instead of a value: what its numbers are multiplied by, whole ones rounded, within their range
};

// Stages it for all of them. Refuses a value that does not fit, and a field that one of them has not, by that node.
Done replace(Transaction& t, const std::vector<SearchHit>& hits, const Replacing& with);

// The fields of a type of this document's nodes, uses of its blocks among them; empty where nothing is known of it. The initial value of a
// block's is that which stands in it.
std::vector<FieldInfo> fieldsOf(const Document& document, std::string_view type);

}  // namespace engine::document
