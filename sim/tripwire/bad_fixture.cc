// A world that cheats in the way its argument names. bad_fixture_test.sh
// expects each armed run to die and each unarmed one (`off WAY`) to live.
#include <pthread.h>
#include <sys/random.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <random>
#include <thread>

#include "sim/tripwire/tripwire.h"

namespace {

struct Cheat {
  const char* name;
  void (*run)();
};

volatile long sink;

const Cheat kCheats[] = {
    {"system_clock", [] { sink = std::chrono::system_clock::now().time_since_epoch().count(); }},
    {"steady_clock", [] { sink = std::chrono::steady_clock::now().time_since_epoch().count(); }},
    {"gettimeofday",
     [] {
       timeval now = {};
       ::gettimeofday(&now, nullptr);
       sink = now.tv_sec;
     }},
    {"time", [] { sink = ::time(nullptr); }},
    {"sleep_for", [] { std::this_thread::sleep_for(std::chrono::nanoseconds(1)); }},
    {"usleep", [] { ::usleep(1); }},
    {"getrandom",
     [] {
       unsigned char byte = 0;
       sink = ::getrandom(&byte, 1, 0);
     }},
    {"random_device", [] { sink = static_cast<long>(std::random_device()()); }},
    {"thread", [] { std::thread([] { sink = 1; }).join(); }},
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
