// Golden bytes of what is persisted (docs/formats/commands.md).
#include "absl/strings/escaping.h"
#include "core/shard/records.h"
#include "core/storage/keys.h"
#include "gtest/gtest.h"
#include "proto/shard.pb.h"

namespace graphdb::shard {
namespace {

std::string Hex(const std::string& bytes) { return absl::BytesToHexString(bytes); }

v1::TxnId Txn() {
  v1::TxnId txn;
  txn.set_start_ts(10);
  txn.set_home_slot(7);
  txn.set_session(5);
  txn.set_sequence(3);
  txn.set_attempt_ts(9);
  return txn;
}

TEST(ShardFormatsTest, GoldenRecordKeys) {
  const ShardId shard(2);
  EXPECT_EQ(Hex(StateKey(shard)), "00004d00027374617465");
  EXPECT_EQ(Hex(TxnRecordKey(Slot(7), Timestamp(10))), "0000540007000000000000000a");
  EXPECT_EQ(Hex(PreparedKey(shard, Timestamp(10))), "00004d000270726570617265642f000000000000000a");
  EXPECT_EQ(Hex(DedupeKey(shard, 5, 3)),
            "00004d00026465647570652f00000000000000050000000000000003");
  EXPECT_EQ(Hex(DedupeAgeKey(shard, Timestamp(20), 5, 3)),
            "00004d00026167652f000000000000001400000000000000050000000000000003");
  EXPECT_EQ(Hex(FenceKey(shard, 5, 3)), "00004d000266656e63652f00000000000000050000000000000003");
  EXPECT_EQ(Hex(FenceAgeKey(shard, Timestamp(20), 5, 3)),
            "00004d000266656e63652d6167652f000000000000001400000000000000050000000000000003");
  EXPECT_EQ(ParseAgeKey(FenceAgeKey(shard, Timestamp(20), 5, 3))->sequence, 3u);
  EXPECT_EQ(Hex(DroppedKey(shard, 5)), "00004d000264726f707065642f0000000000000005");
  EXPECT_EQ(Hex(PendingKey(shard, 5, 3, Timestamp(10))),
            "00004d000270656e64696e672f00000000000000050000000000000003000000000000000a");
  const std::string node = storage::NodeKey(ElementId(1));
  EXPECT_EQ(Hex(WriteIntentKey(node)), "0000574e15a40000000000000001");
  EXPECT_EQ(Hex(ReadIntentKey(node, Timestamp(10))),
            "0000504e15a40000000000000001000000000000000a");
  v1::KeyRange range;
  range.set_begin(node);
  EXPECT_EQ(Hex(RangeIntentKey(range, Timestamp(10), 1)), "00005115a4000000000000000a00000001");
}

TEST(ShardFormatsTest, GoldenRecords) {
  v1::TxnRecord record;
  *record.mutable_txn() = Txn();
  record.set_state(v1::TXN_COMMITTED);
  record.set_commit_ts(20);
  record.add_participant_slots(7);
  record.add_participant_slots(9000);
  record.set_finished(true);
  EXPECT_EQ(Hex(EncodeRecord(record)), "010a0a080a100718052003280910031814220307a8462801");
  v1::DedupeRecord dedupe;
  dedupe.set_start_ts(10);
  dedupe.set_commit_ts(20);
  dedupe.set_result("ok");
  EXPECT_EQ(Hex(EncodeRecord(dedupe)), "01080a10141a026f6b");
  v1::WriteIntentRecord intent;
  intent.set_start_ts(10);
  intent.set_value("v");
  EXPECT_EQ(Hex(EncodeRecord(intent)), "01080a120176");
}

TEST(ShardFormatsTest, GoldenCommand) {
  v1::ShardCommand command;
  command.set_version(1);
  command.set_epoch(1);
  command.set_proposer_term(4);
  command.set_proposal(6);
  *command.mutable_decide()->mutable_txn() = Txn();
  command.mutable_decide()->set_commit_ts(20);
  EXPECT_EQ(Hex(command.SerializeAsString()), "0801100118042006520e0a0a080a10071805200328091014");
}

TEST(ShardFormatsTest, UnknownRecordFormatIsRefused) {
  EXPECT_EQ(DecodeRecord<v1::DedupeRecord>("d", std::string("\x02", 1)).status().code(),
            absl::StatusCode::kUnimplemented);
  EXPECT_EQ(DecodeRecord<v1::DedupeRecord>("d", "").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeRecord<v1::DedupeRecord>("d", "\x01\xff").status().code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace graphdb::shard
