#include "prod/cli/format_value.h"

#include <limits>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace graphdb::cli {
namespace {

v1::Value Int(int64_t v) {
  v1::Value value;
  value.set_int_value(v);
  return value;
}
v1::Value Text(const std::string& v) {
  v1::Value value;
  value.set_string_value(v);
  return value;
}
v1::Value Float(double v) {
  v1::Value value;
  value.set_float_value(v);
  return value;
}

TEST(FormatValueTest, TextIsCypher) {
  EXPECT_EQ(ValueText(v1::Value()), "null");
  EXPECT_EQ(ValueText(Int(-3)), "-3");
  EXPECT_EQ(ValueText(Float(1)), "1.0");
  EXPECT_EQ(ValueText(Float(0.1)), "0.1");
  EXPECT_EQ(ValueText(Float(1e300)), "1e+300");
  EXPECT_EQ(ValueText(Text("it's\n\x01")), "'it\\'s\\n\\u0001'");
  v1::Value node;
  node.mutable_node_value()->set_id(12);
  node.mutable_node_value()->add_labels("Person");
  node.mutable_node_value()->add_labels("odd label");
  v1::MapEntry* entry = node.mutable_node_value()->mutable_properties()->add_entries();
  entry->set_key("name");
  *entry->mutable_value() = Text("Alice");
  EXPECT_EQ(ValueText(node), "(#12:Person:`odd label` {name: 'Alice'})");
  EXPECT_EQ(ValueJson(node).dump(),
            R"({"id":12,"labels":["Person","odd label"],"properties":{"name":"Alice"}})");
}

TEST(FormatValueTest, JsonHasNoNumberForInfinity) {
  EXPECT_EQ(ValueJson(Float(std::numeric_limits<double>::infinity())).dump(), "\"Infinity\"");
  EXPECT_EQ(ValueJson(Int(std::numeric_limits<int64_t>::max())).dump(), "9223372036854775807");
}

TEST(FormatValueTest, DeepNestingIsCut) {
  v1::Value value = Int(1);
  for (int i = 0; i < 80; ++i) {
    v1::Value outer;
    *outer.mutable_list_value()->add_items() = value;
    value = outer;
  }
  EXPECT_NE(ValueText(value).find("..."), std::string::npos);
}

TEST(FormatValueTest, ResultsAreTablesWithCounts) {
  client::QueryResult result;
  result.columns = {"n.name", "count(*)"};
  v1::Row row;
  *row.add_values() = Text("Zoë");
  *row.add_values() = Int(3);
  result.rows.push_back(row);
  EXPECT_EQ(ResultText(result),
            "n.name  count(*)\n"
            "'Zoë'   3\n"
            "(1 row)\n");
  client::QueryResult write;
  write.counters.set_nodes_created(2);
  EXPECT_EQ(ResultText(write), "nodes created: 2\n");
}

}  // namespace
}  // namespace graphdb::cli
