#include "core/txn/coordinator.h"
#include "core/env/clock.h"
#include "sim/world/world.h"
#include <rocksdb/db.h>
