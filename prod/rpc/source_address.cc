#include "prod/rpc/source_address.h"

#include <arpa/inet.h>
#include <grpc/support/sync.h>
#include <grpcpp/support/channel_arguments.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"

// Declared by gRPC 1.51's library but by none of its installed headers.
struct grpc_socket_mutator;
struct grpc_mutate_socket_info;
struct grpc_socket_mutator_vtable {
  bool (*mutate_fd)(int fd, grpc_socket_mutator* mutator);
  int (*compare)(grpc_socket_mutator* a, grpc_socket_mutator* b);
  void (*destroy)(grpc_socket_mutator* mutator);
  bool (*mutate_fd_2)(const grpc_mutate_socket_info* info, grpc_socket_mutator* mutator);
};
struct grpc_socket_mutator {
  const grpc_socket_mutator_vtable* vtable;
  gpr_refcount refcount;
};
void grpc_socket_mutator_init(grpc_socket_mutator* mutator,
                              const grpc_socket_mutator_vtable* vtable);
void grpc_socket_mutator_unref(grpc_socket_mutator* mutator);

namespace graphdb::prod {
namespace {

struct BindingMutator {
  grpc_socket_mutator base;  // first: the library knows the object by this address
  sockaddr_storage address;
  socklen_t address_bytes;
};

bool Bind(int fd, grpc_socket_mutator* mutator) {
  auto* self = reinterpret_cast<BindingMutator*>(mutator);
  sockaddr_storage address = self->address;
  int family = 0;
  socklen_t family_bytes = sizeof family;
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &family_bytes) != 0) return false;
  if (family == AF_INET6 && address.ss_family == AF_INET) {
    // A dual-stack socket wants the address in its mapped form.
    const in_addr v4 = reinterpret_cast<sockaddr_in*>(&address)->sin_addr;
    sockaddr_in6 mapped{};
    mapped.sin6_family = AF_INET6;
    mapped.sin6_addr.s6_addr[10] = 0xff;
    mapped.sin6_addr.s6_addr[11] = 0xff;
    std::memcpy(&mapped.sin6_addr.s6_addr[12], &v4, sizeof v4);
    return bind(fd, reinterpret_cast<sockaddr*>(&mapped), sizeof mapped) == 0;
  }
  return bind(fd, reinterpret_cast<sockaddr*>(&address), self->address_bytes) == 0;
}

int Compare(grpc_socket_mutator* a, grpc_socket_mutator* b) {
  // By content: channels from the same address may share their connections.
  return std::memcmp(&reinterpret_cast<BindingMutator*>(a)->address,
                     &reinterpret_cast<BindingMutator*>(b)->address, sizeof(sockaddr_storage));
}

void Destroy(grpc_socket_mutator* mutator) { delete reinterpret_cast<BindingMutator*>(mutator); }

constexpr grpc_socket_mutator_vtable kVtable = {Bind, Compare, Destroy, nullptr};

}  // namespace

absl::Status SetSourceAddress(const std::string& host, grpc::ChannelArguments* arguments) {
  auto* mutator = new BindingMutator{};
  grpc_socket_mutator_init(&mutator->base, &kVtable);
  auto* v4 = reinterpret_cast<sockaddr_in*>(&mutator->address);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&mutator->address);
  if (inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    mutator->address_bytes = sizeof *v4;
  } else if (inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    mutator->address_bytes = sizeof *v6;
  } else {
    grpc_socket_mutator_unref(&mutator->base);
    return absl::InvalidArgumentError(
        absl::StrCat("bind_addr: got '", host, "', expected an IP address of this machine"));
  }
  arguments->SetSocketMutator(&mutator->base);  // takes the reference
  return absl::OkStatus();
}

}  // namespace graphdb::prod
