#include <fstream>

std::ifstream script(getenv("TEST_SRCDIR"));
