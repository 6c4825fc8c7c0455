#include "sim/check/history.h"

#include "absl/strings/str_format.h"

namespace graphdb::sim {

std::string OpName(uint32_t client, Duration at) {
  const int64_t us = at.nanoseconds() / 1'000;
  return absl::StrFormat("client%d@%d.%06ds", client, us / 1'000'000, us % 1'000'000);
}

}  // namespace graphdb::sim
