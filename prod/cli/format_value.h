// FormatValue: results of queries as text and as JSON.
//
// Text is Cypher's own notation, so that it can be pasted into a query. JSON
// keeps integers as numbers; floats that JSON has no number for are the strings
// "NaN", "Infinity", "-Infinity"; bytes are base64.
//
// Thread-safe (no state).
#pragma once

#include <string>

#include "nlohmann/json_fwd.hpp"
#include "prod/client/client.h"
#include "proto/client.pb.h"

namespace graphdb::cli {

// A value nested deeper is shown as "...": it comes from the wire.
inline constexpr int kNestingMax = 64;

std::string ValueText(const v1::Value& value);
nlohmann::ordered_json ValueJson(const v1::Value& value);

// A table with one line per row, and what was changed.
std::string ResultText(const client::QueryResult& result);
nlohmann::ordered_json ResultJson(const client::QueryResult& result);

}  // namespace graphdb::cli
