// Upgrade: when the cluster's version goes up, as etcd does it: by itself, once every
// member's program knows the next one. Says of each shard's leader when its shard follows.
//
//   upgrade.NoteNewest(from, newest);               // with every message
//   if (auto next = upgrade.Next(meta)) ...         // on meta's leader: propose it
//
// Invariants:
//   1. A step is one version, and is taken only while every member has been heard from
//      lately and has said for kSaidFor, without another word, that its program knows it.
//   2. A shard's version never is above meta's.
//
// A member that goes back to the older program in the very moment of the switch can't be seen
// here: it stops by itself, and names the version (start_checks.h, MetaStateMachine).
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "core/cluster/node.h"
#include "proto/shard.pb.h"

namespace graphdb::cluster {

class Upgrade {
 public:
  static constexpr Duration kHeardWithin = Duration::Milliseconds(500);
  static constexpr Duration kSaidFor = Duration::Seconds(1);
  static constexpr Duration kTryEvery = Duration::Seconds(1);

  Upgrade(const NodeOptions& options, env::Env& env) : options_(options), env_(env) {}

  // A message of `from` says that its program knows versions through `newest`.
  void NoteNewest(NodeId from, uint32_t newest);
  // The version to propose in meta now; nothing again before kTryEvery is over.
  // REQUIRES: meta is led here, and the cluster is formed.
  std::optional<uint32_t> Next(const v1::MetaStateView& meta);
  // What the shards led here have to follow to.
  uint32_t OfShards(const v1::MetaStateView& meta) const;

 private:
  struct Said {
    uint32_t newest = 0;
    Instant since;  // without another word
    Instant last;
  };
  bool Knows(NodeId node, uint32_t version) const;

  const NodeOptions& options_;
  env::Env& env_;
  std::map<NodeId, Said> said_;
  std::optional<Instant> tried_;
};

}  // namespace graphdb::cluster
