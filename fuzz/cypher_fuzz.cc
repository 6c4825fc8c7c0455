// Any text: parsing and planning end with a plan or with an error that says
// what and where; they never crash, hang or answer without a position.
#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "core/base/check.h"
#include "core/cypher/error.h"
#include "core/cypher/query.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const auto plan = graphdb::cypher::Prepare(text, {});
  if (plan.ok()) {
    GRAPHDB_CHECK((*plan)->text() == text);
    GRAPHDB_CHECK(!(*plan)->Describe().empty());
    return 0;
  }
  const std::optional<graphdb::cypher::Error> error = graphdb::cypher::ErrorOf(plan.status());
  GRAPHDB_CHECK(error.has_value()) << plan.status().ToString();
  GRAPHDB_CHECK(!error->detail.empty()) << plan.status().ToString();
  const bool whole_text = error->detail == "query_bytes_max";
  GRAPHDB_CHECK(whole_text || error->line > 0) << plan.status().ToString();
  return 0;
}
