#include "core/cluster/fitness.h"

#include "core/base/cover.h"
#include "core/base/mutant.h"

namespace graphdb::cluster {

void Fitness::LookAtLog(const raft::NodeLog& log) {
  const Instant now = env_.clock.Monotonic();
  const bool same = !log.idle() && log.stats().blocks == blocks_;
  blocks_ = log.stats().blocks;
  looks_ = same ? looks_ + 1 : 0;
  if (looks_ >= kLooksForAWrite && !GRAPHDB_MUTANT("cluster.leads-though-unfit")) {
    GRAPHDB_COVER("cluster.unfit_by_its_disk");
    if (fit()) {
      env_.log.Log(env::LogLevel::kWarning, "cluster",
                   "not fit to lead: its log takes more than 500 ms for a write; leadership goes "
                   "to nodes that are");
    }
    slow_at_ = now;
  } else if (!fit() && now - *slow_at_ > kRemembered) {
    slow_at_.reset();
    env_.log.Log(env::LogLevel::kInfo, "cluster", "fit to lead again");
  }
}

}  // namespace graphdb::cluster
