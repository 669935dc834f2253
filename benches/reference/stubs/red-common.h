/* Stands in for the server's umbrella header: what the GLZ encoder really needs from it. */
#pragma once
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <glib.h>
#include <spice/macros.h>
#include "common/log.h"
#include "common/lz_common.h"
