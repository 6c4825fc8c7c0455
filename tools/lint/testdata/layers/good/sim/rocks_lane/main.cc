#include <rocksdb/db.h>

#include "prod/rocks/engine.h"
