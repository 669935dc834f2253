/* What the reference client library pays to show a session: connects, counts, and prints one JSON line at the end.
 *
 * usage: viewer URI [first|N]    first: end with the first picture; otherwise when the server goes away; N: count from that picture on
 */
#include <spice-client.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static SpiceSession *session;
static GMainLoop *loop;
static gboolean first_only, finished;
static double started, first, cpu_at_first;
static unsigned long updates, bytes_at_first, begin = 1;
static SpiceChannel *display;

static double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

static unsigned long bytes(void)
{
    unsigned long sum = 0;
    if (display)
        g_object_get(display, "total-read-bytes", &sum, NULL);
    return sum;
}

static void finish(void)
{
    if (finished)
        return;
    finished = TRUE;
    printf("{\"first\": %.5f, \"updates\": %lu, \"bytes\": %lu, \"cpu\": %.4f}\n", first, updates,
           bytes() - bytes_at_first, seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_at_first);
    fflush(stdout);
    g_main_loop_quit(loop);
}

static void changed(SpiceChannel *channel, int x, int y, int width, int height, gpointer unused)
{
    (void)channel, (void)x, (void)y, (void)width, (void)height, (void)unused;
    if (++updates != begin)
        return;
    first = seconds(CLOCK_MONOTONIC) - started;
    cpu_at_first = seconds(CLOCK_PROCESS_CPUTIME_ID);
    bytes_at_first = bytes();
    if (first_only)
        finish();
}

static void channel_event(SpiceChannel *channel, SpiceChannelEvent event, gpointer unused)
{
    (void)channel, (void)unused;
    if (event != SPICE_CHANNEL_OPENED && event != SPICE_CHANNEL_SWITCHING)
        finish();
}

static void channel_new(SpiceSession *owner, SpiceChannel *channel, gpointer unused)
{
    (void)owner, (void)unused;
    g_signal_connect(channel, "channel-event", G_CALLBACK(channel_event), NULL);
    if (!SPICE_IS_DISPLAY_CHANNEL(channel))
        return;
    display = g_object_ref(channel);
    g_signal_connect(channel, "display-invalidate", G_CALLBACK(changed), NULL);
    spice_channel_connect(channel);
}

int main(int argc, char **argv)
{
    first_only = argc > 2 && !strcmp(argv[2], "first");
    if (argc > 2 && !first_only)
        begin = strtoul(argv[2], NULL, 10);
    loop = g_main_loop_new(NULL, FALSE);
    session = spice_session_new();
    g_object_set(session, "uri", argv[1], "enable-audio", FALSE, "enable-usbredir", FALSE, NULL);
    g_signal_connect(session, "channel-new", G_CALLBACK(channel_new), NULL);
    started = seconds(CLOCK_MONOTONIC);
    if (!spice_session_connect(session))
        return 1;
    g_main_loop_run(loop);
    return 0;
}
