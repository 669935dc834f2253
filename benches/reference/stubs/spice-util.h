/* Stands in for spice-gtk's header: debug output goes nowhere. */
#pragma once
#define SPICE_DEBUG(...) do { } while (0)
