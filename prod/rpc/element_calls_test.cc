#include "prod/rpc/element_calls.h"

#include "gtest/gtest.h"

namespace graphdb::prod {
namespace {

TEST(ElementCallsTest, EachIsABatchOfOneWithItsSession) {
  v1::CreateNodeRequest create;
  create.mutable_options()->set_session(7);
  create.mutable_options()->set_sequence(3);
  create.mutable_options()->set_retry(true);
  create.mutable_node()->add_labels("Person");
  const v1::ClientRequest request = ToBatch(create);
  EXPECT_EQ(request.session(), 7u);
  EXPECT_EQ(request.sequence(), 3u);
  EXPECT_TRUE(request.retry());
  ASSERT_EQ(request.batch().ops_size(), 1);
  EXPECT_EQ(request.batch().ops(0).create_node().labels(0), "Person");

  v1::UpdateRequest update;
  update.mutable_edge()->set_id(5);
  EXPECT_EQ(ToBatch(update).batch().ops(0).update_edge().id(), 5u);
  v1::DeleteRequest erase;
  erase.mutable_node()->set_id(6);
  EXPECT_EQ(ToBatch(erase).batch().ops(0).delete_node().id(), 6u);
}

TEST(ElementCallsTest, AnAbsentNodeIsNotFound) {
  v1::ClientResponse response;
  response.mutable_batch()->add_results();
  v1::GetNodeResponse get;
  EXPECT_EQ(FromBatch(response, &get).reason(), v1::NO_SUCH_ELEMENT);
  response.mutable_batch()->mutable_results(0)->mutable_node()->set_id(4);
  EXPECT_EQ(FromBatch(response, &get).code(), 0);
  EXPECT_EQ(get.node().id(), 4u);
}

TEST(ElementCallsTest, AnAnswerWithoutAResultIsAnError) {
  v1::CreateEdgeResponse edge;
  EXPECT_NE(FromBatch(v1::ClientResponse(), &edge).code(), 0);
}

}  // namespace
}  // namespace graphdb::prod
