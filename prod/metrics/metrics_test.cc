#include <httplib.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prod/metrics/http_server.h"
#include "prod/metrics/request_metrics.h"
#include "prod/metrics/sample.h"
#include "prod/testing/loopback.h"

namespace graphdb::prod {
namespace {

using ::testing::HasSubstr;

TEST(SampleTest, IsPrometheusText) {
  Sample sample;
  sample.node = "node1";
  sample.version = "0.3.0";
  sample.ready = true;
  v1::RaftGroupStats* group = sample.raft.add_groups();
  group->set_group(65535);
  group->set_role("leader");
  group->set_commit(42);
  sample.adjacency_hits = 7;
  const std::string text = SampleText(sample);
  EXPECT_THAT(text, HasSubstr("# TYPE graphdb_raft_leader gauge\n"));
  EXPECT_THAT(text, HasSubstr("graphdb_raft_leader{group=\"meta\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("graphdb_raft_commit_index{group=\"meta\"} 42\n"));
  EXPECT_THAT(text, HasSubstr("graphdb_ready 1\n"));
  EXPECT_THAT(text, HasSubstr("graphdb_adjacency_cache_hits_total 7\n"));
}

TEST(RequestMetricsTest, CountsByMethodAndCode) {
  RequestMetrics metrics;
  metrics.Count("Query", 0, 1500);
  metrics.Count("Query", 14, 10);
  EXPECT_THAT(metrics.Text(), HasSubstr("graphdb_requests_total{"));
  EXPECT_THAT(metrics.Text(), HasSubstr("code=\"UNAVAILABLE\""));
  EXPECT_THAT(metrics.Text(), HasSubstr("graphdb_request_seconds_count{method=\"Query\"} 2"));
}

TEST(HttpServerTest, AnswersAndRefusesATakenPort) {
  const ReservedPorts ports(1);
  bool ready = false;
  const HttpServer::Pages pages{
      [] { return absl::StatusOr<std::string>("m 1\n"); }, [] { return absl::OkStatus(); },
      [&] { return ready ? absl::OkStatus() : absl::UnavailableError("forming"); }};
  auto server = HttpServer::Start("127.0.0.1", ports.port(0), pages);
  ASSERT_TRUE(server.ok()) << server.status();
  httplib::Client client("127.0.0.1", ports.port(0));
  EXPECT_EQ(client.Get("/metrics")->body, "m 1\n");
  EXPECT_EQ(client.Get("/healthz")->status, 200);
  EXPECT_EQ(client.Get("/readyz")->status, 503);
  EXPECT_EQ(client.Get("/readyz")->body, "forming\n");
  ready = true;
  EXPECT_EQ(client.Get("/readyz")->status, 200);
  EXPECT_EQ(client.Get("/other")->status, 404);
  EXPECT_FALSE(HttpServer::Start("127.0.0.1", ports.port(0), pages).ok());
}

}  // namespace
}  // namespace graphdb::prod
