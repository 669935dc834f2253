/* What the reference's own configure step would have found on a little-endian Linux. */
#pragma once
#define ENABLE_EXTRA_CHECKS 0
#define HAVE_CONFIG_H 1
