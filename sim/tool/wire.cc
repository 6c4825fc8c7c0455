#include "sim/tool/wire.h"

#include <map>
#include <vector>

#include "core/base/coding.h"

namespace graphdb::sim {
namespace {

using Counts = std::map<std::string, uint64_t>;

// The plain numbers of a result, in one order for both directions.
template <typename Result, typename Visit>
void VisitNumbers(Result& r, Visit visit) {
  visit(r.seed);
  visit(r.events);
  visit(r.trace_hash);
  visit(r.clients.requests);
  visit(r.clients.acknowledged);
  visit(r.clients.failed);
  visit(r.clients.unknown);
  visit(r.clients.conflicts);
  visit(r.clients.attempts);
  visit(r.clients.retried);
  visit(r.clients.multi_shard);
  visit(r.network.sent);
  visit(r.network.bytes);
  visit(r.network.delivered);
  visit(r.network.dropped);
  visit(r.network.cut);
  visit(r.network.overflowed);
  visit(r.network.duplicated);
  visit(r.network.late);
  visit(r.network.copied);
  visit(r.network.reset);
  visit(r.leader_changes);
  visit(r.conflicts);
  visit(r.self_halts);
  visit(r.commits_observed);
}

void PutCounts(std::string* out, const Counts& counts) {
  PutVarint64(out, counts.size());
  for (const auto& [name, count] : counts) {
    PutBytes(out, name);
    PutVarint64(out, count);
  }
}

bool ReadCounts(ByteReader* in, Counts* counts) {
  uint64_t size = 0;
  if (!in->Varint64(&size)) return false;
  for (uint64_t i = 0; i < size; ++i) {
    absl::string_view name;
    uint64_t count = 0;
    if (!in->Bytes(&name) || !in->Varint64(&count)) return false;
    counts->emplace(std::string(name), count);
  }
  return true;
}

bool ReadPatterns(ByteReader* in, std::vector<uint32_t>* patterns) {
  uint64_t size = 0;
  if (!in->Varint64(&size)) return false;
  for (uint64_t i = 0; i < size; ++i) {
    uint32_t pattern = 0;
    if (!in->Fixed32(&pattern)) return false;
    patterns->push_back(pattern);
  }
  return true;
}

void PutTape(std::string* out, const Tape& tape) {
  PutVarint64(out, tape.size());
  for (const Choice& choice : tape) {
    PutVarint64(out, static_cast<uint64_t>(choice.kind));
    PutVarint64(out, choice.who.value());
    PutVarint64(out, choice.to.value());
    PutVarint64(out, choice.number);
  }
}

bool ReadTape(ByteReader* in, Tape* tape) {
  uint64_t size = 0;
  if (!in->Varint64(&size)) return false;
  for (uint64_t i = 0; i < size; ++i) {
    uint64_t kind = 0, who = 0, to = 0, number = 0;
    if (!in->Varint64(&kind) || !in->Varint64(&who) || !in->Varint64(&to) ||
        !in->Varint64(&number) || kind >= kChoiceKindCount) {
      return false;
    }
    tape->push_back({static_cast<ChoiceKind>(kind), ActorId(static_cast<uint32_t>(who)),
                     ActorId(static_cast<uint32_t>(to)), number});
  }
  return true;
}

void PutMoments(std::string* out, const std::vector<FaultMoment>& moments) {
  PutVarint64(out, moments.size());
  for (const FaultMoment& moment : moments) {
    PutVarint64(out, moment.action);
    PutVarint64(out, static_cast<uint64_t>(moment.trigger.kind));
    PutVarint64(out, moment.trigger.group.value());
    PutVarint64(out, moment.trigger.count);
    PutVarint64(out, static_cast<uint64_t>(moment.since.nanoseconds()));
  }
}

bool ReadMoments(ByteReader* in, std::vector<FaultMoment>* moments) {
  uint64_t size = 0;
  if (!in->Varint64(&size)) return false;
  for (uint64_t i = 0; i < size; ++i) {
    FaultMoment moment;
    uint64_t action = 0, kind = 0, group = 0, since = 0;
    if (!in->Varint64(&action) || !in->Varint64(&kind) || !in->Varint64(&group) ||
        !in->Varint64(&moment.trigger.count) || !in->Varint64(&since) ||
        kind >= kTriggerKindCount) {
      return false;
    }
    moment.action = static_cast<uint32_t>(action);
    moment.trigger.kind = static_cast<Trigger::Kind>(kind);
    moment.trigger.group = ShardId(static_cast<uint16_t>(group));
    moment.since = Duration::Nanoseconds(static_cast<int64_t>(since));
    moments->push_back(moment);
  }
  return true;
}

void PutNumbers(std::string* out, const std::vector<uint64_t>& numbers) {
  PutVarint64(out, numbers.size());
  for (const uint64_t number : numbers) PutVarint64(out, number);
}

bool ReadNumbers(ByteReader* in, std::vector<uint64_t>* numbers) {
  uint64_t size = 0;
  if (!in->Varint64(&size)) return false;
  for (uint64_t i = 0; i < size; ++i) {
    uint64_t number = 0;
    if (!in->Varint64(&number)) return false;
    numbers->push_back(number);
  }
  return true;
}

}  // namespace

std::string EncodeResult(const RunResult& result) {
  std::string out;
  VisitNumbers(result, [&](uint64_t number) { PutVarint64(&out, number); });
  PutVarint64(&out, static_cast<uint64_t>(result.verdict));
  PutVarint64(&out, static_cast<uint64_t>(result.virtual_time.nanoseconds()));
  PutVarint64(&out, static_cast<uint64_t>(result.slowest_ack.nanoseconds()));
  PutBytes(&out, result.oracle);
  PutBytes(&out, result.message);
  PutBytes(&out, result.left_out);
  PutBytes(&out, result.unrecoverable);
  PutCounts(&out, result.excused);
  PutCounts(&out, result.faults);
  PutCounts(&out, result.cover);
  PutVarint64(&out, result.constellations.size());
  for (const uint32_t pattern : result.constellations) PutFixed32(&out, pattern);
  PutNumbers(&out, result.operations);
  PutTape(&out, result.tape);
  PutMoments(&out, result.moments);
  return out;
}

bool DecodeResult(absl::string_view bytes, RunResult* result) {
  ByteReader in(bytes);
  bool good = true;
  VisitNumbers(*result, [&](uint64_t& number) { good = good && in.Varint64(&number); });
  uint64_t verdict = 0, time = 0, slowest_ack = 0;
  absl::string_view oracle, message, left_out, unrecoverable;
  good = good && in.Varint64(&verdict) && in.Varint64(&time) && in.Varint64(&slowest_ack) &&
         in.Bytes(&oracle) && in.Bytes(&message) && in.Bytes(&left_out) &&
         in.Bytes(&unrecoverable) && ReadCounts(&in, &result->excused) &&
         ReadCounts(&in, &result->faults) && ReadCounts(&in, &result->cover) &&
         ReadPatterns(&in, &result->constellations) && ReadNumbers(&in, &result->operations) &&
         ReadTape(&in, &result->tape) && ReadMoments(&in, &result->moments);
  if (!good || verdict > 2) return false;
  result->verdict = static_cast<RunResult::Verdict>(verdict);
  result->virtual_time = Duration::Nanoseconds(static_cast<int64_t>(time));
  result->slowest_ack = Duration::Nanoseconds(static_cast<int64_t>(slowest_ack));
  result->oracle = std::string(oracle);
  result->message = std::string(message);
  result->left_out = std::string(left_out);
  result->unrecoverable = std::string(unrecoverable);
  return in.empty();
}

}  // namespace graphdb::sim
