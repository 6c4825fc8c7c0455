#include "core/storage/keys.h"
