#include "prod/metrics/sample.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace graphdb::prod {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr uint32_t kMetaNumber = 65535;

class Families {
 public:
  void Gauge(const std::string& name, const std::string& help, double value) {
    Add(name, help, MetricType::Gauge, {}, value);
  }
  void Counter(const std::string& name, const std::string& help, double value) {
    Add(name, help, MetricType::Counter, {}, value);
  }
  // One line more of a family whose name was added last.
  void Add(const std::string& name, const std::string& help, MetricType type,
           std::vector<prometheus::ClientMetric::Label> labels, double value) {
    if (families_.empty() || families_.back().name != name) {
      families_.push_back(MetricFamily{name, help, type, {}});
    }
    prometheus::ClientMetric metric;
    metric.label = std::move(labels);
    if (type == MetricType::Counter) {
      metric.counter.value = value;
    } else {
      metric.gauge.value = value;
    }
    families_.back().metric.push_back(std::move(metric));
  }
  std::string ToString() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  std::vector<MetricFamily> families_;
};

void AddRaft(const v1::RaftStats& raft, Families* out) {
  const auto per_group = [&](const std::string& name, const std::string& help, auto value_of) {
    for (const v1::RaftGroupStats& group : raft.groups()) {
      const std::string label = group.group() == kMetaNumber ? "meta" : absl::StrCat(group.group());
      out->Add(name, help, MetricType::Gauge, {{"group", label}},
               static_cast<double>(value_of(group)));
    }
  };
  using Group = v1::RaftGroupStats;
  per_group("graphdb_raft_leader", "1 where this node leads the group",
            [](const Group& g) { return g.role() == "leader" ? 1 : 0; });
  per_group("graphdb_raft_term", "Current term", [](const Group& g) { return g.term(); });
  per_group("graphdb_raft_commit_index", "Commit index", [](const Group& g) { return g.commit(); });
  per_group("graphdb_raft_applied_index", "Index applied to the state machine",
            [](const Group& g) { return g.applied(); });
  per_group("graphdb_raft_last_index", "Last index of the log",
            [](const Group& g) { return g.last_index(); });
  out->Gauge("graphdb_raft_log_bytes", "Bytes of the node-wide log",
             static_cast<double>(raft.log_bytes()));
  out->Gauge("graphdb_raft_log_segments", "Segments of the node-wide log",
             static_cast<double>(raft.log_segments()));
}

}  // namespace

std::string SampleText(const Sample& sample) {
  Families out;
  out.Add("graphdb_build_info", "Version and node id, always 1", MetricType::Gauge,
          {{"version", sample.version}, {"node", sample.node}}, 1);
  out.Gauge("graphdb_ready", "1 where the node is in a formed cluster and serves",
            sample.ready ? 1 : 0);
  AddRaft(sample.raft, &out);
  out.Counter("graphdb_peer_messages_sent_total", "Messages sent to peers",
              static_cast<double>(sample.peer_messages_sent));
  out.Counter("graphdb_peer_messages_received_total", "Messages received from peers",
              static_cast<double>(sample.peer_messages_received));
  out.Counter("graphdb_peer_messages_dropped_total", "Messages dropped: a full queue, a lost link",
              static_cast<double>(sample.peer_messages_dropped));
  out.Gauge("graphdb_peers_connected", "Peers this node has a stream to",
            static_cast<double>(sample.peers_connected));
  out.Counter("graphdb_loop_events_total", "Events the node's loop has run",
              static_cast<double>(sample.loop_events));
  out.Gauge("graphdb_loop_longest_event_seconds", "The longest event since the start",
            static_cast<double>(sample.loop_longest_event_us) / 1e6);
  out.Gauge("process_resident_memory_bytes", "Resident memory",
            static_cast<double>(sample.resident_bytes));
  out.Counter("graphdb_adjacency_cache_hits_total", "Adjacency lists found in the cache",
              static_cast<double>(sample.adjacency_hits));
  out.Counter("graphdb_adjacency_cache_misses_total", "Adjacency lists read from the engine",
              static_cast<double>(sample.adjacency_misses));
  out.Gauge("graphdb_adjacency_cache_lists", "Adjacency lists in the cache",
            static_cast<double>(sample.adjacency_lists));
  out.Gauge("graphdb_adjacency_cache_bytes", "Bytes of the adjacency lists in the cache",
            static_cast<double>(sample.adjacency_bytes));
  return out.ToString();
}

}  // namespace graphdb::prod
