#include "prod/cli/table.h"

#include <algorithm>

#include "core/base/check.h"

namespace graphdb::cli {

size_t DisplayWidth(absl::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;  // not a continuation byte
  }));
}

std::string Table::ToString() const {
  std::vector<size_t> widths;
  for (const Column& column : columns_) {
    widths.push_back(std::max(column.width_min, DisplayWidth(column.title)));
  }
  for (const std::vector<std::string>& row : rows_) {
    GRAPHDB_CHECK_EQ(row.size(), columns_.size());
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
  }
  std::string out;
  const auto add_line = [&](const auto& cell_of) {
    std::string line;
    for (size_t i = 0; i < columns_.size(); ++i) {
      const std::string& cell = cell_of(i);
      line += cell;
      line.append(widths[i] + 2 - DisplayWidth(cell), ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  };
  add_line([&](size_t i) -> const std::string& { return columns_[i].title; });
  for (const std::vector<std::string>& row : rows_) {
    add_line([&](size_t i) -> const std::string& { return row[i]; });
  }
  return out;
}

}  // namespace graphdb::cli
