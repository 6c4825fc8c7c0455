// DurableTokens: which (shard, index) tokens of an engine are durable, given
// the engine's own sequence numbers. What every KvEngine needs for its
// durable listener, so that sim and prod agree.
//
//   tokens.Add(sequence, shard, index);            // at Write; sequences rise
//   for (auto [shard, index] : tokens.Through(flushed_sequence)) listener(shard, index);
//
// Invariants:
//   1. An index is reported only when every batch written with it, or a lower
//      one, in its shard is at or below the flushed sequence.
//   2. A shard's reports rise.
//
// Not synchronised: deterministic thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/base/ids.h"

namespace graphdb::env {

class DurableTokens {
 public:
  void Add(uint64_t sequence, ShardId shard, LogIndex index) {
    Shard& s = shards_[shard];
    GRAPHDB_CHECK_GE(index, s.written) << "shard " << shard;
    if (index > s.written || s.tokens.empty()) {
      s.tokens.push_back({sequence, index});
    } else {
      s.tokens.back().sequence = sequence;  // the index now needs the later batch, too
    }
    s.written = index;
  }

  // The shards whose durable index rose, and to what, in shard order.
  std::vector<std::pair<ShardId, LogIndex>> Through(uint64_t sequence) {
    std::vector<std::pair<ShardId, LogIndex>> risen;
    for (auto& [shard, s] : shards_) {
      LogIndex through = s.reported;
      while (!s.tokens.empty() && s.tokens.front().sequence <= sequence) {
        through = s.tokens.front().index;
        s.tokens.pop_front();
      }
      if (through == s.reported) continue;
      s.reported = through;
      risen.emplace_back(shard, through);
    }
    return risen;
  }

 private:
  struct Token {
    uint64_t sequence;
    LogIndex index;
  };
  struct Shard {
    std::deque<Token> tokens;
    LogIndex written;
    LogIndex reported;
  };
  std::map<ShardId, Shard> shards_;
};

}  // namespace graphdb::env
