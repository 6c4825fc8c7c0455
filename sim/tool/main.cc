// graphdb-sim: GraphDB's own node in the simulated world.
#include "sim/tool/tool.h"
#include "sim/world/cluster_program.h"

int main(int argc, char** argv) {
  return graphdb::sim::ToolMain(argc, argv, graphdb::sim::ClusterProgramFactory(),
                                /*statements=*/true, graphdb::sim::PeerMessageDescriber());
}
