#include "core/txn/random_workload.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/graph/codec.h"
#include "core/shard/records.h"
#include "core/storage/mvcc.h"

namespace graphdb::txn {
namespace {

using graph::Direction;
using graph::Node;
using graph::Relationship;
using graph::Value;

constexpr int64_t kOpening = 100;
constexpr uint64_t kKinds = 9;
constexpr uint64_t kNarrow[] = {0, 0, 0, 2, 2, 2, 8};
constexpr uint64_t kNarrowKinds = 7;

Value Get(const Node& node, const std::string& name, Value otherwise) {
  const auto found = node.properties.find(name);
  return found == node.properties.end() ? otherwise : found->second;
}

std::string Describe(const std::optional<Node>& node) {
  if (!node.has_value()) return "nothing";
  std::string out = absl::StrCat("node ", node->id.value(), "{");
  for (const auto& [key, value] : node->properties) {
    absl::StrAppend(&out, key, ":", value.ToString(), " ");
  }
  return out + "}";
}

AsyncOr<std::vector<Relationship>> EdgesOf(GraphTransaction& txn, ExpandSpec spec) {
  std::vector<Relationship> edges;
  const RelationshipSink keep = [&edges](size_t, Relationship edge) {
    edges.push_back(std::move(edge));
    return absl::OkStatus();
  };
  const absl::StatusOr<bool> all = co_await txn.Expand(std::move(spec), keep);
  if (!all.ok()) co_return all.status();
  co_return edges;
}

}  // namespace

RandomWorkload::RandomWorkload(WorkloadOptions options)
    : options_(std::move(options)), cluster_(options_.cluster) {
  for (int i = 0; i < 3; ++i) gateways_.push_back(&cluster_.AddGateway());
  for (uint64_t id = 1; id <= (options_.narrow ? 3 : 7); ++id) nodes_.push_back(ElementId(id));
  for (uint64_t id = 101; id <= 104; ++id) mortals_.push_back(ElementId(id));
}

std::string RandomWorkload::Run() {
  // The accounts, one transaction; it counts like any other.
  bool opened = false;
  auto opening = std::make_unique<Request>();
  Request* request = opening.get();
  request->session = 999;
  request->sequence = 1;
  requests_.push_back(std::move(opening));
  const TransactionManager::Body body =
      [this, request](GraphTransaction& txn) -> Task<absl::StatusOr<std::string>> {
    Attempt& attempt = *Began(txn, *request);
    for (const ElementId id : nodes_) {
      Node node{id, {"Account"}, {{"balance", Value::Integer(kOpening)}}};
      const absl::StatusOr<ElementId> made = co_await txn.CreateNode(node);
      if (!made.ok()) co_return made.status();
      Create(&attempt, node);
    }
    co_return std::string("open");
  };
  for (int attempt = 0; attempt < 20 && !opened; ++attempt) {
    RunRequest run;
    run.session = request->session;
    run.sequence = request->sequence;
    run.retry = attempt > 0;
    bool answered = false;
    Spawn(gateways_[0]->manager().Run(run, body), [&](absl::StatusOr<RunOutcome> outcome) {
      answered = true;
      request->answered = opened = outcome.ok();
      request->code = outcome.status().code();
      if (outcome.ok()) request->commit_ts = acked_ = outcome->commit_ts;
    });
    cluster_.RunUntil([&] { return answered; }, Duration::Seconds(60));
  }
  if (!opened) return "the accounts could not be opened";
  running_ = options_.clients;
  for (uint32_t i = 0; i < options_.clients; ++i) {
    Spawn(Client(i), [this](bool) { --running_; });
  }
  const bool ended = cluster_.RunUntil([this] { return running_ == 0; }, Duration::Seconds(600));
  if (!ended) return "the clients have not come to an end: progress is lost";
  cluster_.Calm();
  cluster_.RunFor(Duration::Seconds(20));
  return Judge();
}

// ---- clients ----

Task<bool> RandomWorkload::Client(uint32_t number) {
  Random rng(options_.cluster.seed * 1000 + number);
  for (uint32_t i = 0; i < options_.requests_per_client; ++i) {
    auto owned = std::make_unique<Request>();
    Request* request = owned.get();
    request->session = 1000 + number;
    request->sequence = i + 1;
    request->acked_before = acked_;
    requests_.push_back(std::move(owned));
    const uint64_t kind = options_.narrow ? kNarrow[rng.Below(kNarrowKinds)] : rng.Below(kKinds);
    const uint64_t draw = rng.Next();
    request->read_only = kind == 2;
    const TransactionManager::Body body = [this, request, kind, draw](GraphTransaction& txn) {
      return Body(txn, request, kind, draw);
    };
    bool retry = false;
    for (int attempt = 0; attempt < 20; ++attempt) {
      const size_t place = rng.Below(gateways_.size());
      ToyGateway* gateway = gateways_[place];
      if (!gateway->alive()) gateways_[place] = gateway = &cluster_.AddGateway();
      if (rng.Below(100) < options_.kill_percent) {
        const Duration when = rng.UniformDuration(Duration::Milliseconds(60));
        cluster_.After(when, [gateway] { gateway->Kill(); });
      }
      RunRequest run;
      run.session = request->session;
      run.sequence = request->sequence;
      run.retry = retry;
      run.read_only = request->read_only;
      const bool impatient = rng.Below(100) < options_.impatient_percent;
      const Duration patience =
          impatient ? rng.UniformDuration(Duration::Milliseconds(80)) : Duration::Seconds(3600);
      const absl::StatusOr<RunOutcome> outcome = co_await RunWithin(gateway, run, body, patience);
      // A client of a dead gateway hears nothing, whatever the gateway thought.
      const bool heard = gateway->alive();
      retry = true;
      if (!heard) continue;
      request->code = outcome.status().code();
      if (absl::IsUnknown(outcome.status())) continue;
      request->answered = true;
      if (outcome.ok()) {
        request->commit_ts = outcome->commit_ts;
        if (!request->read_only) acked_ = std::max(acked_, outcome->commit_ts);
      }
      break;
    }
    co_await gateways_[0]->Sleep(rng.UniformDuration(Duration::Milliseconds(20)));
  }
  co_return true;
}

Task<absl::StatusOr<RunOutcome>> RandomWorkload::RunWithin(ToyGateway* gateway, RunRequest run,
                                                           TransactionManager::Body body,
                                                           Duration patience) {
  Completion<absl::StatusOr<RunOutcome>> done;
  Spawn(gateway->manager().Run(run, std::move(body)),
        [done](absl::StatusOr<RunOutcome> outcome) mutable {
          if (!done.resolved()) done.Resolve(std::move(outcome));
        });
  cluster_.After(patience, [done]() mutable {
    if (!done.resolved()) done.Resolve(absl::UnknownError("the client gave up"));
  });
  absl::StatusOr<RunOutcome> outcome = co_await done;
  co_return outcome;
}

Task<absl::StatusOr<std::string>> RandomWorkload::Body(GraphTransaction& txn, Request* request,
                                                       uint64_t kind, uint64_t draw) {
  Attempt* attempt = Began(txn, *request);
  const Random rng(draw);
  const uint64_t value = request->session * 1000 + request->sequence;
  switch (kind) {
    case 0:
      return Append(txn, attempt, rng, value);
    case 1:
      return Transfer(txn, attempt, rng);
    case 2:
      return ReadAll(txn, attempt);
    case 3:
      return Link(txn, attempt, rng);
    case 4:
      return Unlink(txn, attempt, rng);
    case 5:
      return Birth(txn, attempt, rng);
    case 6:
      return Death(txn, attempt, rng);
    case 7:
      return Count(txn, attempt, rng);
    default:
      return Blind(txn, attempt, rng, value);
  }
}

RandomWorkload::Attempt* RandomWorkload::Began(const GraphTransaction& txn,
                                               const Request& request) {
  const uint64_t start_ts = txn.start_ts().value();
  const auto [at, fresh] =
      attempts_.emplace(start_ts, Attempt{request.session, request.sequence, {}, {}, {}, {}});
  GRAPHDB_CHECK(fresh) << "two attempts began at timestamp " << start_ts;
  return &at->second;
}

ElementId RandomWorkload::Pick(Random* rng) const { return nodes_[rng->Below(nodes_.size())]; }

Task<absl::StatusOr<Node>> RandomWorkload::See(GraphTransaction& txn, Attempt* attempt,
                                               ElementId id) {
  std::vector<ElementId> ids;
  ids.push_back(id);
  absl::StatusOr<std::vector<std::optional<Node>>> nodes = co_await txn.GetNodes(std::move(ids));
  if (!nodes.ok()) co_return nodes.status();
  attempt->seen.emplace_back(id, nodes->front());
  if (!nodes->front().has_value()) co_return absl::NotFoundError("gone");
  co_return *std::move(nodes->front());
}

void RandomWorkload::Write(Attempt* attempt, Node node) {
  attempt->writes.push_back([node](Model* model) {
    model->nodes[node.id] = node;
    return true;
  });
}

void RandomWorkload::Create(Attempt* attempt, Node node) {
  attempt->writes.push_back(
      [node](Model* model) { return model->nodes.emplace(node.id, node).second; });
}

// Reads up to three, appends to one or two of them.
Task<absl::StatusOr<std::string>> RandomWorkload::Append(GraphTransaction& txn, Attempt* attempt,
                                                         Random rng, uint64_t value) {
  std::set<ElementId> picked;
  const uint64_t count = 1 + rng.Below(3);
  while (picked.size() < count) picked.insert(Pick(&rng));
  size_t writes = 1 + rng.Below(2);
  if (options_.narrow && rng.Below(2) == 0) picked = {*picked.begin()};
  for (const ElementId id : picked) {
    absl::StatusOr<Node> node = co_await See(txn, attempt, id);
    if (!node.ok()) co_return node.status();
    if (writes == 0) continue;
    --writes;
    graph::ValueList list = Get(*node, "list", Value::List({})).list();
    list.push_back(Value::Integer(static_cast<int64_t>(value)));
    node->properties["list"] = Value::List(std::move(list));
    const absl::StatusOr<bool> written = co_await txn.UpdateNode(*node);
    if (!written.ok()) co_return written.status();
    Write(attempt, *node);
  }
  co_return absl::StrCat(value);
}

Task<absl::StatusOr<std::string>> RandomWorkload::Transfer(GraphTransaction& txn, Attempt* attempt,
                                                           Random rng) {
  const ElementId from = Pick(&rng);
  const ElementId to = Pick(&rng);
  if (from == to) co_return std::string("none");
  absl::StatusOr<Node> a = co_await See(txn, attempt, from);
  if (!a.ok()) co_return a.status();
  absl::StatusOr<Node> b = co_await See(txn, attempt, to);
  if (!b.ok()) co_return b.status();
  const int64_t amount = rng.Between(1, 30);
  const int64_t left = Get(*a, "balance", Value::Integer(0)).integer() - amount;
  // A constraint of the application: what is refused has no effect.
  if (left < 0) co_return absl::FailedPreconditionError("not enough");
  a->properties["balance"] = Value::Integer(left);
  b->properties["balance"] =
      Value::Integer(Get(*b, "balance", Value::Integer(0)).integer() + amount);
  const absl::StatusOr<bool> first = co_await txn.UpdateNode(*a);
  if (!first.ok()) co_return first.status();
  const absl::StatusOr<bool> second = co_await txn.UpdateNode(*b);
  if (!second.ok()) co_return second.status();
  Write(attempt, *a);
  Write(attempt, *b);
  co_return std::string("moved");
}

Task<absl::StatusOr<std::string>> RandomWorkload::ReadAll(GraphTransaction& txn, Attempt* attempt) {
  // In several steps, so that a snapshot is seen while others commit.
  for (const ElementId id : nodes_) {
    const absl::StatusOr<Node> node = co_await See(txn, attempt, id);
    if (!node.ok()) co_return node.status();
  }
  co_return std::string("read");
}

Task<absl::StatusOr<std::string>> RandomWorkload::Link(GraphTransaction& txn, Attempt* attempt,
                                                       Random rng) {
  Relationship edge;
  edge.type = rng.Below(2) == 0 ? "KNOWS" : "OWES";
  const auto any = [&] {
    return rng.Below(2) == 0 ? Pick(&rng) : mortals_[rng.Below(mortals_.size())];
  };
  edge.start = any();
  edge.end = any();
  edge.properties["n"] = Value::Integer(rng.Between(0, 9));
  const absl::StatusOr<RelationshipId> id = co_await txn.CreateRelationship(edge);
  if (!id.ok()) co_return id.status();
  edge.id = *id;
  attempt->writes.push_back(
      [edge](Model* model) { return model->edges.emplace(edge.id, edge).second; });
  co_return std::string("linked");
}

Task<absl::StatusOr<std::string>> RandomWorkload::Unlink(GraphTransaction& txn, Attempt* attempt,
                                                         Random rng) {
  ExpandSpec spec;
  const ElementId id = Pick(&rng);
  spec.from.push_back(id);
  spec.direction = rng.Below(2) == 0 ? Direction::kIncoming : Direction::kBoth;
  const Direction direction = spec.direction;
  const absl::StatusOr<std::vector<Relationship>> edges = co_await EdgesOf(txn, std::move(spec));
  if (!edges.ok()) co_return edges.status();
  SeenEdges seen{id, direction, {}};
  for (const Relationship& edge : *edges) seen.edges.insert(edge.id);
  attempt->expanded.push_back(std::move(seen));
  if (edges->empty()) co_return std::string("none");
  const Relationship edge = (*edges)[rng.Below(edges->size())];
  const absl::StatusOr<bool> gone = co_await txn.DeleteRelationship(edge);
  if (!gone.ok()) co_return gone.status();
  attempt->writes.push_back([edge](Model* model) { return model->edges.erase(edge.id) == 1; });
  co_return std::string("unlinked");
}

Task<absl::StatusOr<std::string>> RandomWorkload::Birth(GraphTransaction& txn, Attempt* attempt,
                                                        Random rng) {
  Node node;
  node.id = mortals_[rng.Below(mortals_.size())];
  node.labels.push_back("Mortal");
  const absl::StatusOr<ElementId> made = co_await txn.CreateNode(node);
  if (!made.ok()) co_return made.status();
  Create(attempt, node);
  co_return std::string("born");
}

Task<absl::StatusOr<std::string>> RandomWorkload::Death(GraphTransaction& txn, Attempt* attempt,
                                                        Random rng) {
  const ElementId id = mortals_[rng.Below(mortals_.size())];
  const absl::StatusOr<Node> node = co_await See(txn, attempt, id);
  if (!node.ok()) co_return std::string("not there");
  if (rng.Below(2) == 0) {
    ExpandSpec spec;
    spec.from.push_back(id);
    const absl::StatusOr<std::vector<Relationship>> edges = co_await EdgesOf(txn, std::move(spec));
    if (!edges.ok()) co_return edges.status();
    SeenEdges seen{id, Direction::kBoth, {}};
    for (const Relationship& edge : *edges) {
      seen.edges.insert(edge.id);
      const absl::StatusOr<bool> gone = co_await txn.DeleteRelationship(edge);
      if (!gone.ok()) co_return gone.status();
      attempt->writes.push_back([edge](Model* model) { return model->edges.erase(edge.id) == 1; });
    }
    attempt->expanded.push_back(std::move(seen));
  }
  const absl::StatusOr<bool> gone = co_await txn.DeleteNode(id);
  if (!gone.ok()) co_return gone.status();
  attempt->writes.push_back([id](Model* model) { return model->nodes.erase(id) == 1; });
  co_return std::string("died");
}

// Reads every node by ranges and writes what it saw: phantoms show.
Task<absl::StatusOr<std::string>> RandomWorkload::Count(GraphTransaction& txn, Attempt* attempt,
                                                        Random rng) {
  std::set<ElementId> all;
  std::optional<std::string> cursor;
  do {
    absl::StatusOr<NodePage> page = co_await txn.ScanNodes("", cursor);
    if (!page.ok()) co_return page.status();
    for (const Node& node : page->nodes) all.insert(node.id);
    cursor = std::move(page->next);
  } while (cursor.has_value());
  attempt->scanned.push_back(all);
  Node node;
  node.id = mortals_[rng.Below(mortals_.size())];
  if (all.count(node.id) > 0) co_return std::string("there");
  node.properties["count"] = Value::Integer(static_cast<int64_t>(all.size()));
  const absl::StatusOr<ElementId> made = co_await txn.CreateNode(node);
  if (!made.ok()) co_return made.status();
  Create(attempt, node);
  co_return std::string("counted");
}

// Reads one, writes a property of another that it reads too, so that two of
// them make a write skew.
Task<absl::StatusOr<std::string>> RandomWorkload::Blind(GraphTransaction& txn, Attempt* attempt,
                                                        Random rng, uint64_t value) {
  const ElementId first = Pick(&rng);
  const ElementId second = Pick(&rng);
  if (first == second) co_return std::string("none");
  const absl::StatusOr<Node> other = co_await See(txn, attempt, first);
  if (!other.ok()) co_return other.status();
  absl::StatusOr<Node> node = co_await See(txn, attempt, second);
  if (!node.ok()) co_return node.status();
  node->properties["mark"] = Value::Integer(static_cast<int64_t>(value));
  const absl::StatusOr<bool> written = co_await txn.UpdateNode(*node);
  if (!written.ok()) co_return written.status();
  Write(attempt, *node);
  co_return std::string("marked");
}

// ---- the judge ----

std::string RandomWorkload::Judge() {
  std::string verdict = CollectCommits();
  if (verdict.empty()) verdict = CheckRequests();
  Model model;
  if (verdict.empty()) verdict = Replay(&model);
  if (verdict.empty()) verdict = CheckEngines(model);
  if (verdict.empty()) verdict = CheckNothingLeft();
  return verdict;
}

// The truth about what committed: the dedupe records of all shards.
std::string RandomWorkload::CollectCommits() {
  std::set<std::pair<uint64_t, uint64_t>> once;
  for (uint32_t s = 0; s < cluster_.map().shards().size(); ++s) {
    const ShardId shard(static_cast<uint16_t>(s));
    const storage::KeyRange ages = shard::DedupeAgeRange(shard);
    auto it = cluster_.engine(s).Iterate(ages.begin, ages.end);
    for (; it->Valid(); it->Next()) {
      const auto age = shard::ParseAgeKey(it->key());
      if (!age.ok()) return std::string(age.status().message());
      const auto record = shard::GetRecord<v1::DedupeRecord>(
          cluster_.engine(s), "dedupe", shard::DedupeKey(shard, age->session, age->sequence));
      if (!record.ok() || !record->has_value()) return "a dedupe record is missing";
      if (!once.insert({age->session, age->sequence}).second) {
        return absl::StrCat("request ", age->session, "/", age->sequence, " committed twice");
      }
      const Commit commit{(*record)->start_ts(), age->session, age->sequence};
      if (!commits_.emplace((*record)->commit_ts(), commit).second) {
        return absl::StrCat("two commits at ", (*record)->commit_ts());
      }
    }
  }
  committed_ = commits_.size();
  return "";
}

std::string RandomWorkload::CheckRequests() const {
  std::map<std::pair<uint64_t, uint64_t>, uint64_t> by_request;
  for (const auto& [commit_ts, commit] : commits_) {
    by_request[{commit.session, commit.sequence}] = commit_ts;
  }
  for (const auto& request : requests_) {
    const auto found = by_request.find({request->session, request->sequence});
    const bool there = found != by_request.end();
    const std::string name = absl::StrCat("request ", request->session, "/", request->sequence);
    if (!request->answered) continue;
    const auto attempt = attempts_.find(request->commit_ts.value());
    const bool wrote_nothing = attempt != attempts_.end() && attempt->second.writes.empty();
    const bool ok = request->code == absl::StatusCode::kOk;
    if (ok && !there && !wrote_nothing) return name + " was acknowledged and is lost";
    if (!ok && there) return name + " was refused and has committed";
    if (ok && there && found->second != request->commit_ts.value()) {
      return name + " was acknowledged at another timestamp";
    }
    if (ok && request->commit_ts <= request->acked_before) {
      return name + " began after an acknowledged commit and is ordered before it";
    }
  }
  return "";
}

std::string RandomWorkload::CheckSeen(const Attempt& attempt, const Model& model,
                                      uint64_t at) const {
  const std::string who =
      absl::StrCat("request ", attempt.session, "/", attempt.sequence, " ordered at ", at);
  for (const auto& [id, node] : attempt.seen) {
    const auto found = model.nodes.find(id);
    std::optional<Node> want;
    if (found != model.nodes.end()) want = found->second;
    if (want != node) {
      return absl::StrCat(who, " saw ", Describe(node), " where ", Describe(want), " was");
    }
  }
  for (const SeenEdges& seen : attempt.expanded) {
    std::set<RelationshipId> want;
    for (const auto& [id, edge] : model.edges) {
      const bool out = edge.start == seen.node && seen.direction != Direction::kIncoming;
      const bool in = edge.end == seen.node && seen.direction != Direction::kOutgoing;
      if (out || in) want.insert(id);
    }
    if (want != seen.edges) {
      return absl::StrCat(who, " saw ", seen.edges.size(), " relationships of node ",
                          seen.node.value(), " where ", want.size(), " were");
    }
  }
  for (const std::set<ElementId>& seen : attempt.scanned) {
    std::set<ElementId> want;
    for (const auto& [id, node] : model.nodes) want.insert(id);
    if (want != seen) {
      return absl::StrCat(who, " counted ", seen.size(), " nodes where ", want.size(), " were");
    }
  }
  return "";
}

std::string RandomWorkload::Replay(Model* model) const {
  // Writers at their commit timestamp, readers at their start.
  std::map<uint64_t, const Attempt*> order;
  for (const auto& request : requests_) {
    const bool ok = request->answered && request->code == absl::StatusCode::kOk;
    const auto found = attempts_.find(request->commit_ts.value());
    if (ok && found != attempts_.end() && found->second.writes.empty()) {
      order[request->commit_ts.value()] = &found->second;
    }
  }
  for (const auto& [commit_ts, commit] : commits_) {
    const auto found = attempts_.find(commit.start_ts);
    if (found == attempts_.end()) return absl::StrCat("commit of unknown ", commit.start_ts);
    order[commit_ts] = &found->second;
  }
  for (const auto& [at, attempt] : order) {
    const std::string wrong = CheckSeen(*attempt, *model, at);
    if (!wrong.empty()) return wrong;
    for (const auto& write : attempt->writes) {
      if (!write(model)) return absl::StrCat("a write ordered at ", at, " is not possible there");
    }
    for (const auto& [id, edge] : model->edges) {
      const bool whole = model->nodes.count(edge.start) > 0 && model->nodes.count(edge.end) > 0;
      if (!whole) return absl::StrCat("relationship ", id.value(), " dangles at ", at);
    }
  }
  return "";
}

std::string RandomWorkload::CheckEngines(const Model& model) const {
  std::map<std::string, std::string> want;
  for (const auto& [id, node] : model.nodes) want[storage::NodeKey(id)] = graph::EncodeNode(node);
  for (const auto& [id, edge] : model.edges) {
    want[storage::OutKey(edge)] = graph::EncodeRelationshipProperties(edge.properties);
    want[storage::InKey(edge)] = "";
    want[storage::RelationshipKey(id)] =
        graph::EncodeEnds(graph::RelationshipEnds{edge.type, edge.start, edge.end});
  }
  std::map<std::string, std::string> have;
  for (const shard::ShardEntry& entry : cluster_.map().shards()) {
    for (const shard::SlotSpan& span : entry.slots) {
      for (const char tag : {'E', 'N', 'R'}) {
        storage::KeyRange range = storage::NodeRange(span);
        range.begin[storage::kKeyHeadBytes - 1] = tag;
        range.end[storage::kKeyHeadBytes - 1] = tag;
        storage::ScanOptions scan;
        scan.ts = kMaxTimestamp;
        scan.entries_max = 1'000'000;
        const auto page = storage::ScanAt(cluster_.engine(entry.shard.value()), range, scan);
        if (!page.ok()) return std::string(page.status().message());
        for (const storage::ScanEntry& found : page->entries) {
          have[found.logical_key] = found.value;
        }
      }
    }
  }
  for (const auto& [key, value] : want) {
    const auto found = have.find(key);
    if (found == have.end()) return "missing in the engine: " + storage::DescribeKey(key);
    if (found->second != value) return "differs in the engine: " + storage::DescribeKey(key);
  }
  for (const auto& [key, value] : have) {
    if (want.count(key) == 0) return "too much in the engine: " + storage::DescribeKey(key);
  }
  return "";
}

std::string RandomWorkload::CheckNothingLeft() const {
  for (uint32_t s = 0; s < cluster_.map().shards().size(); ++s) {
    const ShardId shard(static_cast<uint16_t>(s));
    if (!cluster_.ReplicasEqual(s)) return absl::StrCat("replicas of shard ", s, " differ");
    for (const auto& [key, value] : cluster_.engine(s).map()) {
      const char tag = key[storage::kKeyHeadBytes - 1];
      if (tag == 'W' || tag == 'P' || tag == 'Q') {
        return "an intent is left: " + storage::DescribeKey(key);
      }
    }
    const storage::KeyRange prepared = shard::PreparedRange(shard);
    if (cluster_.engine(s).Iterate(prepared.begin, prepared.end)->Valid()) {
      return absl::StrCat("a prepared transaction is left on shard ", s);
    }
  }
  return "";
}

}  // namespace graphdb::txn
