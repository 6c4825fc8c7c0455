#include "tools/parity/cut_proxy.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "prod/testing/loopback.h"

namespace graphdb::parity {
namespace {

constexpr int kSoonMs = 10'000;
constexpr int kNeverMs = 200;  // a cut that holds nothing back is seen within this

sockaddr_in At(const char* host, uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  inet_pton(AF_INET, host, &address.sin_addr);
  return address;
}

int Bound(const char* host, uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = At(host, port);
  EXPECT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  return fd;
}

// What comes within the time; "" where nothing does.
std::string Receive(int fd, int timeout_ms) {
  pollfd poll_fd{fd, POLLIN, 0};
  char buffer[100];
  if (poll(&poll_fd, 1, timeout_ms) <= 0) return "";
  const ssize_t bytes = recv(fd, buffer, sizeof buffer, 0);
  return std::string(buffer, bytes > 0 ? static_cast<size_t>(bytes) : 0);
}

// Node 0 has connected to node 1, through the proxy.
class CutProxyTest : public ::testing::Test {
 protected:
  CutProxyTest()
      : ports_(4),
        proxy_({{"127.0.0.11", ports_.port(0), ports_.port(1)},
                {"127.0.0.12", ports_.port(2), ports_.port(3)}}) {
    const int listener = Bound("127.0.0.12", ports_.port(3));
    EXPECT_EQ(listen(listener, 1), 0);
    near_ = Bound("127.0.0.11", 0);
    const sockaddr_in known = At("127.0.0.12", ports_.port(2));
    EXPECT_EQ(connect(near_, reinterpret_cast<const sockaddr*>(&known), sizeof known), 0);
    far_ = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    close(listener);
    send(near_, "hello", 5, MSG_NOSIGNAL);
    EXPECT_EQ(Receive(far_, kSoonMs), "hello");
  }
  ~CutProxyTest() override {
    close(near_);
    close(far_);
  }

  prod::ReservedPorts ports_;
  CutProxy proxy_;
  int near_ = -1;
  int far_ = -1;
};

TEST_F(CutProxyTest, ACutHoldsBackUntilItIsHealed) {
  proxy_.Cut(0, 1);
  send(near_, "held", 4, MSG_NOSIGNAL);
  EXPECT_EQ(Receive(far_, kNeverMs), "");
  proxy_.Heal(0, 1);
  EXPECT_EQ(Receive(far_, kSoonMs), "held");
}

TEST_F(CutProxyTest, TheOtherWayIsAnotherLink) {
  proxy_.Cut(1, 0);
  send(near_, "through", 7, MSG_NOSIGNAL);
  EXPECT_EQ(Receive(far_, kSoonMs), "through");
}

TEST_F(CutProxyTest, ASlowLinkDeliversLate) {
  proxy_.Slow(0, 1, Duration::Milliseconds(2 * kNeverMs));
  send(near_, "late", 4, MSG_NOSIGNAL);
  EXPECT_EQ(Receive(far_, kNeverMs), "");
  EXPECT_EQ(Receive(far_, kSoonMs), "late");
  proxy_.HealAll();
}

TEST_F(CutProxyTest, AnEndThatClosesClosesTheOther) {
  shutdown(far_, SHUT_RDWR);
  pollfd poll_fd{near_, POLLIN, 0};
  EXPECT_EQ(poll(&poll_fd, 1, kSoonMs), 1);
  EXPECT_EQ(Receive(near_, kSoonMs), "");
}

}  // namespace
}  // namespace graphdb::parity
