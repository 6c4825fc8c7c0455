// Byte coding: little-endian fixed and varint for records, big-endian for keys
// (order-preserving), and a bounds-checked reader for what came from disk or
// wire.
//
//   std::string out; PutVarint64(&out, 300); PutBytes(&out, payload);
//   ByteReader in(out); uint64_t n; absl::string_view p;
//   if (!in.Varint64(&n) || !in.Bytes(&p) || !in.empty()) return DataLoss(...);
//
// Thread-safe (no state but the arguments).
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace graphdb {

void PutFixed16(std::string* out, uint16_t v);
void PutFixed32(std::string* out, uint32_t v);
void PutFixed64(std::string* out, uint64_t v);
void PutVarint64(std::string* out, uint64_t v);
// Length as varint, then the bytes.
void PutBytes(std::string* out, absl::string_view bytes);

void PutBig16(std::string* out, uint16_t v);
void PutBig32(std::string* out, uint32_t v);
void PutBig64(std::string* out, uint64_t v);

uint32_t LoadFixed32(const char* p);
uint64_t LoadFixed64(const char* p);
uint64_t LoadBig64(const char* p);

// Reads from the front of a buffer that it does not own. Each method returns
// false and consumes nothing where the bytes don't suffice or are malformed.
class ByteReader {
 public:
  explicit ByteReader(absl::string_view bytes) : rest_(bytes) {}

  bool Fixed8(uint8_t* v);
  bool Fixed16(uint16_t* v);
  bool Fixed32(uint32_t* v);
  bool Fixed64(uint64_t* v);
  bool Varint64(uint64_t* v);
  bool Big16(uint16_t* v);
  bool Big32(uint32_t* v);
  bool Big64(uint64_t* v);
  bool Bytes(absl::string_view* v);
  bool Raw(size_t n, absl::string_view* v);

  bool empty() const { return rest_.empty(); }
  absl::string_view rest() const { return rest_; }

 private:
  absl::string_view rest_;
};

}  // namespace graphdb
