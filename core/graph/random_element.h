// Random values and elements for tests: small sets with every awkward member
// (extremes, -0.0, NaN, embedded NUL, empty and long texts), so that equal and
// almost equal content is common.
//
// Deterministic in its Random.
#pragma once

#include "core/env/random.h"
#include "core/graph/element.h"

namespace graphdb::graph {

Value RandomScalar(Random* random);
Value RandomStorable(Random* random);          // scalar or list of scalars
Value RandomValue(Random* random, int depth);  // any kind, null and maps included
Node RandomNode(Random* random, ElementId id);
Relationship RandomRelationship(Random* random, RelationshipId id, ElementId start, ElementId end);

}  // namespace graphdb::graph
