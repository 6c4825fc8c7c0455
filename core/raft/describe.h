// One line of text for messages, entries, configs and statuses: traces, scripts
// and `raft stats`. For people only; nothing parses or hashes it.
//
// Thread-safe.
#pragma once

#include <string>

#include "core/raft/group.h"
#include "core/raft/types.h"

namespace graphdb::raft {

// voters=(1 2 3)&&(1) learners=(4) learners_next=(5) autoleave
std::string DescribeConfig(const Config& config);
// 2/15 "data"    2/16 noop    2/17 config voters=(1 2)
std::string DescribeEntry(const Entry& entry);
// 1->2 Append t2 log 1/14 commit 13 round 4 [2/15 "data"]
std::string DescribeMessage(const Message& message);
// 1->2 Beat all round 4 [1: t2 commit 13, 7: t5 commit 2]
std::string DescribeBeat(const Beat& beat);
// leader t2 vote 1 lead 1 commit 15 applied 15 log 11..15
std::string DescribeStatus(const Status& status);
// replicate match 14 next 16 paused
std::string DescribePeer(const PeerStatus& peer);

}  // namespace graphdb::raft
