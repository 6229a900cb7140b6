// Edits staged on a copy of a document, to become one change set or none.
#pragma once
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "engine/document/document.h"

namespace engine::document {

// Every edit answers at once where it can tell; the first failure is kept, and finish() gives it back, so that a caller
// may stage everything and look once. What concerns the whole (names that are there twice, cycles) is told by finish():
// names may be swapped, wires turned, in any order.
//
// The document that it was made of may change meanwhile: the change set then no longer fits it (see apply()).
class Transaction {
 public:
  explicit Transaction(const Document& document) : before_(document), after_(document) {}

  // The document as staged so far.
  const Document& view() const { return after_; }

  // An id of 0 is replaced by a random one, an empty name by one after the type, with a number where it is taken.
  Result<NodeId> addNode(Node node);
  // Their wires go with them, their binding, their terms in the losses, and frames that have no other nodes.
  Done removeNodes(std::span<const NodeId> ids);
  Done removeNode(NodeId id) { return removeNodes({&id, 1}); }
  // Replaces the wire that the input port has, if any.
  Done connect(NodeId from, int output, NodeId to, int input);
  Done disconnect(NodeId to, int input);

  Done setField(NodeId id, std::string_view field, FieldValue value);
  Done clearField(NodeId id, std::string_view field);  // back to the op's default
  Done rename(NodeId id, std::string name);
  Done move(NodeId id, std::optional<Position> position);
  Done swapPlaces(NodeId a, NodeId b);  // in the document's order: of ports, it is theirs
  Done setMode(NodeId id, Mode mode);
  Done setFrozen(NodeId id, bool frozen);
  // A node of another type in the place of this one: id, name, wires and the fields named in `kept` stay.
  Done setType(NodeId id, std::string type, std::span<const std::string_view> kept);

  Done setName(std::string name);
  Done setData(Data data);
  Done setBinding(Binding binding);  // instead of the node's former one
  Done clearBinding(NodeId node);
  Done setRecipe(Recipe recipe);
  Done setInterface(Interface interface);  // of a block, or of the file of one

  // Instead of the one with its id; an id of 0 is a new one. Its nodes come into the document's order.
  Result<NodeId> setFrame(Frame frame);
  Done removeFrame(NodeId id);  // its nodes stay

  // Of the project: the block by its name, instead of the one that it has. Wires of its uses stay with their ports, which are
  // known by their nodes' ids, and go with those that are gone.
  Done setBlock(Document block);
  // A field that the block shows gets another name, with the values that its uses give to it.
  Done renameField(std::string_view block, const std::string& from, const std::string& to);
  Done removeField(std::string_view block, const std::string& name);  // with those values
  Done removeBlock(std::string_view name);  // refused while anything uses it
  Done renameBlock(std::string_view name, const std::string& to);  // with all its uses
  // A file of a block comes in, with those that it uses: one that the project has already is taken, another one of the same
  // name leaves it as it is and gets a number. The name that it has here comes back.
  Result<std::string> bringBlock(const Document& file);
  // All blocks of another project, likewise: under which names they are here.
  Result<std::map<std::string, std::string>> bringBlocks(const Document& from);
  // A use gets a block of its own, a copy that others do not follow; its name comes back.
  Result<std::string> detach(NodeId id);
  // By path, as set() of set.h has it.
  Done set(std::string_view path, std::string_view value);

  // The name itself, or with the first number that makes it free: "linear_2". For what is pasted.
  std::string freeName(const std::string& wish);
  // The same for a block: no other, and no op, has it.
  std::string freeBlockName(const std::string& wish) const;

  // What has changed; empty where nothing has.
  Result<ChangeSet> finish() const;

 private:
  template <class Edit>
  Done edit(NodeId id, Edit&& edit);  // on a copy of the node, which then replaces it
  template <class Edit>
  Done editData(Edit&& edit);
  template <class Own, class Around>
  void eachAround(std::string_view block, Own&& own, Around&& around);
  void replaceField(std::string_view block, std::string from, std::optional<std::string> to);  // none: away
  using PortMap = std::vector<int>;
  static PortMap portMap(const Document& before, const Document& after, std::string_view type);
  static void rewire(Document& document, const std::string& block, const PortMap& inputs, const PortMap& outputs);
  Result<std::map<std::string, std::string>> bring(std::vector<Document> blocks);
  static bool retype(Document& document, const std::string& from, const std::string& to);  // whether there were any
  tl::unexpected<Problem> refuse(NodeId node, Place place, Message needs, Message got, Message fix = {});
  tl::unexpected<Problem> refuseMissing(NodeId id);

  Document before_, after_;
  std::optional<Problem> problem_;
  std::unordered_set<std::string> taken_;            // names, from the first freeName() on
  std::unordered_map<std::string, int> nextNumber_;  // of each wish
};

// How many nodes are uses of a block, in the network and in all blocks.
int usesOf(const Document& document, std::string_view block);

}  // namespace engine::document
