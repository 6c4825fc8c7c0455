#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mutex>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prod/env/system_clock.h"
#include "prod/rpc/grpc_network.h"
#include "prod/testing/loopback.h"

namespace graphdb::prod {
namespace {

using ::testing::ElementsAre;

class TestLog : public env::EventLog {
 public:
  void Log(env::LogLevel level, absl::string_view component, absl::string_view text) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    absl::StrAppend(&text_, component, ": ", text, "\n");
  }
  std::string text() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return text_;
  }

 private:
  std::mutex mutex_;
  std::string text_;
};

// A node's transport on a loop in a thread of its own, echoing into `received`.
class TestNode {
 public:
  TestNode(NodeId self, std::vector<GrpcNetworkOptions::Peer> peers, std::string source = "")
      : loop_(&clock_) {
    GrpcNetworkOptions options;
    options.self = self;
    options.listen_address = peers[self.value()].address;
    options.peers = std::move(peers);
    options.source_host = std::move(source);
    options.loop = &loop_;
    options.log = &log_;
    absl::StatusOr<std::unique_ptr<GrpcNetwork>> made = GrpcNetwork::Start(std::move(options));
    status_ = made.status();
    if (!made.ok()) return;
    network_ = *std::move(made);
    network_->SetReceiver([this](NodeId from, std::string message) {
      const std::lock_guard<std::mutex> lock(mutex_);
      received_.push_back(absl::StrCat(from.value(), ":", message));
    });
    thread_ = std::thread([this] { loop_.Run(); });
  }
  ~TestNode() {
    if (network_ == nullptr) return;
    loop_.Stop();
    thread_.join();
    loop_.DropAll();
    network_->Stop();
  }

  void Send(NodeId to, std::string message) {
    loop_.Post("test.send", [this, to, message] { network_->Send(to, message); });
  }
  std::vector<std::string> received() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return received_;
  }
  // Sends again and again until `to` has a message of ours, as Raft would.
  bool SendUntilReceived(NodeId to, TestNode& other, const std::string& message) {
    for (int i = 0; i < 500; ++i) {
      Send(to, message);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      if (!other.received().empty()) return true;
    }
    return false;
  }
  const absl::Status& status() const { return status_; }
  TestLog& log() { return log_; }
  GrpcNetwork& network() { return *network_; }

 private:
  SystemClock clock_;
  EventLoop loop_;
  TestLog log_;
  absl::Status status_;
  std::unique_ptr<GrpcNetwork> network_;
  std::thread thread_;
  std::mutex mutex_;
  std::vector<std::string> received_;
};

template <typename Condition>
bool Eventually(Condition condition) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

TEST(GrpcNetworkTest, MessagesArriveWholeAndInOrderAndReconnect) {
  const ReservedPorts ports(2);
  const std::vector<GrpcNetworkOptions::Peer> peers = {{"a", ports.address(0)},
                                                       {"b", ports.address(1)}};
  TestNode a(NodeId(0), peers);
  ASSERT_TRUE(a.status().ok()) << a.status();
  const std::string large(env::kNetworkMessageBytesMax, 'x');
  {
    TestNode b(NodeId(1), peers);
    ASSERT_TRUE(b.status().ok()) << b.status();
    ASSERT_TRUE(a.SendUntilReceived(NodeId(1), b, "first"));
    const size_t before = b.received().size();
    a.Send(NodeId(1), large);
    for (int i = 0; i < 1000; ++i) a.Send(NodeId(1), absl::StrCat("m", i));
    ASSERT_TRUE(
        Eventually([&] { return !b.received().empty() && b.received().back() == "0:m999"; }));
    const std::vector<std::string> received = b.received();
    size_t at = before;
    while (at < received.size() && received[at] == "0:first") ++at;
    EXPECT_EQ(received[at].size(), large.size() + 2);
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(received[at + 1 + i], absl::StrCat("0:m", i));
    EXPECT_EQ(a.network().counters().connected_peers, 1u);
  }
  TestNode again(NodeId(1), peers);
  ASSERT_TRUE(again.status().ok()) << again.status();
  EXPECT_TRUE(a.SendUntilReceived(NodeId(1), again, "after"));
  EXPECT_TRUE(absl::StrContains(a.log().text(), "lost b"));
}

TEST(GrpcNetworkTest, SelfTakesTheSameRoad) {
  const ReservedPorts ports(1);
  TestNode a(NodeId(0), {{"a", ports.address(0)}});
  a.Send(NodeId(0), "me");
  ASSERT_TRUE(Eventually([&] { return !a.received().empty(); }));
  EXPECT_THAT(a.received(), ElementsAre("0:me"));
}

TEST(GrpcNetworkTest, AnAddressOfTheWrongNodeIsRefusedByName) {
  const ReservedPorts ports(3);
  TestNode a(NodeId(0), {{"a", ports.address(0)}, {"b", ports.address(1)}});
  TestNode c(NodeId(1), {{"a", ports.address(2)}, {"c", ports.address(1)}});
  ASSERT_TRUE(Eventually([&] {
    return absl::StrContains(a.log().text(), "this is c, but raft.peers of a");
  })) << a.log().text();
  EXPECT_TRUE(absl::StrContains(c.log().text(), "refused a peer"));
}

TEST(GrpcNetworkTest, APortInUseIsSaid) {
  const ReservedPorts ports(1);
  TestNode first(NodeId(0), {{"a", ports.address(0)}});
  TestNode second(NodeId(0), {{"a", ports.address(0)}});
  EXPECT_TRUE(first.status().ok());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable) << second.status();
}

TEST(GrpcNetworkTest, ConnectsFromTheSourceAddress) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(listener, 4), 0);
  socklen_t bytes = sizeof address;
  ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &bytes), 0);
  const ReservedPorts ports(1);
  TestNode a(NodeId(0),
             {{"a", ports.address(0)}, {"b", absl::StrCat("127.0.0.1:", ntohs(address.sin_port))}},
             "127.0.0.2");
  ASSERT_TRUE(a.status().ok()) << a.status();
  pollfd waiting{listener, POLLIN, 0};
  ASSERT_EQ(poll(&waiting, 1, 10'000), 1);
  sockaddr_in from{};
  bytes = sizeof from;
  const int accepted = accept(listener, reinterpret_cast<sockaddr*>(&from), &bytes);
  ASSERT_GE(accepted, 0);
  EXPECT_STREQ(inet_ntoa(from.sin_addr), "127.0.0.2");
  close(accepted);
  close(listener);
}

}  // namespace
}  // namespace graphdb::prod
