#include "prod/config/nearest.h"

#include <algorithm>

#include "absl/strings/match.h"

namespace graphdb::config {

int EditDistance(absl::string_view a, absl::string_view b) {
  // Words beyond this are nobody's slip of a key, and the table is quadratic.
  constexpr size_t kWordBytesMax = 128;
  if (a.size() > kWordBytesMax || b.size() > kWordBytesMax) return kWordBytesMax;
  std::vector<std::vector<int>> d(a.size() + 1, std::vector<int>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) d[i][0] = static_cast<int>(i);
  for (size_t j = 0; j <= b.size(); ++j) d[0][j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const int change = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + change});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

std::optional<std::string> Nearest(absl::string_view word, const std::vector<std::string>& known) {
  std::optional<std::string> best;
  int best_distance = 0;
  for (const std::string& candidate : known) {
    const int distance = EditDistance(word, candidate);
    if (!best.has_value() || distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  const int tolerated = std::max<int>(2, static_cast<int>(word.size()) / 3);
  if (best.has_value() && best_distance > tolerated) return std::nullopt;
  return best;
}

}  // namespace graphdb::config
