#include "core/graph/element.h"

#include <algorithm>

namespace graphdb::graph {

bool Node::HasLabel(absl::string_view label) const {
  return std::binary_search(labels.begin(), labels.end(), label,
                            [](absl::string_view a, absl::string_view b) { return a < b; });
}

}  // namespace graphdb::graph
