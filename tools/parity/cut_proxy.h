// CutProxy: stands between real nodes, so that one can be cut off from another
// or heard late. Each node is known to its peers by an address at which the proxy
// listens; who connects is told by the source address. A node sends on the
// connections that it made, so what is done to those from i to j is done to what
// i says to j.
//
//   CutProxy proxy({{"127.0.0.11", 7000, 7100}, {"127.0.0.12", 7001, 7101}});
//   proxy.Cut(0, 1);
//   proxy.HealAll();
//
// Faults it shows: bytes held back for any time and then delivered, never lost:
// so does a network to those who speak TCP.
//
// Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/env/time.h"

namespace graphdb::parity {

struct ProxiedNode {
  std::string host;  // IPv4; where the node listens and from where it connects
  uint16_t known_port = 0;
  uint16_t own_port = 0;
};

class CutProxy {
 public:
  explicit CutProxy(std::vector<ProxiedNode> nodes);
  ~CutProxy();
  CutProxy(const CutProxy&) = delete;

  // Nodes by their place. What is held back is delivered when the cut is healed.
  void Cut(int from, int to);
  void Heal(int from, int to);
  void HealAll();  // and no link is slow any more
  void Slow(int from, int to, Duration delay);

 private:
  struct Link {
    bool cut = false;
    Duration delay;
  };

  void Accept(int to);
  void Serve(int from_fd, int to);
  // Until one of the ends closes.
  void Pump(int source, int sink, std::pair<int, int> link, bool slow);
  // How long to hold back what comes now; unset at the end of the proxy.
  bool WaitOpen(std::pair<int, int> link, Duration* delay);
  int NodeAt(uint32_t address) const;
  void Remember(int fd);
  void Forget(int fd);

  const std::vector<ProxiedNode> nodes_;
  std::vector<int> listeners_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ending_ = false;
  std::map<std::pair<int, int>, Link> links_;
  std::set<int> open_;
  std::vector<std::thread> threads_;
};

}  // namespace graphdb::parity
