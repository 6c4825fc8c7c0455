// Early returns for absl::Status and absl::StatusOr inside coroutines.
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/status_macros.h"

#define GRAPHDB_CO_RETURN_IF_ERROR(expr)                  \
  do {                                                    \
    absl::Status graphdb_status_ = (expr);                \
    if (!graphdb_status_.ok()) co_return graphdb_status_; \
  } while (false)

#define GRAPHDB_CO_ASSIGN_OR_RETURN(lhs, expr) \
  GRAPHDB_CO_ASSIGN_OR_RETURN_IMPL_(GRAPHDB_CONCAT_(graphdb_statusor_, __LINE__), lhs, expr)

#define GRAPHDB_CO_ASSIGN_OR_RETURN_IMPL_(statusor, lhs, expr) \
  auto statusor = (expr);                                      \
  if (!statusor.ok()) co_return statusor.status();             \
  lhs = *std::move(statusor)
