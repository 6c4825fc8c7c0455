#include "sim/run/admission_watch.h"

#include "absl/strings/str_cat.h"
#include "proto/peer.pb.h"

namespace graphdb::sim {
namespace {

// An admission is shorter, and has this byte: the key of its field.
constexpr size_t kAdmissionBytesMax = 256;
constexpr char kAdmitKey = (v1::PeerMessage::kAdmitFieldNumber << 3) | 2;

}  // namespace

AdmissionWatch::AdmissionWatch(World& world) : world_(world), members_(world.options().nodes) {
  world.fabric().SetSendListener([this](NodeId, NodeId to, absl::string_view message) {
    if (message.size() > kAdmissionBytesMax) return;
    if (message.find(kAdmitKey) != absl::string_view::npos) OnSent(to, message);
  });
}

void AdmissionWatch::OnSent(NodeId to, absl::string_view bytes) {
  v1::PeerMessage message;
  const bool sound = message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  if (sound && message.has_admit()) admitted_.emplace(to, StoreId(message.admit().store_id()));
}

MaybeViolation AdmissionWatch::OnMember(NodeId node, StoreId store) const {
  const bool founds = node == NodeId(world_.options().founder - 1);
  if (founds || admitted_.count({node, store}) > 0) return std::nullopt;
  return Violation{"admission", absl::StrCat(NodeName(node), " takes itself for a member as store ",
                                             store.value(), ", which nobody has admitted")};
}

}  // namespace graphdb::sim
