// Limits: what one statement may use, each with the name that its error shows.
//
// Value type.
#pragma once

#include <cstdint>

namespace graphdb::cypher {

struct Limits {
  // Of parsing and planning.
  uint64_t query_bytes_max = 1u << 20;
  uint32_t nesting_depth_max = 500;
  uint32_t variables_max = 20'000;  // slots of one row
  uint32_t clauses_max = 2'000;     // of a statement; a plan is as deep

  // Of execution.
  uint64_t result_rows_max = 10'000'000;
  uint64_t memory_bytes_max = 512ull << 20;
  uint64_t list_items_max = 2'000'000;  // of one list that an expression builds
  // List items that the expressions of one batch of rows walk or copy.
  uint64_t expression_work_max = 100'000'000;
  uint64_t string_bytes_max = 64u << 20;
  uint32_t batch_rows = 1024;
  uint32_t yield_rows = 4096;  // rows between two calls of the yield hook
};

}  // namespace graphdb::cypher
