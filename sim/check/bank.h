// Bank: transfers between accounts never change the sum, and no balance falls
// below zero, in any state that a transaction can read.
//
// What it does not see: transfers that cancel out; accounts that no read covers
// (a read has to name all accounts); real-time order (list-append does).
//
// Pure function; thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/check/history.h"

namespace graphdb::sim {

// One read of all accounts by one transaction.
struct BankRead {
  uint32_t client = 0;
  Duration at;
  std::vector<int64_t> balances;
};

MaybeViolation CheckBank(const std::vector<BankRead>& reads, size_t accounts, int64_t total);

}  // namespace graphdb::sim
