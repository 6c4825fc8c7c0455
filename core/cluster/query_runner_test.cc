// How an answer is cut into messages that an ordinary client takes.
#include "core/cluster/query_runner.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace graphdb::cluster {
namespace {

v1::QueryRows Rows(const std::vector<size_t>& sizes) {
  v1::QueryRows rows;
  rows.add_columns("x");
  for (const size_t size : sizes) {
    rows.add_rows()->add_values()->set_string_value(std::string(size, 'x'));
  }
  rows.mutable_counters()->set_nodes_created(7);
  return rows;
}

TEST(InPiecesTest, RowsAreCutByNumberAndByBytes) {
  constexpr size_t kLong = 300 << 10;
  const std::vector<size_t> sizes = {kLong, kLong, kLong, kLong, kLong, 5u << 20, 1, 1};
  std::vector<size_t> all = sizes;
  all.resize(sizes.size() + kRowsPerResponse, 1);
  const std::vector<v1::QueryRows> pieces = InPieces(Rows(all));
  std::vector<size_t> back;
  std::vector<int> counts;
  for (const v1::QueryRows& piece : pieces) {
    counts.push_back(piece.rows_size());
    const bool cut = piece.rows_size() > 1;
    EXPECT_TRUE(!cut || piece.ByteSizeLong() < kRowBytesPerResponse + 1000);
    for (const v1::Row& row : piece.rows()) back.push_back(row.values(0).string_value().size());
  }
  EXPECT_EQ(back, all) << "every row once, in order";
  EXPECT_EQ(counts, (std::vector<int>{3, 2, 1, kRowsPerResponse, 2}));
  EXPECT_EQ(pieces.front().columns_size(), 1);
  EXPECT_EQ(pieces.back().columns_size(), 0);
  EXPECT_FALSE(pieces.front().has_counters());
  EXPECT_EQ(pieces.back().counters().nodes_created(), 7u);
}

TEST(InPiecesTest, AnAnswerWithoutRowsIsOnePiece) {
  const std::vector<v1::QueryRows> pieces = InPieces(Rows({}));
  ASSERT_EQ(pieces.size(), 1u);
  EXPECT_EQ(pieces[0].columns_size(), 1);
  EXPECT_EQ(pieces[0].counters().nodes_created(), 7u);
}

}  // namespace
}  // namespace graphdb::cluster
