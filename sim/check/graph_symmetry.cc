#include "sim/check/graph_symmetry.h"

#include <map>
#include <set>

#include "absl/strings/str_cat.h"

namespace graphdb::sim {
namespace {

using ById = std::map<uint64_t, ListedEdge>;

std::string Show(const ListedEdge& e) {
  return absl::StrCat("relationship ", e.id, " (", e.start, ")-[:", e.type, "]->(", e.end, ")");
}

Violation Bad(const ListedEdge& edge, absl::string_view what) {
  return Violation{"graph-symmetry", absl::StrCat(Show(edge), " ", what)};
}

MaybeViolation Collect(const std::vector<ListedEdge>& list, uint64_t owner, bool out, ById* all) {
  for (const ListedEdge& edge : list) {
    const char* side = out ? "source" : "destination";
    if ((out ? edge.start : edge.end) != owner) {
      return Bad(edge, absl::StrCat("is listed at ", owner, ", which is not its ", side));
    }
    if (!all->emplace(edge.id, edge).second) {
      return Bad(edge, absl::StrCat("is listed twice at its ", side));
    }
  }
  return std::nullopt;
}

}  // namespace

MaybeViolation CheckGraphSymmetry(const std::vector<ListedNode>& nodes) {
  std::set<uint64_t> exists;
  ById out, in;
  for (const ListedNode& node : nodes) exists.insert(node.id);
  for (const ListedNode& node : nodes) {
    if (auto v = Collect(node.out, node.id, true, &out)) return v;
    if (auto v = Collect(node.in, node.id, false, &in)) return v;
  }
  for (const auto& [id, edge] : out) {
    if (exists.count(edge.end) == 0) return Bad(edge, "dangles: its destination does not exist");
    const auto mirror = in.find(id);
    if (mirror == in.end()) return Bad(edge, "is missing at its destination");
    if (!(mirror->second == edge)) {
      return Bad(edge, absl::StrCat("differs at its destination: ", Show(mirror->second)));
    }
  }
  for (const auto& [id, edge] : in) {
    if (exists.count(edge.start) == 0) return Bad(edge, "dangles: its source does not exist");
    if (out.count(id) == 0) return Bad(edge, "is missing at its source");
  }
  return std::nullopt;
}

}  // namespace graphdb::sim
