// Golden bytes of every record and command of the shard and meta groups
// (docs/formats/commands.md).
#include <google/protobuf/text_format.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/shard/records.h"
#include "core/storage/keys.h"
#include "gtest/gtest.h"
#include "proto/client.pb.h"
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

v1::KeyRange Range() {
  v1::KeyRange range;
  range.set_begin("a");
  range.set_end("b");
  return range;
}

v1::TxnPart Part() {
  v1::TxnPart part;
  part.add_read_keys("r");
  *part.add_read_ranges() = Range();
  v1::TxnWrite* const create = part.add_writes();
  create->set_key("k");
  create->set_value("v");
  create->set_create(true);
  v1::TxnWrite* const remove = part.add_writes();
  remove->set_key("l");
  remove->set_tombstone(true);
  return part;
}

v1::SlotRange Slots() {
  v1::SlotRange slots;
  slots.set_first(5);
  slots.set_last(9);
  return slots;
}

v1::MetaMember Member() {
  v1::MetaMember member;
  member.set_node(1);
  member.set_store_id(300);
  member.set_name("node2");
  member.set_raft_address("r:1");
  member.set_client_address("c:1");
  member.set_voter(true);
  return member;
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

TEST(ShardFormatsTest, GoldenRecordsOfThePrepared) {
  v1::RangeIntentRecord range;
  range.set_start_ts(10);
  *range.mutable_range() = Range();
  EXPECT_EQ(Hex(EncodeRecord(range)), "01080a12060a0161120162");
  v1::PreparedRecord prepared;
  *prepared.mutable_txn() = Txn();
  prepared.add_write_keys("w");
  prepared.add_read_keys("r");
  prepared.add_range_keys("q");
  prepared.set_home(true);
  EXPECT_EQ(Hex(EncodeRecord(prepared)), "010a0a080a10071805200328091201771a01722201712801");
  v1::TxnId txn = Txn();
  txn.set_attempt(2);
  EXPECT_EQ(Hex(EncodePending(txn)), "0007000000000000000900000002");
  const absl::StatusOr<v1::TxnId> back =
      DecodePending(PendingKey(ShardId(2), 5, 3, Timestamp(10)), EncodePending(txn));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->SerializeAsString(), txn.SerializeAsString());
}

TEST(ShardFormatsTest, GoldenRecordsOfGroups) {
  v1::FenceRecord fence;
  fence.set_fence_ts(20);
  fence.set_attempt(2);
  EXPECT_EQ(Hex(EncodeRecord(fence)), "0108141002");
  v1::DroppedRecord dropped;
  dropped.set_sequence(300);
  EXPECT_EQ(Hex(EncodeRecord(dropped)), "0108ac02");
  v1::ShardStateRecord state;
  state.set_epoch(2);
  *state.add_slots() = Slots();
  state.set_start_ts_floor(10);
  state.set_dedupe_floor(11);
  state.set_read_floor(12);
  state.set_cluster_version(1);
  EXPECT_EQ(Hex(EncodeRecord(state)), "010802120408051009180a200b280c3001");
  v1::MetaStateView meta;
  meta.set_cluster_id("id");
  meta.set_num_shards(9);
  *meta.add_members() = Member();
  meta.mutable_map()->set_epoch(3);
  v1::MetaShard* const shard = meta.mutable_map()->add_shards();
  shard->set_shard(1);
  shard->set_epoch(2);
  *shard->add_slots() = Slots();
  meta.set_cluster_version(1);
  meta.set_oracle_bound(400);
  meta.set_id_bound(500);
  meta.set_peers("p");
  meta.set_cluster_key("k");
  EXPECT_EQ(Hex(EncodeRecord(meta)),
            "010a02696410091a18080110ac021a056e6f6465322203723a312a03633a313001"
            "220e0803120a080110021a0408051009280130900338f4034201704a016b");
}

v1::ShardCommand Command() {
  v1::ShardCommand command;
  command.set_version(1);
  command.set_epoch(1);
  command.set_proposer_term(4);
  command.set_proposal(6);
  return command;
}

std::string Bytes(const v1::ShardCommand& command) { return Hex(command.SerializeAsString()); }

TEST(ShardFormatsTest, GoldenCommandsOfTransactions) {
  v1::ShardCommand command = Command();
  v1::OneShardCommit* const commit = command.mutable_commit();
  *commit->mutable_txn() = Txn();
  commit->mutable_txn()->set_attempt(2);
  *commit->mutable_part() = Part();
  commit->set_result("ok");
  commit->set_commit_ts(20);
  EXPECT_EQ(Bytes(command),
            "080110011804200642320a0c080a10071805200328093002121c0a017212060a01611201621a080a01"
            "6b12017620011a050a016c18011a026f6b2014");
  v1::Prepare* const prepare = command.mutable_prepare();
  *prepare->mutable_txn() = Txn();
  *prepare->mutable_part() = Part();
  prepare->set_home(true);
  prepare->add_participant_slots(7);
  prepare->add_participant_slots(9000);
  EXPECT_EQ(Bytes(command),
            "08011001180420064a310a0a080a1007180520032809121c0a017212060a01611201621a080a016b12"
            "017620011a050a016c18011801220307a846");
  *command.mutable_decide()->mutable_txn() = Txn();
  command.mutable_decide()->set_commit_ts(20);
  EXPECT_EQ(Bytes(command), "0801100118042006520e0a0a080a10071805200328091014");
  command.mutable_decide()->set_result("ok");
  EXPECT_EQ(Bytes(command), "080110011804200652120a0a080a100718052003280910141a026f6b");
  command.mutable_resolve()->set_start_ts(10);
  command.mutable_resolve()->set_state(v1::TXN_COMMITTED);
  command.mutable_resolve()->set_commit_ts(20);
  EXPECT_EQ(Bytes(command), "08011001180420065a06080a10031814");
  *command.mutable_question()->mutable_txn() = Txn();
  command.mutable_question()->set_mode(v1::ABORT);
  EXPECT_EQ(Bytes(command), "0801100118042006620e0a0a080a10071805200328091002");
  command.mutable_fence()->set_session(5);
  command.mutable_fence()->set_sequence(3);
  command.mutable_fence()->set_fence_ts(20);
  command.mutable_fence()->set_attempt(2);
  EXPECT_EQ(Bytes(command), "08011001180420066a080805100318142002");
  *command.mutable_finish()->mutable_txn() = Txn();
  EXPECT_EQ(Bytes(command), "0801100118042006720c0a0a080a1007180520032809");
}

