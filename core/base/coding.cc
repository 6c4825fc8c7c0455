#include "core/base/coding.h"

#include <algorithm>

namespace graphdb {
namespace {

template <typename T>
void PutLittle(std::string* out, T v) {
  char bytes[sizeof(T)];
  for (size_t i = 0; i < sizeof(T); ++i) bytes[i] = static_cast<char>(v >> (8 * i));
  out->append(bytes, sizeof(T));
}

template <typename T>
void PutBig(std::string* out, T v) {
  char bytes[sizeof(T)];
  for (size_t i = 0; i < sizeof(T); ++i) {
    bytes[i] = static_cast<char>(v >> (8 * (sizeof(T) - 1 - i)));
  }
  out->append(bytes, sizeof(T));
}

template <typename T>
T LoadLittle(const char* p) {
  T v = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    v = static_cast<T>(v | static_cast<T>(static_cast<uint8_t>(p[i])) << (8 * i));
  }
  return v;
}

template <typename T>
T LoadBig(const char* p) {
  T v = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    v = static_cast<T>(static_cast<T>(v << (sizeof(T) > 1 ? 8 : 0)) | static_cast<uint8_t>(p[i]));
  }
  return v;
}

template <typename T, T (*kLoad)(const char*)>
bool Take(absl::string_view* rest, T* v) {
  if (rest->size() < sizeof(T)) return false;
  *v = kLoad(rest->data());
  rest->remove_prefix(sizeof(T));
  return true;
}

constexpr size_t kVarint64BytesMax = 10;

}  // namespace

void PutFixed16(std::string* out, uint16_t v) { PutLittle(out, v); }
void PutFixed32(std::string* out, uint32_t v) { PutLittle(out, v); }
void PutFixed64(std::string* out, uint64_t v) { PutLittle(out, v); }
void PutBig16(std::string* out, uint16_t v) { PutBig(out, v); }
void PutBig32(std::string* out, uint32_t v) { PutBig(out, v); }
void PutBig64(std::string* out, uint64_t v) { PutBig(out, v); }

void PutVarint64(std::string* out, uint64_t v) {
  if (v < 0x80) {  // most are
    out->push_back(static_cast<char>(v));
    return;
  }
  char bytes[kVarint64BytesMax];
  size_t count = 0;
  while (v >= 0x80) {
    bytes[count++] = static_cast<char>(v | 0x80);
    v >>= 7;
  }
  bytes[count++] = static_cast<char>(v);
  out->append(bytes, count);
}

void PutBytes(std::string* out, absl::string_view bytes) {
  PutVarint64(out, bytes.size());
  out->append(bytes.data(), bytes.size());
}

uint32_t LoadFixed32(const char* p) { return LoadLittle<uint32_t>(p); }
uint64_t LoadFixed64(const char* p) { return LoadLittle<uint64_t>(p); }
uint64_t LoadBig64(const char* p) { return LoadBig<uint64_t>(p); }

bool ByteReader::Fixed8(uint8_t* v) { return Take<uint8_t, LoadLittle<uint8_t>>(&rest_, v); }
bool ByteReader::Fixed16(uint16_t* v) { return Take<uint16_t, LoadLittle<uint16_t>>(&rest_, v); }
bool ByteReader::Fixed32(uint32_t* v) { return Take<uint32_t, LoadLittle<uint32_t>>(&rest_, v); }
bool ByteReader::Fixed64(uint64_t* v) { return Take<uint64_t, LoadLittle<uint64_t>>(&rest_, v); }
bool ByteReader::Big16(uint16_t* v) { return Take<uint16_t, LoadBig<uint16_t>>(&rest_, v); }
bool ByteReader::Big32(uint32_t* v) { return Take<uint32_t, LoadBig<uint32_t>>(&rest_, v); }
bool ByteReader::Big64(uint64_t* v) { return Take<uint64_t, LoadBig<uint64_t>>(&rest_, v); }

bool ByteReader::Varint64(uint64_t* v) {
  // Most are one byte.
  if (!rest_.empty() && static_cast<uint8_t>(rest_[0]) < 0x80) {
    *v = static_cast<uint8_t>(rest_[0]);
    rest_.remove_prefix(1);
    return true;
  }
  const char* const begin = rest_.data();
  const size_t available = std::min(rest_.size(), kVarint64BytesMax);
  uint64_t result = 0;
  for (size_t i = 0; i < available; ++i) {
    const uint64_t byte = static_cast<uint8_t>(begin[i]);
    result |= (byte & 0x7f) << (7 * i);
    if (byte >= 0x80) continue;
    if (i == kVarint64BytesMax - 1 && byte > 1) return false;  // would not fit 64 bits
    *v = result;
    rest_.remove_prefix(i + 1);
    return true;
  }
  return false;
}

bool ByteReader::Bytes(absl::string_view* v) {
  const absl::string_view before = rest_;
  uint64_t size = 0;
  if (Varint64(&size) && size <= rest_.size()) return Raw(size, v);
  rest_ = before;
  return false;
}

bool ByteReader::Raw(size_t n, absl::string_view* v) {
  if (rest_.size() < n) return false;
  *v = rest_.substr(0, n);
  rest_.remove_prefix(n);
  return true;
}

}  // namespace graphdb
