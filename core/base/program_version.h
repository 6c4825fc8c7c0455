// The version of the programs.
#pragma once

namespace graphdb {

inline constexpr char kProgramVersion[] = "0.3.0";
// What a node without a raft section says it is (design.md, "What it is").
inline constexpr char kMilestone2Version[] = "0.2.9";

}  // namespace graphdb
