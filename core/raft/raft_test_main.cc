// --rewrite (with bazel run): scenarios are written anew instead of compared.
#include <cstdlib>
#include <cstring>
#include <string>

#include "gtest/gtest.h"

namespace graphdb::raft {
extern std::string rewrite_workspace;
}  // namespace graphdb::raft

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--rewrite") != 0) continue;
    const char* workspace = std::getenv("BUILD_WORKSPACE_DIRECTORY");
    graphdb::raft::rewrite_workspace = workspace != nullptr ? workspace : ".";
  }
  return RUN_ALL_TESTS();
}
