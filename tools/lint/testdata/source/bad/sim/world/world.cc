// A comment may say std::thread and so may a string.
const char* kText = "std::thread getenv(";
#include <chrono>  // LINT-OK(include)
#include <mutex>   // LINT-OK(lock): no such rule
int x = 1;         // LINT-OK(clock): excuses nothing here
auto p = std::async([] { return 1; });
