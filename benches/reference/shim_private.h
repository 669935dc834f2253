/* What the two halves of the shim share. */
#pragma once
#include <setjmp.h>
#include <stdint.h>
#include "common/draw.h"

extern jmp_buf shim_escape;
void shim_fail(const char *why) __attribute__((noreturn));
SpicePalette *shim_palette(const uint32_t *entries, int count);
