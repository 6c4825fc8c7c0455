#include "prod/testing/loopback.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"

namespace graphdb::prod {

ReservedPorts::ReservedPorts(int count) {
  for (int i = 0; i < count; ++i) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    GRAPHDB_CHECK(fd >= 0);
    const int on = 1;
    GRAPHDB_CHECK_EQ(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    GRAPHDB_CHECK_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    socklen_t bytes = sizeof address;
    GRAPHDB_CHECK_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &bytes), 0);
    sockets_.push_back(fd);
    ports_.push_back(ntohs(address.sin_port));
  }
}

ReservedPorts::~ReservedPorts() {
  for (const int fd : sockets_) close(fd);
}

std::string ReservedPorts::address(int i) const { return absl::StrCat("127.0.0.1:", ports_[i]); }

}  // namespace graphdb::prod
