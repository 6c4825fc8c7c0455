#include "core/base/coding.h"
#include "core/graph/value.h"
#include "proto/value.pb.h"
