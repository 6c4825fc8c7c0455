// operator new and delete of the simulator's program. A run makes and drops some
// twenty small blocks per event; here that is a list per size to pop from and to
// push to, which takes a tenth of the instructions of malloc and free.
//
//   | head: the class | the caller's bytes ...
//
// Invariants:
//   1. A block goes back to the list of the class it was made for. Memory is used
//      again and never returned, so it is bounded by the largest run.
//   2. Who looks at memory sees all of it: with the address sanitizer, or with
//      MALLOC_PERTURB_ set (the two-process test), each block is malloc's own.
//
// For a program of one thread: workers of a campaign are processes.
#if !defined(__SANITIZE_ADDRESS__)

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace {

constexpr size_t kStep = 16;  // what classes differ by, and what malloc aligns to
constexpr size_t kSmallBytesMax = 1024;
constexpr size_t kClasses = kSmallBytesMax / kStep + 1;
constexpr size_t kChunkBytes = size_t{256} << 10;
constexpr uint64_t kOfMalloc = 0;  // the class of what is in no list

struct alignas(kStep) Head {
  uint64_t size_class;
};
struct Free {
  Free* next;
};

Free* g_free[kClasses];  // LINT-OK(mutable-global): memory, not state of a run
char* g_chunk = nullptr;
size_t g_chunk_left = 0;

void* Malloc(size_t bytes) {
  void* raw = std::malloc(sizeof(Head) + bytes);
  if (raw == nullptr) std::abort();
  Head* head = static_cast<Head*>(raw);
  head->size_class = kOfMalloc;
  return head + 1;
}

// A block from the chunk at hand, or from a new one.
[[gnu::noinline]] void* Fresh(size_t size_class) {
  static const bool watched = std::getenv("MALLOC_PERTURB_") != nullptr;
  if (watched) return Malloc(size_class * kStep);
  const size_t bytes = sizeof(Head) + size_class * kStep;
  if (g_chunk_left < bytes) {
    void* chunk = std::malloc(kChunkBytes);
    if (chunk == nullptr) std::abort();
    g_chunk = static_cast<char*>(chunk);
    g_chunk_left = kChunkBytes;
  }
  Head* head = reinterpret_cast<Head*>(g_chunk);
  g_chunk += bytes;
  g_chunk_left -= bytes;
  head->size_class = size_class;
  return head + 1;
}

}  // namespace

void* operator new(size_t bytes) {
  const size_t size_class = bytes == 0 ? 1 : (bytes + kStep - 1) / kStep;
  if (size_class >= kClasses) return Malloc(bytes);
  Free* block = g_free[size_class];
  if (block == nullptr) return Fresh(size_class);
  g_free[size_class] = block->next;
  return block;
}

void operator delete(void* block) noexcept {
  if (block == nullptr) return;
  Head* head = static_cast<Head*>(block) - 1;
  if (head->size_class == kOfMalloc) {
    std::free(head);
    return;
  }
  Free* free = static_cast<Free*>(block);
  free->next = g_free[head->size_class];
  g_free[head->size_class] = free;
}

void operator delete(void* block, size_t) noexcept { operator delete(block); }
void* operator new[](size_t bytes) { return operator new(bytes); }
void operator delete[](void* block) noexcept { operator delete(block); }
void operator delete[](void* block, size_t) noexcept { operator delete(block); }

#endif
