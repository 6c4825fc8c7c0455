// The tool over the toy store, for its own tests. --mutate=toy.BUG switches a bug on:
// toy.check fails a check at once and toy.late in the run, toy.storm and toy.hang never
// come to rest, toy.edges loses incoming relationships.
#include "core/base/check.h"
#include "core/base/mutant.h"
#include "sim/run/toy_store.h"
#include "sim/tool/tool.h"

namespace graphdb::sim {
namespace {

// Each event brings the next.
void Storm(env::Env& env) {
  env.scheduler.Post("toy.storm", [&env] { Storm(env); });
}

std::unique_ptr<Program> MakeToy(const ProgramOptions& options, env::Env& env) {
  const char* mutant = ActiveMutant();
  const std::string id = mutant == nullptr ? "" : mutant;
  GRAPHDB_CHECK(id != "toy.check") << "planted";
  if (id == "toy.storm") Storm(env);
  if (id == "toy.late") {
    env.scheduler.After(Duration::Seconds(5), "toy.late",
                        [] { GRAPHDB_CHECK(false) << "planted"; });
  }
  if (id == "toy.hang") {
    env.scheduler.Post("toy.hang", [] {
      for (volatile bool on = true; on;) {
      }
    });
  }
  const ToyBug bug = id == "toy.edges" ? ToyBug::kLosesIncomingEdge : ToyBug::kNone;
  return ToyStore::Factory(bug)(options, env);
}

}  // namespace
}  // namespace graphdb::sim

int main(int argc, char** argv) {
  return graphdb::sim::ToolMain(argc, argv, graphdb::sim::MakeToy, /*statements=*/false);
}
