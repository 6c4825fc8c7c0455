#include "sim/explain/page.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "nlohmann/json.hpp"
#include "sim/env/trace_hash.h"
#include "sim/explain/page_parts.h"
#include "sim/world/fault_plan.h"

namespace graphdb::sim {
namespace {

using Json = nlohmann::json;

constexpr size_t kMessageTextMax = 800;
// What is left for messages when everything else is in.
constexpr size_t kReserve = 30'000;
constexpr std::ptrdiff_t kLinesShownMax = 3'000;

int64_t Us(Duration time) { return time.nanoseconds() / 1'000; }

// The world is -1, nodes count from 0, clients from 1000.
int ActorNumber(ActorId actor) {
  if (actor == kWorldActor) return -1;
  if (IsNodeActor(actor)) return static_cast<int>(NodeOf(actor).value());
  return 1000 + static_cast<int>(actor.value() - ClientActor(0).value());
}

class PageData {
 public:
  PageData(const PageTitle& title, const Recording& recording, const RunResult& result)
      : recording_(recording), failure_(FindFailure(recording, result)) {
    data_["run"] = {{"name", title.name},        {"options", title.options},
                    {"replay", title.replay},    {"seed", std::to_string(result.seed)},
                    {"failed", failure_.failed}, {"oracle", result.oracle},
                    {"message", result.message}, {"end", Us(result.virtual_time)},
                    {"events", result.events},   {"trace", TraceHash::HexOf(result.trace_hash)}};
    data_["nodes"] = title.nodes;
    data_["focus"] = {Us(failure_.from), Us(failure_.to)};
    AddMarks();
    AddOps();
    data_["strings"] = Json::array();
    data_["messages"] = Json::array();
    data_["covered"] = {Us(failure_.to), Us(failure_.to)};
  }

  // As many as fit into `budget` bytes, nearest to the failure first.
  void AddMessages(size_t budget, MessageDescriber describe) {
    const std::deque<RecordedMessage>& messages = recording_.messages();
    // In the order of the run: an answer is read by the call that it answers.
    std::vector<std::string> texts;
    texts.reserve(messages.size());
    for (const RecordedMessage& message : messages) texts.push_back(describe(message.bytes));
    size_t before = static_cast<size_t>(
        std::partition_point(messages.begin(), messages.end(),
                             [this](const RecordedMessage& m) { return m.sent <= failure_.to; }) -
        messages.begin());
    size_t after = before;
    size_t used = 0;
    for (size_t n = 0; used < budget && (before > 0 || after < messages.size()); ++n) {
      // What led to the failure matters more than what followed: three to one.
      const bool back = before > 0 && (after == messages.size() || n % 4 != 3);
      const size_t index = back ? --before : after++;
      used += AddMessage(index, std::move(texts[index]));
    }
    Json& list = data_["messages"];
    std::sort(list.begin(), list.end(), [](const Json& a, const Json& b) { return a[0] < b[0]; });
    if (before < after) {
      data_["covered"] = {Us(messages[before].sent), Us(messages[after - 1].sent)};
    }
    data_["omitted"] = before + (messages.size() - after) + recording_.first_message() - 1;
  }

  std::string Text() const { return Dump(data_); }

 private:
  void AddMarks() {
    Json marks = Json::array();
    std::map<ShardId, int> groups;
    Json group_names = Json::array();
    const auto add = [&](const RecordedMark& mark) {
      int group = -1;
      if (mark.kind == TraceEvent::Kind::kLeads || mark.kind == TraceEvent::Kind::kFollows) {
        const auto [found, fresh] = groups.try_emplace(mark.group, groups.size());
        if (fresh) group_names.push_back(GroupName(mark.group));
        group = found->second;
      }
      marks.push_back({static_cast<int>(mark.kind), Us(mark.at), ActorNumber(mark.actor), group,
                       mark.term.value(), mark.text});
    };
    for (const RecordedMark& mark : recording_.marks()) add(mark);
    const std::deque<RecordedMark>& lines = recording_.lines();
    const auto end =
        std::partition_point(lines.begin(), lines.end(),
                             [this](const RecordedMark& line) { return line.at <= failure_.to; });
    const auto shown = std::min<std::ptrdiff_t>(end - lines.begin(), kLinesShownMax);
    for (auto line = end - shown; line != end; ++line) add(*line);
    std::stable_sort(marks.begin(), marks.end(),
                     [](const Json& a, const Json& b) { return a[1] < b[1]; });
    data_["marks"] = std::move(marks);
    data_["groups"] = std::move(group_names);
  }

  void AddOps() {
    Json ops = Json::array();
    for (size_t i = 0; i < recording_.ops().size(); ++i) {
      const RecordedOp& op = recording_.ops()[i];
      const std::vector<size_t>& witness = failure_.witness;
      const bool named = std::find(witness.begin(), witness.end(), i) != witness.end();
      Json attempts = Json::array();
      for (const RecordedOp::Attempt& attempt : op.attempts) {
        attempts.push_back({Us(attempt.at), ActorNumber(attempt.gateway)});
      }
      ops.push_back({ActorNumber(op.client) - 1000, Us(op.invoked),
                     op.done ? Us(op.completed) : int64_t{-1}, op.text, op.result,
                     std::move(attempts), named ? 1 : 0});
    }
    data_["ops"] = std::move(ops);
  }

  // Returns how many bytes it takes.
  size_t AddMessage(size_t index, std::string text) {
    const RecordedMessage& message = recording_.messages()[index];
    if (text.size() > kMessageTextMax) {
      text =
          absl::StrCat(text.substr(0, kMessageTextMax), " ... (", message.bytes.size(), " bytes)");
    }
    size_t bytes = 0;
    const auto [found, fresh] = strings_.try_emplace(std::move(text), strings_.size());
    if (fresh) bytes += Append(found->first, &data_["strings"]);
    const Json row = {recording_.first_message() + index,
                      ActorNumber(message.from),
                      ActorNumber(message.to),
                      Us(message.sent),
                      Us(message.until),
                      static_cast<int>(message.fate),
                      found->second};
    return bytes + Append(row, &data_["messages"]);
  }

  static std::string Dump(const Json& json) {
    return json.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
  }

  static size_t Append(const Json& json, Json* list) {
    list->push_back(json);
    return Dump(json).size() + 1;  // and a comma
  }

  const Recording& recording_;
  const Failure failure_;
  Json data_;
  std::map<std::string, size_t> strings_;
};

}  // namespace

std::string HtmlPage(const PageTitle& title, const Recording& recording, const RunResult& result,
                     const MessageDescriber& describe) {
  const std::string frame = absl::StrReplaceAll(
      kPageHtml, {{"/*CSS*/", kPageCss}, {"/*SCRIPT*/", absl::StrCat(kModelJs, kDrawJs, kViewJs)}});
  PageData data(title, recording, result);
  const size_t fixed = frame.size() + data.Text().size() + kReserve;
  if (fixed < kPageBytesMax) data.AddMessages(kPageBytesMax - fixed, describe);
  // Inside <script type="application/json">, where only "</" could end it.
  return absl::StrReplaceAll(frame,
                             {{"/*DATA*/", absl::StrReplaceAll(data.Text(), {{"</", "<\\/"}})}});
}

}  // namespace graphdb::sim