TEST(ShardFormatsTest, GoldenCommandsOfGroups) {
  v1::ShardCommand command = Command();
  command.mutable_raise_floors()->set_start_ts_floor(10);
  command.mutable_raise_floors()->set_dedupe_floor(11);
  command.mutable_raise_floors()->set_read_floor(12);
  EXPECT_EQ(Bytes(command), "08011001180420067a06080a100b180c");
  *command.mutable_adopt()->add_slots() = Slots();
  command.mutable_adopt()->set_epoch(2);
  command.mutable_adopt()->set_digest("d");
  EXPECT_EQ(Bytes(command), "080110011804200682010b0a040805100910021a0164");
  command.mutable_cluster_version()->set_version(2);
  EXPECT_EQ(Bytes(command), "08011001180420068a01020802");
  v1::ImportedVersion* const version = command.mutable_import()->add_versions();
  version->set_key("k");
  version->set_commit_ts(20);
  version->set_value("v");
  version->set_tombstone(true);
  EXPECT_EQ(Bytes(command), "080110011804200692010c0a0a0a016b10141a01762001");
}

TEST(ShardFormatsTest, GoldenCommandsOfMeta) {
  v1::MetaCommand command;
  const auto bytes = [&command] { return Hex(command.SerializeAsString()); };
  command.set_version(1);
  command.set_proposer_term(4);
  command.set_proposal(6);
  v1::Found* const found = command.mutable_found();
  found->set_cluster_id("id");
  found->set_num_shards(9);
  *found->add_members() = Member();
  found->set_oracle_bound(400);
  found->set_id_bound(500);
  found->set_peers("p");
  found->set_cluster_key("k");
  EXPECT_EQ(bytes(),
            "080110041806422c0a02696410091a18080110ac021a056e6f6465322203723a312a03633a31300120"
            "900328f4033201703a016b");
  command.mutable_raise_bounds()->set_oracle_bound(400);
  command.mutable_raise_bounds()->set_id_bound(500);
  EXPECT_EQ(bytes(), "0801100418064a0608900310f403");
  command.mutable_allocate_ids()->set_count(1000);
  EXPECT_EQ(bytes(), "080110041806520308e807");
  *command.mutable_put_member()->mutable_member() = Member();
  EXPECT_EQ(bytes(), "0801100418065a1a0a18080110ac021a056e6f6465322203723a312a03633a313001");
  command.mutable_cluster_version()->set_version(2);
  EXPECT_EQ(bytes(), "08011004180662020802");
}

// What a client was told, kept for its retry: every kind of value and of result.
TEST(ShardFormatsTest, GoldenResults) {
  const std::string node =
      "{ id: 1 labels: 'A' properties { entries { key: 'k' value { int_value: 1 } } } }";
  const std::string edge = "{ id: 7 type: 'T' start: 1 end: 2 }";
  v1::QueryRows rows;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      absl::StrCat("columns: 'c' rows { values {} values { bool_value: true }"
                   " values { int_value: 42 } values { float_value: 1.5 }"
                   " values { string_value: 'a' } values { bytes_value: 'b' }"
                   " values { list_value { items { int_value: 1 } } }"
                   " values { map_value { entries { key: 'k' value { int_value: 1 } } } }"
                   " values { node_value ",
                   node, "} values { relationship_value ", edge, "} values { path_value { nodes ",
                   node, " relationships ", edge,
                   "} } } counters { nodes_created: 1 nodes_deleted: 2 relationships_created: 3"
                   " relationships_deleted: 4 properties_set: 5 labels_added: 6"
                   " labels_removed: 7 }"),
      &rows));
  EXPECT_EQ(Hex(rows.SerializeAsString()),
            "0a016312760a000a0208010a02102a0a0919000000000000f83f0a032201610a032a01620a0632040a02"
            "10010a0b3a090a070a016b120210010a12421008011201411a090a070a016b120210010a0b4a09080712"
            "0154180120020a1f521d0a1008011201411a090a070a016b1202100112090807120154180120021a0e08"
            "01100218032004280530063807");
  v1::BatchResult batch;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      absl::StrCat("results { node ", node, "} results { edge ", edge, "} results { edges { edges ",
                   edge, "} } results { value { int_value: 1 } }"),
      &batch));
  EXPECT_EQ(Hex(batch.SerializeAsString()),
            "0a120a1008011201411a090a070a016b120210010a0b12090807120154180120020a0d1a0b0a09080712"
            "0154180120020a0422021001");
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
