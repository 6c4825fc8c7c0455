#include "tools/parity/cut_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>

#include "core/base/check.h"

namespace graphdb::parity {
namespace {

sockaddr_in AddressOf(const std::string& host, uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  GRAPHDB_CHECK_EQ(inet_pton(AF_INET, host.c_str(), &address.sin_addr), 1) << host;
  return address;
}

int Socket() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  GRAPHDB_CHECK(fd >= 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

int ListenAt(const ProxiedNode& node) {
  const int fd = Socket();
  const sockaddr_in address = AddressOf(node.host, node.known_port);
  GRAPHDB_CHECK_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0)
      << node.host << ":" << node.known_port;
  GRAPHDB_CHECK_EQ(listen(fd, 64), 0);
  return fd;
}

bool SendAll(int fd, const char* data, ssize_t bytes) {
  while (bytes > 0) {
    const ssize_t sent = send(fd, data, static_cast<size_t>(bytes), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data += sent;
    bytes -= sent;
  }
  return true;
}

}  // namespace

CutProxy::CutProxy(std::vector<ProxiedNode> nodes) : nodes_(std::move(nodes)) {
  for (const ProxiedNode& node : nodes_) listeners_.push_back(ListenAt(node));
  const std::lock_guard<std::mutex> lock(mutex_);
  for (size_t i = 0; i < nodes_.size(); ++i) {
    threads_.emplace_back([this, i] { Accept(static_cast<int>(i)); });
  }
}

CutProxy::~CutProxy() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
    changed_.notify_all();
    for (const int fd : listeners_) shutdown(fd, SHUT_RDWR);
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  // Those that accept first: they may still be starting others.
  for (size_t i = 0; i < nodes_.size(); ++i) threads_[i].join();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    threads.swap(threads_);
  }
  for (size_t i = nodes_.size(); i < threads.size(); ++i) threads[i].join();
  for (const int fd : listeners_) close(fd);
}

// --- What is done to links ----------------------------------------------------

void CutProxy::Cut(int from, int to) {
  const std::lock_guard<std::mutex> lock(mutex_);
  links_[{from, to}].cut = true;
}

void CutProxy::Heal(int from, int to) {
  const std::lock_guard<std::mutex> lock(mutex_);
  links_[{from, to}].cut = false;
  changed_.notify_all();
}

void CutProxy::HealAll() {
  const std::lock_guard<std::mutex> lock(mutex_);
  links_.clear();
  changed_.notify_all();
}

void CutProxy::Slow(int from, int to, Duration delay) {
  const std::lock_guard<std::mutex> lock(mutex_);
  links_[{from, to}].delay = delay;
}

bool CutProxy::WaitOpen(std::pair<int, int> link, Duration* delay) {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [&] { return ending_ || !links_[link].cut; });
  *delay = links_[link].delay;
  return !ending_;
}

// --- Connections --------------------------------------------------------------

int CutProxy::NodeAt(uint32_t address) const {
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (AddressOf(nodes_[i].host, 0).sin_addr.s_addr == address) return static_cast<int>(i);
  }
  return -1;
}

void CutProxy::Remember(int fd) {
  const std::lock_guard<std::mutex> lock(mutex_);
  open_.insert(fd);
  if (ending_) shutdown(fd, SHUT_RDWR);
}

void CutProxy::Forget(int fd) {
  const std::lock_guard<std::mutex> lock(mutex_);
  open_.erase(fd);
  close(fd);
}

void CutProxy::Accept(int to) {
  for (;;) {
    const int fd = accept4(listeners_[static_cast<size_t>(to)], nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (ending_) {
      if (fd >= 0) close(fd);
      return;
    }
    if (fd >= 0) threads_.emplace_back([this, fd, to] { Serve(fd, to); });
  }
}

void CutProxy::Serve(int from_fd, int to) {
  Remember(from_fd);
  sockaddr_in source{};
  socklen_t bytes = sizeof source;
  getpeername(from_fd, reinterpret_cast<sockaddr*>(&source), &bytes);
  const std::pair<int, int> link{NodeAt(source.sin_addr.s_addr), to};
  Duration delay;
  const int to_fd = Socket();
  Remember(to_fd);
  const ProxiedNode& node = nodes_[static_cast<size_t>(to)];
  const sockaddr_in address = AddressOf(node.host, node.own_port);
  const bool open =
      link.first >= 0 && WaitOpen(link, &delay) &&
      connect(to_fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  if (open) {
    std::thread back([&] { Pump(to_fd, from_fd, link, /*slow=*/false); });
    Pump(from_fd, to_fd, link, /*slow=*/true);
    back.join();
  }
  Forget(to_fd);
  Forget(from_fd);
}

void CutProxy::Pump(int source, int sink, std::pair<int, int> link, bool slow) {
  char buffer[64 << 10];
  for (;;) {
    const ssize_t bytes = recv(source, buffer, sizeof buffer, 0);
    if (bytes <= 0) break;
    Duration delay;
    if (!WaitOpen(link, &delay)) break;
    if (slow && delay > Duration()) {
      std::this_thread::sleep_for(std::chrono::nanoseconds(delay.nanoseconds()));
    }
    if (!SendAll(sink, buffer, bytes)) break;
  }
  shutdown(source, SHUT_RDWR);
  shutdown(sink, SHUT_RDWR);
}

}  // namespace graphdb::parity
