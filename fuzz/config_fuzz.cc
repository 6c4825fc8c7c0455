// Any text as a config file: it is accepted or refused with a message, and what
// was accepted can be described.
#include <cstdint>

#include "core/base/check.h"
#include "prod/config/config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = graphdb::config::ParseConfig(text, "fuzz.yaml");
  if (config.ok()) {
    GRAPHDB_CHECK(config->node_index < config->client_addresses.size());
    GRAPHDB_CHECK(!graphdb::config::Describe(*config).empty());
  } else {
    GRAPHDB_CHECK(!config.status().message().empty());
  }
  return 0;
}
