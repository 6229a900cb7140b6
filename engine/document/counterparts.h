// Which nodes of two documents are the same ones, whatever their ids are: so that files that were made apart can be compared.
#pragma once
#include <unordered_map>

#include "engine/document/transaction.h"

namespace engine::document {

// From ids of `other` to those of `reference`, each at most once. The same id is the same node; then come the same name and type,
// the same name, and at last nodes of one type that stand at the same ports of counterparts, those with the same fields first.
std::unordered_map<NodeId, NodeId> counterparts(const Document& reference, const Document& other);

// `other`, where counterparts have the ids that they have in `reference`; frames those of the same title, blocks of one name likewise.
// What has no counterpart keeps its id. Meant for diff(): nothing else of `other` changes.
Document withIdsOf(const Document& reference, const Document& other);

// Makes a node again what it is in `before`, by its id: type, name, fields, mode, and what is wired to it; one that is not there goes.
// One that comes back gets its readers back too, where nothing else feeds them by now. A use of a block that the project has no
// more brings the block along. Members of a file that this version does not know are not looked at.
Done restore(Transaction& t, const Document& before, NodeId id);

}  // namespace engine::document
