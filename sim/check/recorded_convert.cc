// The calls of a recorded history as those of each checker.
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "sim/check/recorded_history.h"

namespace graphdb::sim {
namespace {

// Turns the calls of a file into those of a checker.
class Converter {
 public:
  explicit Converter(const RecordedHistory& recorded) : recorded_(recorded) {}

  absl::StatusOr<History> Registers() {
    History history;
    for (const RecordedCall& call : recorded_.calls) {
      Op op = Shell(call);
      Mop mop;
      mop.key = KeyOf(call.key);
      if (call.what == "read") {
        mop.kind = Mop::Kind::kRead;
        if (op.outcome == Outcome::kOk) {
          GRAPHDB_ASSIGN_OR_RETURN(mop.value, Number(call, call.answered, /*or_nil=*/true));
        }
      } else if (call.what == "write") {
        mop.kind = Mop::Kind::kWrite;
        GRAPHDB_ASSIGN_OR_RETURN(mop.value, Number(call, call.asked, false));
      } else if (call.what == "cas") {
        GRAPHDB_RETURN_IF_ERROR(Cas(call, &op, &mop));
      } else {
        return Expected(call, call.asked, "read, write or cas", call.what);
      }
      op.mops = {mop};
      history.push_back(std::move(op));
    }
    return history;
  }

  absl::StatusOr<History> ListAppend() {
    History history;
    for (const RecordedCall& call : recorded_.calls) {
      if (call.what != "txn") return Expected(call, call.asked, "txn", call.what);
      Op op = Shell(call);
      const Edn& mops = op.outcome == Outcome::kOk ? call.answered : call.asked;
      if (mops.kind != Edn::Kind::kVector) {
        return Expected(call, mops, "a vector of micro-operations", ToText(mops));
      }
      for (const Edn& item : mops.items) {
        GRAPHDB_ASSIGN_OR_RETURN(Mop mop, MicroOperation(call, item, op.outcome));
        op.mops.push_back(std::move(mop));
      }
      history.push_back(std::move(op));
    }
    return history;
  }

  absl::StatusOr<std::vector<KeyValueCall>> KeyValue() {
    std::vector<KeyValueCall> calls;
    for (const RecordedCall& recorded : recorded_.calls) {
      KeyValueCall call;
      const bool get = recorded.what == "get";
      if (!get && recorded.what != "put" && recorded.what != "append") {
        return Expected(recorded, recorded.asked, "get, put or append", recorded.what);
      }
      // What failed did not happen; a get without an answer says nothing.
      if (recorded.outcome == Outcome::kFail) continue;
      if (get && recorded.outcome != Outcome::kOk) continue;
      const Edn& text = get ? recorded.answered : recorded.asked;
      if (text.kind != Edn::Kind::kString) {
        return Expected(recorded, text, "a string", ToText(text));
      }
      call.kind = get                      ? KeyValueCall::Kind::kGet
                  : recorded.what == "put" ? KeyValueCall::Kind::kPut
                                           : KeyValueCall::Kind::kAppend;
      call.key = recorded.key;
      call.text = text.text;
      const Op shell = Shell(recorded);
      call.invoked = shell.invoked;
      call.completed = shell.completed;
      call.open_ended = recorded.outcome == Outcome::kInfo;
      calls.push_back(std::move(call));
    }
    return calls;
  }

 private:
  absl::Status Expected(const RecordedCall& call, const Edn& where, absl::string_view expected,
                        absl::string_view found) const {
    const bool answer = &where == &call.answered;
    return RefuseHistory(recorded_.name, answer ? call.completed_line : call.invoked_line,
                         where.column, expected, found);
  }

  static Op Shell(const RecordedCall& call) {
    Op op;
    op.client = static_cast<uint32_t>(call.process);
    op.invoked = Duration::Nanoseconds(static_cast<int64_t>(call.invoked_line));
    op.completed = Duration::Nanoseconds(static_cast<int64_t>(call.completed_line));
    op.outcome = call.outcome;
    return op;
  }

  // Numbers for keys in the order in which they come.
  uint64_t KeyOf(const std::string& key) { return keys_.emplace(key, keys_.size()).first->second; }

  absl::StatusOr<std::optional<int64_t>> Number(const RecordedCall& call, const Edn& value,
                                                bool or_nil) const {
    if (or_nil && value.IsNil()) return std::optional<int64_t>();
    if (value.kind == Edn::Kind::kInt) return std::optional<int64_t>(value.number);
    return Expected(call, value, or_nil ? "a number or nil" : "a number", ToText(value));
  }

  absl::Status Cas(const RecordedCall& call, Op* op, Mop* mop) const {
    if (call.asked.kind != Edn::Kind::kVector || call.asked.items.size() != 2) {
      return Expected(call, call.asked, "a pair [old new]", ToText(call.asked));
    }
    GRAPHDB_ASSIGN_OR_RETURN(mop->expected, Number(call, call.asked.items[0], true));
    GRAPHDB_ASSIGN_OR_RETURN(mop->value, Number(call, call.asked.items[1], true));
    mop->kind = Mop::Kind::kCas;
    if (op->outcome == Outcome::kFail && call.answered.kind == Edn::Kind::kVector) {
      mop->kind = Mop::Kind::kMismatch;
      op->outcome = Outcome::kOk;
    }
    return absl::OkStatus();
  }

  // [:append key value] or [:r key nil-or-list].
  absl::StatusOr<Mop> MicroOperation(const RecordedCall& call, const Edn& item, Outcome outcome) {
    const bool shaped = item.kind == Edn::Kind::kVector && item.items.size() == 3;
    const bool append = shaped && item.items[0].IsWord(":append");
    if (!append && !(shaped && item.items[0].IsWord(":r"))) {
      return Expected(call, item, "[:append key value] or [:r key list]", ToText(item));
    }
    Mop mop;
    mop.key = KeyOf(ToText(item.items[1]));
    const Edn& value = item.items[2];
    if (append) {
      mop.kind = Mop::Kind::kAppend;
      GRAPHDB_ASSIGN_OR_RETURN(mop.value, Number(call, value, false));
      return mop;
    }
    mop.kind = Mop::Kind::kReadList;
    if (outcome != Outcome::kOk || value.IsNil()) return mop;
    if (value.kind != Edn::Kind::kVector) return Expected(call, value, "a list", ToText(value));
    for (const Edn& element : value.items) {
      GRAPHDB_ASSIGN_OR_RETURN(const std::optional<int64_t> number, Number(call, element, false));
      mop.list.push_back(*number);
    }
    return mop;
  }

  const RecordedHistory& recorded_;
  std::map<std::string, uint64_t> keys_;
};

}  // namespace

absl::StatusOr<History> ToRegisters(const RecordedHistory& recorded) {
  return Converter(recorded).Registers();
}

absl::StatusOr<History> ToListAppend(const RecordedHistory& recorded) {
  return Converter(recorded).ListAppend();
}

absl::StatusOr<std::vector<KeyValueCall>> ToKeyValue(const RecordedHistory& recorded) {
  return Converter(recorded).KeyValue();
}

}  // namespace graphdb::sim
