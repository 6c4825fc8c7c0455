#include "sim/world/option_table.h"

#include <iterator>
#include <limits>

#include "absl/strings/str_cat.h"

namespace graphdb::sim {
namespace {

using Group = Option::Group;
using Unit = Option::Unit;

constexpr uint64_t kAny = std::numeric_limits<uint64_t>::max();
constexpr uint64_t kAny32 = std::numeric_limits<uint32_t>::max();
constexpr uint64_t kMillion = 1'000'000;
constexpr uint64_t kHour = 3'600'000'000'000;  // in nanoseconds

constexpr const char* kEpilogues[] = {"none", "wipe-founder", "wipe-cut-off-founder"};
constexpr uint64_t kEpilogueCount = std::size(kEpilogues);
constexpr const char* kMistakes[] = {"none", "peers", "shards", "bootstrap"};
constexpr uint64_t kMistakeCount = std::size(kMistakes);

// --- From a path of members to the two functions of a row ----------------------------------------

template <auto Member, auto... Rest>
auto& Follow(auto& object) {
  if constexpr (sizeof...(Rest) == 0) {
    return object.*Member;
  } else {
    return Follow<Rest...>(object.*Member);
  }
}

uint64_t RawOf(Duration value) { return static_cast<uint64_t>(value.nanoseconds()); }
template <typename T>
uint64_t RawOf(T value) {
  return static_cast<uint64_t>(value);
}

void Assign(uint64_t raw, Duration* value) {
  *value = Duration::Nanoseconds(static_cast<int64_t>(raw));
}
template <typename T>
void Assign(uint64_t raw, T* value) {
  *value = static_cast<T>(raw);
}

template <auto... Path>
constexpr Option Row(Group group, const char* key, Unit unit, uint64_t low, uint64_t high,
                     const char* const* words = nullptr) {
  return {group,
          key,
          unit,
          low,
          high,
          [](const RunOptions& options) { return RawOf(Follow<Path...>(options)); },
          [](RunOptions& options, uint64_t raw) { Assign(raw, &Follow<Path...>(options)); },
          words};
}

template <auto Member>
constexpr Option Run(const char* key, Unit unit, uint64_t low, uint64_t high) {
  return Row<Member>(Group::kRun, key, unit, low, high);
}
template <auto Member>
constexpr Option Network(const char* key, Unit unit, uint64_t low, uint64_t high) {
  return Row<&RunOptions::network, Member>(Group::kNetwork, key, unit, low, high);
}
template <auto Member>
constexpr Option Clients(const char* key, Unit unit, uint64_t low, uint64_t high) {
  return Row<&RunOptions::clients, Member>(Group::kClients, key, unit, low, high);
}
template <auto Member>
constexpr Option Disk(const char* key, Unit unit, uint64_t low, uint64_t high) {
  return Row<&RunOptions::disk, Member>(Group::kDisk, key, unit, low, high);
}
template <auto Member>
constexpr Option Engine(const char* key, Unit unit, uint64_t low, uint64_t high) {
  return Row<&RunOptions::kv, Member>(Group::kEngine, key, unit, low, high);
}
template <auto Member>
constexpr Option Node(const char* key, uint64_t low, uint64_t high) {
  return Row<&RunOptions::knobs, Member>(Group::kNode, key, Unit::kCount, low, high);
}

// --- The table -----------------------------------------------------------------------------------

constexpr Option kTable[] = {
    Run<&RunOptions::nodes>("nodes", Unit::kCount, 1, 9),
    Run<&RunOptions::shards>("shards", Unit::kCount, 1, 64),
    Run<&RunOptions::founder>("founder", Unit::kCount, 1, 9),
    Run<&RunOptions::duration>("duration", Unit::kTime, 0, kHour),
    Run<&RunOptions::lull>("lull", Unit::kTime, 0, kHour),
    Run<&RunOptions::think_mean>("think", Unit::kTime, 0, kHour),
    Run<&RunOptions::hop_max>("hop", Unit::kTime, 0, kHour),
    Run<&RunOptions::clock_error_ppb_max>("clock-error", Unit::kPartsPerBillion, 0, 100'000'000),
    Run<&RunOptions::supervisor_delay>("supervisor", Unit::kTime, 0, kHour),
    Run<&RunOptions::join_delay>("join", Unit::kTime, 0, kHour),
    Run<&RunOptions::version>("version", Unit::kCount, shard::kNewestClusterVersion,
                              shard::kTestClusterVersion),
    Row<&RunOptions::mistake>(Group::kRun, "mistake", Unit::kWord, 0, kMistakeCount - 1, kMistakes),
    Row<&RunOptions::epilogue>(Group::kRun, "epilogue", Unit::kWord, 0, kEpilogueCount - 1,
                               kEpilogues),
    Run<&RunOptions::form_limit>("form-limit", Unit::kTime, 0, kHour),
    Run<&RunOptions::final_limit>("final-limit", Unit::kTime, 0, kHour),
    Run<&RunOptions::ack_limit>("ack-limit", Unit::kTime, 0, kHour),
    Run<&RunOptions::events_max>("events-max", Unit::kCount, 1, kAny),

    Network<&LinkProfile::drop_ppm>("drop", Unit::kRate, 0, kMillion),
    Network<&LinkProfile::duplicate_ppm>("duplicate", Unit::kRate, 0, kMillion),
    Network<&LinkProfile::tail_ppm>("tail", Unit::kRate, 0, kMillion),
    Network<&LinkProfile::tail_max>("tail-max", Unit::kTime, 1, kHour),
    Network<&LinkProfile::stale_ppm>("stale", Unit::kRate, 0, kMillion),
    Network<&LinkProfile::stale_max>("stale-max", Unit::kTime, 1, kHour),
    Network<&LinkProfile::copy_ppm>("copy", Unit::kRate, 0, kMillion),
    Network<&LinkProfile::copy_max>("copy-max", Unit::kTime, 1, kHour),
    Network<&LinkProfile::reset_ppm>("reset", Unit::kRate, 0, kMillion),
    Network<&LinkProfile::bytes_per_second>("bandwidth", Unit::kCount, 0, kAny),
    Network<&LinkProfile::delay_mean>("delay", Unit::kTime, 0, kHour),
    Network<&LinkProfile::delay_min>("delay-min", Unit::kTime, 0, kHour),
    Network<&LinkProfile::queue_messages_max>("queue", Unit::kCount, 1, kAny32),
    Network<&LinkProfile::drop_oldest>("drop-oldest", Unit::kCount, 0, 1),

    Clients<&ClientFaults::lost_ppm>("lost", Unit::kRate, 0, kMillion),
    Clients<&ClientFaults::late_ppm>("late", Unit::kRate, 0, kMillion),
    Clients<&ClientFaults::late_max>("late-max", Unit::kTime, 1, kHour),
    Clients<&ClientFaults::impatient_ppm>("impatient", Unit::kRate, 0, kMillion),
    Clients<&ClientFaults::patient_ppm>("patient", Unit::kRate, 0, kMillion),
    Clients<&ClientFaults::tardy_ppm>("tardy", Unit::kRate, 0, kMillion),
    Clients<&ClientFaults::tardy_max>("tardy-max", Unit::kTime, 1, kHour),
    Clients<&ClientFaults::anonymous_ppm>("anonymous", Unit::kRate, 0, kMillion),

    Disk<&DiskFaults::latency_min>("latency-min", Unit::kTime, 0, kHour),
    Disk<&DiskFaults::latency_max>("latency-max", Unit::kTime, 0, kHour),
    Disk<&DiskFaults::sync_latency_max>("sync-max", Unit::kTime, 0, kHour),
    Disk<&DiskFaults::stall_ppm>("stall", Unit::kRate, 0, kMillion),
    Disk<&DiskFaults::stall_max>("stall-max", Unit::kTime, 1, kHour),
    Disk<&DiskFaults::write_error_ppm>("write-error", Unit::kRate, 0, kMillion),
    Disk<&DiskFaults::sync_error_ppm>("sync-error", Unit::kRate, 0, kMillion),
    Disk<&DiskFaults::read_error_ppm>("read-error", Unit::kRate, 0, kMillion),
    Disk<&DiskFaults::name_error_ppm>("name-error", Unit::kRate, 0, kMillion),
    Disk<&DiskFaults::corrupt_ppm>("corrupt", Unit::kRate, 0, kMillion),
    Disk<&DiskFaults::capacity_bytes>("capacity", Unit::kCount, 0, kAny),

    Engine<&KvFaults::flush_latency_min>("flush-min", Unit::kTime, 0, kHour),
    Engine<&KvFaults::flush_latency_max>("flush-max", Unit::kTime, 0, kHour),
    Engine<&KvFaults::flush_error_ppm>("flush-error", Unit::kRate, 0, kMillion),
    Engine<&KvFaults::flush_every_bytes>("flush-every", Unit::kCount, 0, kAny),
    Engine<&KvFaults::write_error_ppm>("write-error", Unit::kRate, 0, kMillion),

    Node<&NodeKnobs::log_segment_bytes>("log-segment", 4096, kAny32),
    Node<&NodeKnobs::log_bytes_max>("log-max", 4096, kAny32),
    Node<&NodeKnobs::log_entries_kept>("log-kept", 1, kAny32),
    Node<&NodeKnobs::append_entries_max>("append-max", 1, kAny32),
    Node<&NodeKnobs::adjacency_cache_lists>("adjacency-lists", 0, kAny32),
    Node<&NodeKnobs::txn_life_periods>("txn-life", 1, kAny32),
    Node<&NodeKnobs::append_bytes_max>("append-bytes", 1, kAny32),
    Node<&NodeKnobs::inflight_messages_max>("inflight", 1, kAny32),
    Node<&NodeKnobs::apply_bytes_max>("apply-bytes", 1, kAny32),
    Node<&NodeKnobs::snapshot_piece_bytes>("snapshot-piece", 1, kAny32),
    Node<&NodeKnobs::install_step_bytes>("install-step", 1, kAny32),
    Node<&NodeKnobs::read_entries_max>("read-entries", 1, kAny32),
    Node<&NodeKnobs::read_bytes_max>("read-bytes", 1, kAny32),
    Node<&NodeKnobs::scan_page_nodes>("scan-page", 1, kAny32),
    Node<&NodeKnobs::read_keys_per_request>("read-keys", 1, kAny32),
    Node<&NodeKnobs::read_ranges_per_request>("read-ranges", 1, kAny32),
    Node<&NodeKnobs::adjacency_list_edges_max>("list-edges", 0, kAny32),
    Node<&NodeKnobs::batch_rows>("batch-rows", 1, kAny32),
    Node<&NodeKnobs::yield_rows>("yield-rows", 1, kAny32),
    Node<&NodeKnobs::rows_per_response>("response-rows", 1, kAny32),
    Node<&NodeKnobs::commit_attempts_max>("commit-attempts", 1, kAny32),
    Node<&NodeKnobs::dedupe_retention_periods>("dedupe-retention", 1, kAny32),
    Node<&NodeKnobs::oracle_bound_window>("bound-window", 1, kAny32),
    Node<&NodeKnobs::id_block>("id-block", 1, kAny32),
    Node<&NodeKnobs::write_keys_max>("write-keys", 1, kAny32),
    Node<&NodeKnobs::count_step_entries>("count-step", 1, kAny32),
    Node<&NodeKnobs::plans_kept>("plans", 0, kAny32),
    Node<&NodeKnobs::edge_entries_per_look>("edge-entries", 1, kAny32),
    Node<&NodeKnobs::records_dropped_max>("drop-records", 1, kAny32),
};

// --- That no field is left out -------------------------------------------------------------------

struct AnyValue {
  template <typename T>
  operator T() const;  // NOLINT: it stands for a value of any field
};

template <typename T, typename... Values>
constexpr size_t FieldCount() {
  if constexpr (requires { T{Values{}..., AnyValue{}}; }) {
    return FieldCount<T, Values..., AnyValue>();
  } else {
    return sizeof...(Values);
  }
}

constexpr size_t RowCount(Group group) {
  size_t count = 0;
  for (const Option& option : kTable) count += option.group == group ? 1 : 0;
  return count;
}

// The five structs, and what scenario.cc reads and writes in its own way: name,
// seed, mutant, workloads, slow_links, forming_plan, plan, tape, operations.
constexpr size_t kStructs = 5;
constexpr size_t kNoSingleValues = 9;
static_assert(FieldCount<RunOptions>() == RowCount(Group::kRun) + kStructs + kNoSingleValues);
static_assert(FieldCount<LinkProfile>() == RowCount(Group::kNetwork));
static_assert(FieldCount<ClientFaults>() == RowCount(Group::kClients));
static_assert(FieldCount<DiskFaults>() == RowCount(Group::kDisk));
static_assert(FieldCount<KvFaults>() == RowCount(Group::kEngine));
static_assert(FieldCount<NodeKnobs>() == RowCount(Group::kNode));

std::string PartsPerBillionText(uint64_t ppb) {
  return ppb % 1'000 == 0 ? absl::StrCat(ppb / 1'000, "ppm") : absl::StrCat(ppb, "ppb");
}

}  // namespace

absl::Span<const Option> OptionTable() { return kTable; }

const char* Directive(const Option& option) {
  static constexpr const char* kNames[] = {nullptr, "network", "clients", "disk", "engine", "node"};
  return option.group == Group::kRun ? option.key : kNames[static_cast<int>(option.group)];
}

bool IsDefault(const Option& option, const RunOptions& options) {
  return option.get(options) == option.get(RunOptions());
}

std::string ValueText(const Option& option, const RunOptions& options) {
  const uint64_t raw = option.get(options);
  switch (option.unit) {
    case Unit::kCount:
      return absl::StrCat(raw);
    case Unit::kTime:
      return DurationText(Duration::Nanoseconds(static_cast<int64_t>(raw)));
    case Unit::kRate:
      return RateText(static_cast<uint32_t>(raw));
    case Unit::kPartsPerBillion:
      return PartsPerBillionText(raw);
    case Unit::kWord:
      return option.words[raw];
  }
  return "?";
}

}  // namespace graphdb::sim
