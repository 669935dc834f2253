/* Stands in for spice-gtk's coroutines: nobody else runs here, so what is not there now never comes. */
#pragma once
#include <glib.h>
#include <stddef.h>

typedef gboolean (*shim_condition)(gpointer data);

void shim_fail(const char *why) __attribute__((noreturn));

static inline void *g_coroutine_self(void)
{
    return NULL;
}

static inline gboolean g_coroutine_condition_wait(void *self, shim_condition ready, gpointer data)
{
    (void)self;
    if (!ready(data))
        shim_fail("image missing from the window");
    return TRUE;
}
