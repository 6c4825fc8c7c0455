// graphdb-sim bisect: the moment after which a failure became likely. The world is
// forked at many moments of a failing run; each fork has the same past and, from
// there on, other draws (Antithesis calls this bisecting the past; the moments
// stand closer in a second pass, between the two where the share rose).
//
//   graphdb-sim bisect RUN [--moments N] [--futures N] [--jobs N]
//
// One thread; forks.
#pragma once

#include <string>
#include <vector>

#include "sim/world/program.h"

namespace graphdb::sim {

// How many of the futures of one moment failed by the run's own oracle.
struct Moment {
  uint64_t event = 0;
  uint32_t failed = 0;
};

// Splits the moments where the share of failures before and after differs most,
// by the variance between the two sides: one lucky future moves it little. The
// failure became likely between moments [result - 1] and [result]. `moments` are
// in time, at least two.
size_t LikelySplit(const std::vector<Moment>& moments);

// Everything after the word `bisect`. The exit status: 0 where it found a moment, 1
// where the run doesn't fail.
int BisectMain(const std::vector<std::string>& args, const ProgramFactory& factory,
               bool statements);

}  // namespace graphdb::sim
