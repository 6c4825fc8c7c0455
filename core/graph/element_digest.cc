#include "core/graph/element_digest.h"

#include <string>

#include "core/base/coding.h"
#include "core/graph/codec.h"

namespace graphdb::graph {
namespace {

// Tag, flavour and version: 'n' or 'e', then 'v' and 8 bytes, or '-'.
std::string Head(char tag, uint64_t id, std::optional<Timestamp> version) {
  std::string bytes(1, tag);
  PutFixed64(&bytes, id);
  bytes.push_back(version.has_value() ? 'v' : '-');
  if (version.has_value()) PutFixed64(&bytes, version->value());
  return bytes;
}

}  // namespace

Hash128 NodeDigest(const Hash128& key, const Node& node, std::optional<Timestamp> version) {
  std::string bytes = Head('n', node.id.value(), version);
  EncodeLabels(&bytes, node.labels);
  EncodeProperties(&bytes, node.properties);
  return KeyedHash128(key, bytes);
}

Hash128 RelationshipDigest(const Hash128& key, const Relationship& relationship,
                           std::optional<Timestamp> version) {
  std::string bytes = Head('e', relationship.id.value(), version);
  PutBytes(&bytes, relationship.type);
  PutFixed64(&bytes, relationship.start.value());
  PutFixed64(&bytes, relationship.end.value());
  EncodeProperties(&bytes, relationship.properties);
  return KeyedHash128(key, bytes);
}

}  // namespace graphdb::graph
