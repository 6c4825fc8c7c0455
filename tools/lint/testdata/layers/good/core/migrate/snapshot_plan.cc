#include "core/cluster/node.h"
#include "sim/world/world.h"
