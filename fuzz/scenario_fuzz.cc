// Scenario files: whatever the parser accepts, its text form reads back equal;
// whatever it refuses, it names a place.
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/base/check.h"
#include "sim/world/scenario.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using graphdb::sim::ParseScenario;
  using graphdb::sim::WriteScenario;
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto scenario = ParseScenario(bytes, "f");
  if (!scenario.ok()) {
    GRAPHDB_CHECK(scenario.status().message().substr(0, 2) == "f:") << scenario.status().message();
    return 0;
  }
  const std::string text = WriteScenario(*scenario, "r");
  const auto again = ParseScenario(text, "f");
  GRAPHDB_CHECK_OK(again.status());
  GRAPHDB_CHECK(*again == *scenario) << text;
  GRAPHDB_CHECK(WriteScenario(*again, "r") == text) << text;
  return 0;
}
