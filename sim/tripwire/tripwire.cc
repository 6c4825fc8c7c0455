#include "sim/tripwire/tripwire.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <pthread.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <ctime>

namespace graphdb::sim {
namespace {

thread_local bool armed = false;

void Print(const char* text) {
  if (::write(STDERR_FILENO, text, std::strlen(text)) < 0) return;
}

// Called first in every replaced function. Allocates nothing of its own: it
// may run inside malloc.
void Trip(const char* function) {
  if (!armed) return;
  armed = false;  // backtrace() may itself use what we replaced
  Print("tripwire: the simulated world called ");
  Print(function);
  Print("; use env::Clock, env::Scheduler or env::RandomSource instead\n");
  void* frames[64];
  const int count = ::backtrace(frames, 64);
  ::backtrace_symbols_fd(frames, count, STDERR_FILENO);
  std::abort();
}

template <typename Function>
Function* Real(const char* name) {
  void* const address = ::dlsym(RTLD_NEXT, name);
  if (address == nullptr) std::abort();
  return reinterpret_cast<Function*>(address);
}

}  // namespace

TripwireArmed::TripwireArmed() : before_(armed) { armed = true; }
TripwireArmed::~TripwireArmed() { armed = before_; }
TripwireSafe::TripwireSafe() : before_(armed) { armed = false; }
TripwireSafe::~TripwireSafe() { armed = before_; }
bool IsTripwireArmed() { return armed; }

}  // namespace graphdb::sim

using graphdb::sim::Real;
using graphdb::sim::Trip;

// Where a system call does the same it is used: it needs no dlsym, which may
// allocate. The signatures are the C library's.
extern "C" {

int clock_gettime(clockid_t clock, timespec* out) noexcept {
  Trip("clock_gettime");
  return static_cast<int>(::syscall(SYS_clock_gettime, clock, out));
}

int gettimeofday(timeval* __restrict out, void* __restrict zone) noexcept {
  Trip("gettimeofday");
  return static_cast<int>(::syscall(SYS_gettimeofday, out, zone));
}

time_t time(time_t* out) noexcept {
  Trip("time");
  timespec now = {};
  ::syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}

int nanosleep(const timespec* request, timespec* left) {
  Trip("nanosleep");
  return static_cast<int>(::syscall(SYS_nanosleep, request, left));
}

int clock_nanosleep(clockid_t clock, int flags, const timespec* request, timespec* left) {
  Trip("clock_nanosleep");
  return Real<int(clockid_t, int, const timespec*, timespec*)>("clock_nanosleep")(clock, flags,
                                                                                  request, left);
}

int usleep(useconds_t duration_us) {
  Trip("usleep");
  return Real<int(useconds_t)>("usleep")(duration_us);
}

unsigned int sleep(unsigned int duration_s) {
  Trip("sleep");
  return Real<unsigned int(unsigned int)>("sleep")(duration_s);
}

ssize_t getrandom(void* buffer, size_t length, unsigned int flags) {
  Trip("getrandom");
  return ::syscall(SYS_getrandom, buffer, length, flags);
}

int getentropy(void* buffer, size_t length) {
  Trip("getentropy");
  return Real<int(void*, size_t)>("getentropy")(buffer, length);
}

// std::random_device draws from the processor, past getrandom.
unsigned int RandomDeviceDraw(void* device) asm("_ZNSt13random_device9_M_getvalEv");
unsigned int RandomDeviceDraw(void* device) {
  Trip("std::random_device");
  return Real<unsigned int(void*)>("_ZNSt13random_device9_M_getvalEv")(device);
}

int pthread_create(pthread_t* __restrict thread, const pthread_attr_t* __restrict attributes,
                   void* (*start)(void*), void* __restrict argument) noexcept {
  Trip("pthread_create");
  return Real<int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)>("pthread_create")(
      thread, attributes, start, argument);
}

}  // extern "C"
