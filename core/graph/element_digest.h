// The digest of one element: a keyed 128-bit hash of type tag, id, optionally
// the version, and the canonical bytes, each with its length where it has one
// (docs/formats/element.md). Digests of many elements are summed modulo 2^128.
//
//   sum.Add(NodeDigest(kDefaultDigestKey, node, commit_ts));   // exact replicas
//   sum.Add(NodeDigest(key, node, std::nullopt));              // same content
//
// Invariants:
//   1. It depends on content alone: a database, a snapshot file and a stream of
//      the same state have the same sum.
//   2. Two different elements never hash the same bytes: every part has a fixed
//      length or is preceded by its length.
//
// Pure functions; thread-safe.
#pragma once

#include <optional>

#include "core/base/hash128.h"
#include "core/base/ids.h"
#include "core/graph/element.h"

namespace graphdb::graph {

// Guards against accidents, not against an attacker: who wants a secret key
// passes one of their own.
inline constexpr Hash128 kDefaultDigestKey{0x6772617068646967u, 0x6573742d76310001u};

Hash128 NodeDigest(const Hash128& key, const Node& node, std::optional<Timestamp> version);
Hash128 RelationshipDigest(const Hash128& key, const Relationship& relationship,
                           std::optional<Timestamp> version);

}  // namespace graphdb::graph
