// Keys and the records they point at: any bytes are refused or are exactly what
// the encoders would have made. First byte: which decoder.
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/base/check.h"
#include "core/graph/codec.h"
#include "core/storage/keys.h"
#include "core/storage/mvcc.h"

namespace graphdb {
namespace {

void FuzzKey(absl::string_view bytes) {
  GRAPHDB_CHECK(!storage::DescribeKey(bytes).empty());
  if (const auto key = storage::ParseLogicalKey(bytes); key.ok()) {
    GRAPHDB_CHECK(key->Encode() == bytes);
    GRAPHDB_CHECK(storage::SlotOfKey(bytes) == key->slot);
  }
  if (const auto unwrapped = storage::UnwrapKey(bytes); unwrapped.ok()) {
    const auto tag = static_cast<storage::Tag>(bytes[storage::kKeyHeadBytes - 1]);
    GRAPHDB_CHECK(storage::WrapKey(tag, unwrapped->logical_key, unwrapped->suffix) == bytes);
  }
  absl::string_view logical;
  Timestamp ts;
  if (storage::SplitVersionedKey(bytes, &logical, &ts)) {
    GRAPHDB_CHECK(storage::VersionedKey(logical, ts) == bytes);
  }
}

void FuzzRecord(uint8_t which, absl::string_view bytes) {
  if (which == 1) {
    const auto node = graph::DecodeNode(ElementId(1), bytes);
    if (node.ok()) GRAPHDB_CHECK(graph::EncodeNode(*node) == bytes);
  } else if (which == 2) {
    const auto properties = graph::DecodeRelationshipProperties(bytes);
    if (properties.ok()) GRAPHDB_CHECK(graph::EncodeRelationshipProperties(*properties) == bytes);
  } else {
    const auto ends = graph::DecodeEnds(bytes);
    if (ends.ok()) GRAPHDB_CHECK(graph::EncodeEnds(*ends) == bytes);
  }
}

}  // namespace
}  // namespace graphdb

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const uint8_t which = data[0] % 4;
  const absl::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (which == 0) {
    graphdb::FuzzKey(bytes);
  } else {
    graphdb::FuzzRecord(which, bytes);
  }
  return 0;
}
