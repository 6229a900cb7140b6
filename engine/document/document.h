// What the user edits and saves: a network of nodes and wires, the data that it reads, and the recipe to train it.
//
// A document is a value. A copy is a snapshot: it shares the nodes, costs microseconds for thousands of them, and may
// be given to another thread. The only mutator is apply(); edits are staged in a Transaction (transaction.h).
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/document/change_set.h"

namespace engine::document {

class Document {
 public:
  using Observer = std::function<void(const ChangeSet&)>;

  // All of a document at once, as readers of files make it. Nodes and wires in any order; each wire's port once.
  struct Parts {
    std::string name;
    std::vector<Node> nodes;
    std::vector<Wire> wires;
    Data data;
    Recipe recipe;
    std::string extras;
    Interface interface = {};
    std::vector<Frame> frames = {};
    std::vector<BlockPointer> blocks = {};
  };

  Document();                                     // empty, without a name
  static Result<Document> assemble(Parts parts);  // verified, see below
  Document(const Document&) = default;
  Document(Document&&) = default;
  // Replaces what is shown without telling the observer, who stays; to be told, apply(between(*this, other)).
  Document& operator=(const Document&) = default;
  Document& operator=(Document&&) = default;

  const std::string& name() const { return *name_; }
  const Data& data() const { return *data_; }
  const Recipe& recipe() const { return *recipe_; }
  const std::string& extras() const { return *extras_; }  // as Node::extras

  // As a block, or as the file of one.
  const Interface& interface() const { return *interface_; }
  const Frames& frames() const { return *frames_; }
  // The blocks that its nodes may be uses of. No pointer is null.
  std::span<const BlockPointer> blocks() const { return blocks_->list; }
  const Document* block(std::string_view name) const;  // null: there is none

  // In the document's order, which is that of the file. No pointer is null.
  std::span<const NodePointer> nodes() const { return nodes_; }
  const Node* node(NodeId id) const;  // null: there is none
  const Node* nodeNamed(std::string_view name) const;
  std::optional<size_t> indexOf(NodeId id) const;

  // Sorted by (to, input).
  std::span<const Wire> wires() const { return wires_; }
  std::span<const Wire> wiresInto(NodeId node) const;  // by input
  const Wire* wireInto(NodeId node, int input) const;  // null: nothing is connected
  std::vector<Wire> wiresFrom(NodeId node) const;

  // Makes the edit and tells the observer, once. Fails, and changes nothing, only where the change set was made for
  // another state of the document. An empty one is no edit: nobody is told.
  Done apply(const ChangeSet& changes);
  // Counts the edits of this object; a snapshot keeps the number.
  uint64_t revision() const { return revision_; }
  // Called after each apply(), with the document in its new state. Copies of the document are not observed.
  void observe(Observer observer) { observer_.call = std::move(observer); }

  // The same content; revision and observer do not count.
  bool operator==(const Document& other) const;

 private:
  friend class Transaction;
  friend ChangeSet between(const Document& before, const Document& after);

  struct Indexed {
    NodeId id;
    uint32_t index;
  };
  struct ObserverSlot {  // stays where it is when documents are copied
    Observer call;
    ObserverSlot() = default;
    ObserverSlot(const ObserverSlot&) {}
    ObserverSlot& operator=(const ObserverSlot&) { return *this; }
  };

  bool fits(const ChangeSet& changes) const;
  void change(const ChangeSet& changes);
  // Edits of a copy that nobody sees yet: apply() and Transaction verify it before anybody does.
  void append(NodePointer node);   // its id is new
  void replace(NodePointer node);  // its id is there
  void insertWire(Wire wire);      // instead of the one at that port
  bool removeWire(NodeId to, int input);
  std::vector<Wire>::iterator wireAt(NodeId to, int input);  // the first one not before that port
  void reindex();

  std::shared_ptr<const std::string> name_, extras_;
  std::shared_ptr<const Data> data_;
  std::shared_ptr<const Recipe> recipe_;
  std::shared_ptr<const Interface> interface_;
  std::shared_ptr<const Frames> frames_;
  std::shared_ptr<const Blocks> blocks_;
  std::vector<NodePointer> nodes_;
  std::vector<Indexed> index_;  // sorted by id
  std::vector<Wire> wires_;
  uint64_t revision_ = 0;
  ObserverSlot observer_;
};

// What holds for every document: ids, names and wired ports are unique; wires, bindings and losses are of nodes that
// are there; there is no cycle; numbers are finite and within their bounds; texts are UTF-8. The place of a problem
// that is not a node's is a field with its JSON path, "recipe.phases[0].batch". Blocks have names of their own, hold for themselves,
// have no blocks, and none is used within itself; exposed fields and frames are of nodes that are there.
Done verify(const Document& document);
// The same for what an edit made of a document of which it held: looks only at what has changed.
Done verifyEdit(const Document& after, const ChangeSet& changes);

// Whether both have the same nodes in the same order, whatever has become of them.
bool sameOrder(const Document& a, const Document& b);

// Whether a wire between the two nodes would keep the network free of cycles (for the hand that still drags it).
Done canConnect(const Document& document, NodeId from, NodeId to);

}  // namespace engine::document
