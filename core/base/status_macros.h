// Early returns for absl::Status and absl::StatusOr.
//
//   GRAPHDB_RETURN_IF_ERROR(file->Sync());
//   GRAPHDB_ASSIGN_OR_RETURN(const Header header, ParseHeader(bytes));
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define GRAPHDB_RETURN_IF_ERROR(expr)                  \
  do {                                                 \
    absl::Status graphdb_status_ = (expr);             \
    if (!graphdb_status_.ok()) return graphdb_status_; \
  } while (false)

#define GRAPHDB_CONCAT_INNER_(a, b) a##b
#define GRAPHDB_CONCAT_(a, b) GRAPHDB_CONCAT_INNER_(a, b)

#define GRAPHDB_ASSIGN_OR_RETURN(lhs, expr) \
  GRAPHDB_ASSIGN_OR_RETURN_IMPL_(GRAPHDB_CONCAT_(graphdb_statusor_, __LINE__), lhs, expr)

#define GRAPHDB_ASSIGN_OR_RETURN_IMPL_(statusor, lhs, expr) \
  auto statusor = (expr);                                   \
  if (!statusor.ok()) return statusor.status();             \
  lhs = *std::move(statusor)
