#include <grpcpp/grpcpp.h>

#include "core/cluster/node.h"
