// Statement: a Cypher statement in a form that can be drawn, written as text and
// carried out on a naive graph.
//
// Plain values; deterministic thread only.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/env/random.h"
#include "proto/client.pb.h"
#include "sim/check/naive_query.h"

namespace graphdb::sim {

struct Statement {
  NaiveQuery query;
  std::vector<std::string> columns;
  bool writes = false;
  bool in_order = false;     // of the rows
  bool loose = false;        // of 1 and 1.0 a row may hold either
  std::vector<size_t> bags;  // columns whose lists are in any order
  int64_t nodes = 0;         // names of nodes and numbers of relationships it takes
  int64_t edges = 0;
  // Of one that has to be refused: its text, and why it is.
  std::string refused;
  v1::ErrorReason reason = v1::REASON_NONE;
};

// What a part of the graph holds: of nodes k from 1 to next_k - 1, of relationships
// e from 1 to next_e - 1, deleted ones among them. All its nodes carry `label`.
struct StatementPlace {
  std::string label;
  int64_t next_k = 1;
  int64_t next_e = 1;
  std::map<int64_t, uint64_t> ids;  // by k, of nodes that are surely there
  // Nothing may still come of an earlier statement: a name that is not there is free.
  bool settled = true;
};

// Lists and maps with all that is in them; of nodes and relationships nothing.
void ToProto(const NaiveValue& value, v1::Value* out);

Statement DrawStatement(const StatementPlace& place, Random& rng);

// Reads all at once: every node, and every relationship with its ends.
Statement ReadAllStatement(const std::string& label);

v1::QueryRequest ToQuery(const Statement& statement);

// What of a naive graph's answer a client can see, in an order that compares.
struct Answer {
  std::vector<std::vector<NaiveValue>> rows;
  NaiveCounters counters;
};

Answer Comparable(const Statement& statement, NaiveAnswer answer);
// The same of a server's answer. Nodes and relationships are taken apart as by
// Shown(); what has another shape than any answer has reads as a text that says so.
Answer ReadAnswer(const Statement& statement, const v1::QueryRows& rows);
// The ids of the nodes in an answer, by k.
void LearnIds(const v1::QueryRows& rows, std::map<int64_t, uint64_t>* ids);
bool SameAnswer(const Statement& statement, const Answer& a, const Answer& b);

std::string ToText(const Answer& answer);

}  // namespace graphdb::sim
