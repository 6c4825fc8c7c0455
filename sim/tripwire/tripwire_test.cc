// Goal: scopes arm and disarm as the header says, and an unarmed wire is
// harmless. Method: real calls, with and without; bad_fixture_test.sh tries
// each replaced function in a process of its own.
#include "sim/tripwire/tripwire.h"

#include <chrono>

#include "gtest/gtest.h"

namespace graphdb::sim {
namespace {

TEST(TripwireTest, UnarmedClockWorks) {
  EXPECT_GT(std::chrono::system_clock::now().time_since_epoch().count(), 0);
}

TEST(TripwireTest, ScopesNestAndTheInnermostDecides) {
  EXPECT_FALSE(IsTripwireArmed());
  {
    TripwireArmed armed;
    EXPECT_TRUE(IsTripwireArmed());
    {
      TripwireSafe safe;
      EXPECT_FALSE(IsTripwireArmed());
      {
        TripwireArmed again;
        EXPECT_TRUE(IsTripwireArmed());
      }
      EXPECT_FALSE(IsTripwireArmed());
    }
    EXPECT_TRUE(IsTripwireArmed());
  }
  EXPECT_FALSE(IsTripwireArmed());
}

TEST(TripwireDeathTest, ArmedClockAbortsWithItsName) {
  const auto now_while_armed = [] {
    TripwireArmed armed;
    return std::chrono::system_clock::now();
  };
  EXPECT_DEATH(now_while_armed(), "the simulated world called clock_gettime");
}

}  // namespace
}  // namespace graphdb::sim
