// Table: text in aligned columns, two spaces apart, no trailing spaces.
//
//   Table table({{"Node", 12}, {"Role", 8}, {"Shards", 0}});
//   table.AddRow({"node1", "Leader", "0,3,6"});
//   std::string text = table.ToString();
//
// Not synchronised.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace graphdb::cli {

struct Column {
  std::string title;
  size_t width_min = 0;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  // One cell per column.
  void AddRow(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  // Header and rows, each line ended with a newline.
  std::string ToString() const;

 private:
  const std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// Places a text takes on a terminal: code points.
size_t DisplayWidth(absl::string_view text);

}  // namespace graphdb::cli
