// ElementsModel: what a batch of element calls does to a part of the graph that
// nobody else touches, op by op, in plain maps.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "proto/client.pb.h"

namespace graphdb::sim {

inline constexpr char kItemsProperty[] = "items";  // for AppendToList
inline constexpr char kSumProperty[] = "sum";      // for AddInteger

// What is there, by id, and what no longer is.
struct ElementsRegion {
  std::map<uint64_t, v1::NodeValue> nodes;
  std::map<uint64_t, v1::RelationshipValue> edges;
  std::vector<uint64_t> gone_nodes, gone_edges;
  uint64_t made = 0;  // ids taken, of all generations
};

class ElementsModel {
 public:
  enum class Verdict {
    kFits,
    kRefused,  // it has to be refused
    kWrong,    // an answer is not what it has to be
  };

  // `actual` null: nothing was answered; every answer fits then, and ids that the
  // cluster would have chosen are made up. All outlive it.
  ElementsModel(const v1::BatchRequest& batch, const v1::BatchResult* actual,
                ElementsRegion* region);

  // Leaves in the region what the batch makes of it, where it fits.
  Verdict Carry();
  // Of kWrong and kRefused: which operation, and what about it.
  const std::string& about() const { return about_; }

 private:
  Verdict CarryOne(int place);
  Verdict CreateNode(const v1::CreateNode& create, int place);
  Verdict ChangeNode(const v1::ElementOp& op, int place, v1::NodeValue* node);
  Verdict DeleteNode(const v1::DeleteNode& gone);
  Verdict CreateEdge(const v1::CreateEdge& create, int place);
  Verdict ChangeEdge(const v1::ElementOp& op, int place);
  Verdict ListEdges(const v1::Expand& expand, int place);
  // Of an end of a new relationship; 0: it refers to no node.
  uint64_t IdOf(const v1::NodeRef& ref) const;
  template <typename Message>
  Verdict Compare(const Message& expected, const Message& actual);

  const v1::BatchRequest& batch_;
  const v1::BatchResult* const actual_;
  ElementsRegion& region_;
  std::vector<uint64_t> existed_;    // before the batch
  std::map<int, uint64_t> created_;  // nodes, by the place of the operation
  std::set<uint64_t> made_;          // relationships
  std::string about_;
};

}  // namespace graphdb::sim
