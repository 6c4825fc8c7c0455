// A world that cheats in the way its argument names. bad_fixture_test.sh
// expects each armed run to die and each unarmed one (`off WAY`) to live.
#include <pthread.h>     // LINT-OK(include): the forbidden calls are the subject.
#include <sys/random.h>  // LINT-OK(include): subject
#include <sys/time.h>    // LINT-OK(include): subject
#include <unistd.h>      // LINT-OK(include): subject

#include <chrono>  // LINT-OK(include): subject
#include <cstdio>
#include <cstring>
#include <ctime>   // LINT-OK(include): subject
#include <random>  // LINT-OK(include): subject
#include <thread>  // LINT-OK(include): subject

#include "sim/tripwire/tripwire.h"

namespace {

struct Cheat {
  const char* name;
  void (*run)();
};

volatile long sink;

const Cheat kCheats[] = {
    {"system_clock",
     [] {
       sink = std::chrono::system_clock::now().time_since_epoch().count();
     }},  // LINT-OK(clock): subject
    {"steady_clock",
     [] {
       sink = std::chrono::steady_clock::now().time_since_epoch().count();
     }},  // LINT-OK(clock): subject
    {"gettimeofday",
     [] {
       timeval now = {};
       ::gettimeofday(&now, nullptr);  // LINT-OK(clock): subject
       sink = now.tv_sec;
     }},
    {"time", [] { sink = ::time(nullptr); }},  // LINT-OK(clock): subject
    {"sleep_for",
     [] { std::this_thread::sleep_for(std::chrono::nanoseconds(1)); }},  // LINT-OK(thread): subject
    {"usleep", [] { ::usleep(1); }},                                     // LINT-OK(clock): subject
    {"getrandom",
     [] {
       unsigned char byte = 0;
       sink = ::getrandom(&byte, 1, 0);  // LINT-OK(random): subject
     }},
    {"random_device",
     [] { sink = static_cast<long>(std::random_device()()); }},  // LINT-OK(random): subject
    {"thread", [] { std::thread([] { sink = 1; }).join(); }},    // LINT-OK(thread): subject
};

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "list") == 0) {
    for (const Cheat& cheat : kCheats) std::puts(cheat.name);
    return 0;
  }
  for (const Cheat& cheat : kCheats) {
    if (argc != 3 || std::strcmp(argv[2], cheat.name) != 0) continue;
    if (std::strcmp(argv[1], "armed") == 0) {
      graphdb::sim::TripwireArmed armed;
      cheat.run();
    } else {
      cheat.run();
    }
    return 0;
  }
  std::fprintf(stderr, "usage: bad_fixture list | armed WAY | off WAY\n");
  return 2;
}
