#include "sim/check/list_append.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/lookup_map.h"
#include "sim/check/cycles.h"

namespace graphdb::sim {
namespace {

struct Write {
  uint32_t op;
  bool last_of_op_on_key;
};

struct Key {
  LookupMap<int64_t, Write> writes;
  std::vector<std::pair<int64_t, uint32_t>> in_order_of_history;  // value, op
  std::vector<int64_t> order;                                     // the longest list read
  uint32_t longest_reader = 0;
};

std::string Show(const std::vector<int64_t>& list) {
  return absl::StrCat("[", absl::StrJoin(list, " "), "]");
}

std::string Show(const History& history, uint32_t op) {
  std::string text =
      absl::StrCat("T", op, " (", OpName(history[op].client, history[op].invoked), ")");
  for (const Mop& mop : history[op].mops) {
    if (mop.kind == Mop::Kind::kAppend) {
      absl::StrAppend(&text, " append ", mop.key, " ", *mop.value);
    } else {
      absl::StrAppend(&text, " read ", mop.key, " ",
                      history[op].outcome == Outcome::kOk ? Show(mop.list) : "?");
    }
  }
  return text;
}

class Checker {
 public:
  explicit Checker(const History& history) : history_(history) {}

  MaybeViolation Run() {
    CollectWrites();
    if (auto v = CheckReads()) return v;
    if (auto v = CheckPrefixes()) return v;
    DependencyGraph graph(static_cast<uint32_t>(history_.size()));
    AddItemEdges(&graph);
    if (auto v = FindCycles(graph, /*realtime=*/false)) return v;
    AddRealtimeEdges(&graph);
    return FindCycles(graph, /*realtime=*/true);
  }

 private:
  Violation Bad(absl::string_view what, std::string message) const {
    return Violation{absl::StrCat("list-append.", what), std::move(message)};
  }

  void CollectWrites() {
    for (uint32_t op = 0; op < history_.size(); ++op) {
      std::map<uint64_t, int64_t> last_on_key;
      for (const Mop& mop : history_[op].mops) {
        if (mop.kind != Mop::Kind::kAppend) continue;
        Key& key = keys_[mop.key];
        key.writes.Insert(*mop.value, Write{op, false});
        key.in_order_of_history.emplace_back(*mop.value, op);
        last_on_key[mop.key] = *mop.value;
      }
      for (const auto& [key, value] : last_on_key) {
        keys_[key].writes.Find(value)->last_of_op_on_key = true;
      }
    }
  }

  MaybeViolation CheckReads() {
    for (uint32_t op = 0; op < history_.size(); ++op) {
      if (history_[op].outcome != Outcome::kOk) continue;
      if (auto v = CheckInternal(op)) return v;
      for (const Mop& mop : history_[op].mops) {
        if (mop.kind != Mop::Kind::kReadList) continue;
        if (auto v = CheckRead(op, mop)) return v;
      }
    }
    return std::nullopt;
  }

  MaybeViolation CheckRead(uint32_t op, const Mop& mop) {
    Key& key = keys_[mop.key];
    std::vector<int64_t> sorted = mop.list;
    std::sort(sorted.begin(), sorted.end());
    const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
    if (twice != sorted.end()) {
      return Bad("duplicate", absl::StrCat("value ", *twice, " twice in ", Show(history_, op)));
    }
    for (const int64_t value : mop.list) {
      const Write* write = key.writes.Find(value);
      if (write == nullptr) {
        return Bad("garbage",
                   absl::StrCat("nobody appended ", value, ", read by ", Show(history_, op)));
      }
      if (history_[write->op].outcome == Outcome::kFail) {
        return Bad("G1a", absl::StrCat(Show(history_, op), " read ", value, " of failed ",
                                       Show(history_, write->op)));
      }
    }
    if (!mop.list.empty()) {
      const Write* write = key.writes.Find(mop.list.back());
      if (write->op != op && !write->last_of_op_on_key) {
        return Bad("G1b", absl::StrCat(Show(history_, op), " read the intermediate ",
                                       mop.list.back(), " of ", Show(history_, write->op)));
      }
    }
    if (mop.list.size() > key.order.size()) {
      key.order = mop.list;
      key.longest_reader = op;
    }
    return std::nullopt;
  }

  // A read ends with what the transaction itself appended to that key before,
  // and two reads differ by that alone.
  MaybeViolation CheckInternal(uint32_t op) {
    std::map<uint64_t, std::vector<int64_t>> own;    // appended so far
    std::map<uint64_t, std::vector<int64_t>> known;  // what the next read must be
    for (const Mop& mop : history_[op].mops) {
      if (mop.kind == Mop::Kind::kAppend) {
        own[mop.key].push_back(*mop.value);
        if (known.count(mop.key) > 0) known[mop.key].push_back(*mop.value);
        continue;
      }
      const std::vector<int64_t>& mine = own[mop.key];
      const bool suffix = mop.list.size() >= mine.size() &&
                          std::equal(mine.rbegin(), mine.rend(), mop.list.rbegin());
      const auto expected = known.find(mop.key);
      if (!suffix || (expected != known.end() && expected->second != mop.list)) {
        return Bad("internal", absl::StrCat("does not see its own writes or an unrepeatable read: ",
                                            Show(history_, op)));
      }
      known[mop.key] = mop.list;
    }
    return std::nullopt;
  }

