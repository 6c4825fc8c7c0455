// ActorId: who acts in a run: the world itself, a node whatever its
// incarnation, or a client.
//
// Plain values; thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/ids.h"

namespace graphdb::sim {

using ActorId = StrongId<struct ActorIdTag, uint32_t>;
inline constexpr ActorId kWorldActor{0};
inline constexpr uint32_t kNodeCountMax = 63;
inline constexpr ActorId NodeActor(NodeId node) { return ActorId(1 + node.value()); }
inline constexpr ActorId ClientActor(uint32_t client) {
  return ActorId(1 + kNodeCountMax + client);
}
inline constexpr bool IsNodeActor(ActorId actor) {
  return actor.value() >= 1 && actor.value() <= kNodeCountMax;
}
inline constexpr NodeId NodeOf(ActorId actor) { return NodeId(actor.value() - 1); }
// "world", "node1", "client0": nodes count from 1 as in the guide.
std::string ActorName(ActorId actor);

}  // namespace graphdb::sim
