#include "prod/env/clock.h"
#include <grpcpp/grpcpp.h>
