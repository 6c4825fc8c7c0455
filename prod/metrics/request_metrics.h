// RequestMetrics: how many client calls there were, how they ended and how long
// they took.
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace graphdb::prod {

class RequestMetrics {
 public:
  RequestMetrics();
  ~RequestMetrics();

  // `code` is a google.rpc.Code.
  void Count(const char* method, int code, int64_t microseconds);
  // Exposition text.
  std::string Text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace graphdb::prod
