// Free ports on loopback. A port stays reserved for this process while the
// returned object lives: it is bound without listening, with SO_REUSEADDR, so
// that a server that sets the same may take it, as gRPC does.
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace graphdb::prod {

class ReservedPorts {
 public:
  explicit ReservedPorts(int count);
  ~ReservedPorts();
  ReservedPorts(const ReservedPorts&) = delete;
  ReservedPorts& operator=(const ReservedPorts&) = delete;

  uint16_t port(int i) const { return ports_[i]; }
  std::string address(int i) const;

 private:
  std::vector<int> sockets_;
  std::vector<uint16_t> ports_;
};

}  // namespace graphdb::prod
