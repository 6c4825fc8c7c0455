// The tool over the toy store, for its own tests. --mutate=toy.BUG switches a
// bug on; toy.check fails a check.
#include "core/base/check.h"
#include "core/base/mutant.h"
#include "sim/run/toy_store.h"
#include "sim/tool/tool.h"

namespace graphdb::sim {
namespace {

std::unique_ptr<Program> MakeToy(const ProgramOptions& options, env::Env& env) {
  const char* mutant = ActiveMutant();
  const std::string id = mutant == nullptr ? "" : mutant;
  GRAPHDB_CHECK(id != "toy.check") << "planted";
  const ToyBug bug = id == "toy.edges" ? ToyBug::kLosesIncomingEdge : ToyBug::kNone;
  return ToyStore::Factory(bug)(options, env);
}

}  // namespace
}  // namespace graphdb::sim

int main(int argc, char** argv) {
  return graphdb::sim::ToolMain(argc, argv, graphdb::sim::MakeToy, /*statements=*/false);
}
