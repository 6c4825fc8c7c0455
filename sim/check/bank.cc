#include "sim/check/bank.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace graphdb::sim {

MaybeViolation CheckBank(const std::vector<BankRead>& reads, size_t accounts, int64_t total) {
  for (const BankRead& read : reads) {
    const auto bad = [&](absl::string_view what) {
      return Violation{"bank", absl::StrCat(what, ": ", OpName(read.client, read.at), " read [",
                                            absl::StrJoin(read.balances, " "), "], expected sum ",
                                            total, " over ", accounts, " accounts")};
    };
    if (read.balances.size() != accounts) return bad("an account is missing");
    int64_t sum = 0;
    for (const int64_t balance : read.balances) {
      if (balance < 0) return bad("a balance below zero");
      sum += balance;
    }
    if (sum != total) return bad(absl::StrCat("sum ", sum));
  }
  return std::nullopt;
}

}  // namespace graphdb::sim
