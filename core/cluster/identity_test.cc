// Goal: a damaged or foreign identity is never taken for a fresh disk, and the
// bytes stay what docs/formats/identity.md says.
#include "core/cluster/identity.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/cluster/applied_record.h"
#include "core/cluster/snapshot_stage.h"
#include "core/graph/codec.h"
#include "core/storage/keys.h"
#include "core/storage/mvcc.h"

namespace graphdb::cluster {
namespace {

Identity Sample() {
  Identity identity;
  identity.state = Identity::State::kMember;
  identity.store = StoreId(0x1122334455667788);
  identity.node = "node1";
  identity.cluster_id = "0123456789abcdef";
  identity.num_shards = 9;
  identity.peers = "node1=10.0.1.10:7000";
  identity.starts = 3;
  return identity;
}

TEST(IdentityTest, RoundTrips) {
  const absl::StatusOr<Identity> back = DecodeIdentity(EncodeIdentity(Sample()));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, Sample());
}

TEST(IdentityTest, BytesAreFixed) {
  EXPECT_EQ(absl::BytesToHexString(EncodeIdentity(Sample())),
            "4744424944454e54b6e4c4e0410200038877665544332211056e6f64653110303132333435363738396162"
            "636465660900146e6f6465313d31302e302e312e31303a373030300300000000000000");
}

TEST(IdentityTest, FormatOneHasNoStarts) {
  Identity expected = Sample();
  expected.starts = 0;
  const absl::StatusOr<Identity> old = DecodeIdentity(absl::HexStringToBytes(
      "4744424944454e5476f0fdf1390100038877665544332211056e6f64653110303132333435363738396162"
      "636465660900146e6f6465313d31302e302e312e31303a37303030"));
  ASSERT_TRUE(old.ok()) << old.status();
  EXPECT_EQ(*old, expected);
}

TEST(IdentityTest, EveryFlippedBitAndEveryTruncationIsRefused) {
  const std::string bytes = EncodeIdentity(Sample());
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(DecodeIdentity(flipped).ok()) << "bit " << bit;
  }
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeIdentity(bytes.substr(0, size)).ok()) << size << " bytes";
  }
}

TEST(AppliedRecordTest, RoundTripsAndRefusesDamage) {
  AppliedRecord record{LogIndex(7), Term(3), {}};
  record.config.voters[ReplicaId(9)] = NodeId(1);
  const std::string bytes = EncodeApplied(record);
  EXPECT_EQ(absl::BytesToHexString(bytes), "01070309010000010901000000");
  EXPECT_EQ(absl::BytesToHexString(AppliedRecordKey(ShardId(3))), "00004d00037265706c696361");
  const absl::StatusOr<AppliedRecord> back = DecodeApplied(bytes);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, record);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeApplied(bytes.substr(0, size)).ok()) << size << " bytes";
  }
  EXPECT_FALSE(DecodeApplied(bytes + "x").ok());
}

// docs/formats/engine-records.md. The golden file never changes: other bytes are
// another format, with a number in the manifest and a file of their own.
TEST(StagedSnapshotTest, TheFileHasItsGoldenBytes) {
  AppliedRecord record{LogIndex(7), Term(3), {}};
  record.config.voters[ReplicaId(9)] = NodeId(1);
  const std::string version(1, '\x01');
  const std::vector<std::pair<std::string, std::string>> pairs = {
      {AppliedRecordKey(ShardId(3)), EncodeApplied(record)},
      {storage::VersionedKey(storage::NodeKey(ElementId(1)), Timestamp(256)),
       version + graph::EncodeNode({ElementId(1), {"A"}, {}})}};
  std::string file;
  for (const auto& [key, value] : pairs) PutStagedPair(&file, key, value);
  std::ifstream in("core/cluster/testdata/staged-snapshot-v1.hex");
  const std::string golden{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  std::string wrapped;
  const std::string hex = absl::BytesToHexString(file);
  for (size_t i = 0; i < hex.size(); i += 64) absl::StrAppend(&wrapped, hex.substr(i, 64), "\n");
  EXPECT_EQ(wrapped, golden) << "now:\n" << wrapped;

  ByteReader reader(file);
  absl::string_view key, value;
  for (const auto& [expected_key, expected_value] : pairs) {
    ASSERT_TRUE(TakeStagedPair(&reader, &key, &value));
    EXPECT_EQ(key, expected_key);
    EXPECT_EQ(value, expected_value);
  }
  EXPECT_TRUE(reader.empty());
  ByteReader cut(absl::string_view(file).substr(0, pairs[0].first.size() + 5));
  EXPECT_FALSE(TakeStagedPair(&cut, &key, &value));
}

TEST(StagedSnapshotTest, ManifestRoundTripsAndRefusesTruncation) {
  const StagedSnapshot staged{"stage-00001-00", 42, 7, "meta"};
  const std::string bytes = EncodeManifest(staged);
  EXPECT_EQ(absl::BytesToHexString(bytes),
            "010e73746167652d30303030312d30302a000000000000000700000004"
            "6d657461");
  const absl::StatusOr<StagedSnapshot> back = DecodeManifest(bytes);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->file, staged.file);
  EXPECT_EQ(back->bytes, staged.bytes);
  EXPECT_EQ(back->meta, staged.meta);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeManifest(bytes.substr(0, size)).ok()) << size << " bytes";
  }
}

}  // namespace
}  // namespace graphdb::cluster
