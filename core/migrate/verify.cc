#include "core/migrate/verify.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/lookup_map.h"
#include "core/base/status_macros.h"
#include "core/storage/slots.h"

namespace graphdb::migrate {
namespace {

constexpr uint64_t kPieceBytes = 1u << 20;
constexpr uint64_t kIdsPerWord = 64;

class IdSet {
 public:
  // False where it was there already.
  bool Add(uint64_t id) {
    uint64_t& word = words_[id / kIdsPerWord];
    const bool fresh = (word & Bit(id)) == 0;
    word |= Bit(id);
    return fresh;
  }
  bool Contains(uint64_t id) const {
    const uint64_t* const word = words_.Find(id / kIdsPerWord);
    return word != nullptr && (*word & Bit(id)) != 0;
  }
  size_t words() const { return words_.size(); }

 private:
  static uint64_t Bit(uint64_t id) { return uint64_t{1} << (id % kIdsPerWord); }

  LookupMap<uint64_t, uint64_t> words_;
};

// Looks at the ids of one part of all (a power of two).
class ReferenceCheck : public SnapshotSink {
 public:
  ReferenceCheck(uint64_t part, uint64_t parts, size_t words_max)
      : part_(part), parts_(parts), words_max_(words_max) {}

  // More ids than fit: what it said since counts for nothing.
  bool full() const { return nodes_.words() + relationships_.words() > words_max_; }

  absl::Status OnNode(const graph::Node& node, Timestamp) override {
    if (Mine(node.id.value()) && !full()) nodes_.Add(node.id.value());
    return absl::OkStatus();
  }

  absl::Status OnRelationship(const graph::Relationship& relationship, Timestamp) override {
    if (full()) return absl::OkStatus();
    const uint64_t id = relationship.id.value();
    for (const ElementId end : {relationship.start, relationship.end}) {
      if (!Mine(end.value()) || nodes_.Contains(end.value())) continue;
      return absl::DataLossError(absl::StrCat("relationship ", id, " is attached to node ",
                                              end.value(),
                                              "; expected a node that the file holds"));
    }
    if (Mine(id) && !relationships_.Add(id)) {
      return absl::DataLossError(
          absl::StrCat("relationship ", id, " is there twice; expected each id once"));
    }
    return absl::OkStatus();
  }

 private:
  // Neighbours are of one part, so that their word is.
  bool Mine(uint64_t id) const {
    return (storage::MixId(id / kIdsPerWord) & (parts_ - 1)) == part_;
  }

  const uint64_t part_;
  const uint64_t parts_;
  const size_t words_max_;
  IdSet nodes_;
  IdSet relationships_;
};

// Reads the file once; unset where the check was full before the end.
absl::StatusOr<std::optional<SnapshotSummary>> ReadOnce(const ReadPiece& read,
                                                        ReferenceCheck* check) {
  SnapshotReader reader(check);
  for (uint64_t offset = 0; !check->full();) {
    GRAPHDB_ASSIGN_OR_RETURN(const std::string piece, read(offset, kPieceBytes));
    if (piece.empty()) {
      GRAPHDB_ASSIGN_OR_RETURN(SnapshotSummary summary, reader.Finish());
      return std::optional<SnapshotSummary>(std::move(summary));
    }
    GRAPHDB_RETURN_IF_ERROR(reader.Feed(piece));
    offset += piece.size();
  }
  return std::optional<SnapshotSummary>();
}

}  // namespace

absl::StatusOr<SnapshotSummary> VerifySnapshot(const ReadPiece& read, size_t id_words_max) {
  GRAPHDB_CHECK(id_words_max >= 2);
  for (uint64_t parts = 1; parts <= kVerifyPartsMax; parts *= 2) {
    std::optional<SnapshotSummary> summary;
    for (uint64_t part = 0; part == 0 || (summary.has_value() && part < parts); ++part) {
      ReferenceCheck check(part, parts, id_words_max);
      GRAPHDB_ASSIGN_OR_RETURN(summary, ReadOnce(read, &check));
    }
    if (summary.has_value()) return *std::move(summary);
  }
  return absl::ResourceExhaustedError(absl::StrCat("the ids take more memory than ",
                                                   kVerifyPartsMax, " readings of ", id_words_max,
                                                   " words have"));
}

}  // namespace graphdb::migrate
