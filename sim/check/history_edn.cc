#include "sim/check/history_edn.h"

#include <algorithm>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace graphdb::sim {
namespace {

std::string Text(const std::optional<int64_t>& value) {
  return value ? absl::StrCat(*value) : "nil";
}

// The parts of an event that depend on what was asked and what was answered.
std::string FunctionAndValue(const Op& op, bool answered) {
  const Mop& first = op.mops.at(0);
  switch (first.kind) {
    case Mop::Kind::kRead:
      return absl::StrCat(":f :read, :key ", first.key, ", :value ",
                          answered ? Text(first.value) : "nil");
    case Mop::Kind::kWrite:
      return absl::StrCat(":f :write, :key ", first.key, ", :value ", Text(first.value));
    case Mop::Kind::kCas:
    case Mop::Kind::kMismatch:
      return absl::StrCat(":f :cas, :key ", first.key, ", :value [", Text(first.expected), " ",
                          Text(first.value), "]");
    case Mop::Kind::kAppend:
    case Mop::Kind::kReadList:
      break;
  }
  return absl::StrCat(
      ":f :txn, :value [",
      absl::StrJoin(op.mops, " ",
                    [answered](std::string* out, const Mop& mop) {
                      if (mop.kind == Mop::Kind::kAppend) {
                        absl::StrAppend(out, "[:append ", mop.key, " ", *mop.value, "]");
                      } else {
                        absl::StrAppend(
                            out, "[:r ", mop.key, " ",
                            answered ? absl::StrCat("[", absl::StrJoin(mop.list, " "), "]") : "nil",
                            "]");
                      }
                    }),
      "]");
}

// Which process runs each operation.
std::vector<uint32_t> Processes(const History& history) {
  struct Client {
    uint32_t process = 0;
    const Op* last = nullptr;
  };
  std::map<uint32_t, Client> clients;
  std::vector<uint32_t> processes;
  uint32_t next = 0;
  for (const Op& op : history) {
    Client& client = clients[op.client];
    const bool free = client.last != nullptr && client.last->outcome != Outcome::kInfo &&
                      client.last->completed < op.invoked;
    if (!free) client.process = next++;
    client.last = &op;
    processes.push_back(client.process);
  }
  return processes;
}

struct Point {
  Duration time;
  bool completes;
  size_t op;
};

std::vector<Point> Points(const History& history) {
  Duration end;
  for (const Op& op : history) end = std::max({end, op.invoked, op.completed});
  std::vector<Point> points;
  for (size_t i = 0; i < history.size(); ++i) {
    const Op& op = history[i];
    points.push_back({op.invoked, false, i});
    points.push_back({op.outcome == Outcome::kInfo ? end : op.completed, true, i});
  }
  // At one instant invocations first: what touches counts as concurrent.
  std::sort(points.begin(), points.end(), [](const Point& a, const Point& b) {
    if (a.time != b.time) return a.time < b.time;
    return a.completes != b.completes ? b.completes : a.op < b.op;
  });
  return points;
}

const char* TypeName(const Op& op) {
  if (op.mops.at(0).kind == Mop::Kind::kMismatch) return ":fail";
  if (op.outcome == Outcome::kOk) return ":ok";
  return op.outcome == Outcome::kFail ? ":fail" : ":info";
}

}  // namespace

std::string WriteEdn(const History& history) {
  const std::vector<uint32_t> processes = Processes(history);
  std::string text;
  size_t index = 0;
  for (const Point& point : Points(history)) {
    const Op& op = history[point.op];
    const bool answered = point.completes && op.outcome == Outcome::kOk;
    absl::StrAppend(&text, "{:process ", processes[point.op], ", :type ",
                    point.completes ? TypeName(op) : ":invoke", ", ",
                    FunctionAndValue(op, answered), ", :time ", point.time.nanoseconds(),
                    ", :index ", index++, "}\n");
  }
  return text;
}

}  // namespace graphdb::sim