  MaybeViolation CheckPrefixes() {
    for (uint32_t op = 0; op < history_.size(); ++op) {
      if (history_[op].outcome != Outcome::kOk) continue;
      for (const Mop& mop : history_[op].mops) {
        if (mop.kind != Mop::Kind::kReadList) continue;
        const Key& key = keys_[mop.key];
        if (std::equal(mop.list.begin(), mop.list.end(), key.order.begin())) continue;
        return Bad("incompatible-order", absl::StrCat("key ", mop.key, ": ", Show(history_, op),
                                                      " is no prefix of what T", key.longest_reader,
                                                      " read: ", Show(key.order)));
      }
    }
    return std::nullopt;
  }

  void AddItemEdges(DependencyGraph* graph) {
    std::map<uint64_t, std::vector<uint32_t>> unread;  // acknowledged, but in no list
    for (auto& [id, key] : keys_) {
      LookupMap<int64_t, bool> seen;
      for (const int64_t value : key.order) seen.Insert(value, true);
      for (size_t i = 1; i < key.order.size(); ++i) {
        graph->Add(WriterOf(key, i - 1), WriterOf(key, i), Dependency::kWriteWrite);
      }
      for (const auto& [value, op] : key.in_order_of_history) {
        if (seen.Contains(value) || history_[op].outcome != Outcome::kOk) continue;
        unread[id].push_back(op);
        if (key.order.empty()) continue;
        graph->Add(WriterOf(key, key.order.size() - 1), op, Dependency::kWriteWrite);
      }
    }
    for (uint32_t op = 0; op < history_.size(); ++op) {
      if (history_[op].outcome != Outcome::kOk) continue;
      for (const Mop& mop : history_[op].mops) {
        if (mop.kind == Mop::Kind::kReadList) AddReadEdges(op, mop, unread[mop.key], graph);
      }
    }
  }

  void AddReadEdges(uint32_t op, const Mop& mop, const std::vector<uint32_t>& unread,
                    DependencyGraph* graph) {
    const Key& key = keys_[mop.key];
    if (!mop.list.empty()) {
      graph->Add(WriterOf(key, mop.list.size() - 1), op, Dependency::kWriteRead);
    }
    // Through its own appends a transaction has read the state before them.
    size_t next = mop.list.size();
    while (next < key.order.size() && WriterOf(key, next) == op) ++next;
    if (next < key.order.size()) {
      graph->Add(op, WriterOf(key, next), Dependency::kReadWrite);
      return;
    }
    for (const uint32_t writer : unread) graph->Add(op, writer, Dependency::kReadWrite);
  }

  uint32_t WriterOf(const Key& key, size_t place) const {
    return key.writes.Find(key.order[place])->op;
  }

  // Only the latest completed operations need an edge to a new one: earlier ones
  // reach it through them.
  void AddRealtimeEdges(DependencyGraph* graph) {
    struct Point {
      Duration time;
      bool completes;
      uint32_t op;
    };
    std::vector<Point> points;
    for (uint32_t op = 0; op < history_.size(); ++op) {
      if (history_[op].outcome == Outcome::kFail) continue;
      points.push_back({history_[op].invoked, false, op});
      if (history_[op].outcome == Outcome::kOk)
        points.push_back({history_[op].completed, true, op});
    }
    std::stable_sort(points.begin(), points.end(), [](const Point& a, const Point& b) {
      return a.time != b.time ? a.time < b.time : a.completes < b.completes;
    });
    std::vector<uint32_t> frontier;
    std::vector<std::vector<uint32_t>> before(history_.size());
    for (const Point& point : points) {
      if (!point.completes) {
        before[point.op] = frontier;
        for (const uint32_t done : frontier) graph->Add(done, point.op, Dependency::kRealtime);
        continue;
      }
      const std::vector<uint32_t>& covered = before[point.op];
      frontier.erase(std::remove_if(frontier.begin(), frontier.end(),
                                    [&](uint32_t done) {
                                      return std::find(covered.begin(), covered.end(), done) !=
                                             covered.end();
                                    }),
                     frontier.end());
      frontier.push_back(point.op);
    }
  }

  MaybeViolation FindCycles(const DependencyGraph& graph, bool realtime) const {
    const uint8_t ww =
        BitOf(Dependency::kWriteWrite) | (realtime ? BitOf(Dependency::kRealtime) : uint8_t{0});
    const uint8_t wr = ww | BitOf(Dependency::kWriteRead);
    const uint8_t all = wr | BitOf(Dependency::kReadWrite);
    const char* suffix = realtime ? "-realtime" : "";
    if (auto cycle = graph.FindCycle(ww)) return Cycle(absl::StrCat("G0", suffix), *cycle);
    if (auto cycle = graph.FindCycle(wr)) return Cycle(absl::StrCat("G1c", suffix), *cycle);
    if (auto cycle = graph.FindCycle(all)) {
      if (auto one = graph.FindCycleWithOne(Dependency::kReadWrite, wr)) {
        return Cycle(absl::StrCat("G-single", suffix), *one);
      }
      return Cycle(absl::StrCat("G2-item", suffix), *cycle);
    }
    return std::nullopt;
  }

  Violation Cycle(absl::string_view name, const std::vector<DependencyEdge>& cycle) const {
    static constexpr const char* kWhy[] = {"overwritten by", "read by", "did not see",
                                           "completed before"};
    std::string message = "no serial order:";
    for (const DependencyEdge& edge : cycle) {
      absl::StrAppend(&message, "\n    ", Show(history_, edge.from), " -- ",
                      kWhy[static_cast<int>(edge.why)], " T", edge.to);
    }
    return Bad(name, std::move(message));
  }

  const History& history_;
  std::map<uint64_t, Key> keys_;
};

}  // namespace

MaybeViolation CheckListAppend(const History& history) { return Checker(history).Run(); }

}  // namespace graphdb::sim
