// OptionTable: every option of a run that is one value, with its name, unit and
// range. What reads, writes, shows or resets options goes over this table, so a
// new option is a field and a row here.
//
//   network drop=2% delay=1ms      group kNetwork, keys drop and delay
//   think 300ms                    group kRun, key think
//
// Invariants:
//   1. A field of RunOptions, or of a struct in it, without its row does not
//      compile. What is no single value (lists, plans) is counted there by hand.
//
// Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "absl/types/span.h"
#include "sim/world/run_options.h"

namespace graphdb::sim {

struct Option {
  // Which struct of RunOptions it is in, and so which line of a file.
  enum class Group : uint8_t { kRun, kNetwork, kClients, kDisk, kEngine, kNode };
  enum class Unit : uint8_t { kCount, kTime, kRate, kPartsPerBillion, kWord };

  Group group;
  const char* key;
  Unit unit;
  // Of the raw number: nanoseconds, parts per million, ...
  uint64_t low;
  uint64_t high;
  uint64_t (*get)(const RunOptions& options);
  void (*set)(RunOptions& options, uint64_t raw);
  const char* const* words = nullptr;  // kWord: the name of each raw number
};

absl::Span<const Option> OptionTable();

// The word that its line in a scenario file begins with.
const char* Directive(const Option& option);
bool IsDefault(const Option& option, const RunOptions& options);
// "2%", "1500ms", "4096": what a scenario file has for it.
std::string ValueText(const Option& option, const RunOptions& options);

}  // namespace graphdb::sim
