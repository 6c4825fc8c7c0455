// Procedures that CALL finds by name. Core has none of its own yet; tests
// register tables.
//
// Pure interface; thread-safe where implementations are.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/cypher/datum.h"
#include "core/cypher/static_type.h"

namespace graphdb::cypher {

struct ProcedureField {
  std::string name;
  KindMask kinds = kAnyBits;
};

class Procedure {
 public:
  virtual ~Procedure() = default;
  virtual const std::vector<ProcedureField>& arguments() const = 0;
  virtual const std::vector<ProcedureField>& results() const = 0;
  // One value per result in every row.
  virtual absl::StatusOr<std::vector<DatumList>> Call(const DatumList& arguments) const = 0;
};

class ProcedureRegistry {
 public:
  virtual ~ProcedureRegistry() = default;
  // Null where there is none; lives as long as the registry.
  virtual const Procedure* Find(absl::string_view name) const = 0;
};

}  // namespace graphdb::cypher
