// Datum and error to and from the messages clients see.
//
// Pure functions; thread-safe.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/cypher/datum.h"
#include "core/cypher/query.h"
#include "proto/client.pb.h"

namespace graphdb::cypher {

void ToProto(const Datum& datum, v1::Value* out);
void ToProto(const Counters& counters, v1::QueryCounters* out);

// kInvalidArgument for what can't be a parameter: nodes, relationships, paths,
// nesting deeper than `nesting_depth_max`.
absl::StatusOr<Datum> FromProto(const v1::Value& value, uint32_t nesting_depth_max);
absl::StatusOr<DatumMap> ParametersFromProto(const v1::MapValue& map, uint32_t nesting_depth_max);

// SYNTAX, SEMANTIC, CONSTRAINT or LIMIT for an error of this package; nothing
// for a status of another origin.
std::optional<v1::ErrorReason> ReasonOf(const absl::Status& status);

}  // namespace graphdb::cypher
