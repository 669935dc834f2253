/* The reference client library, measured: what a picture on the screen costs it.
 *
 *   reference_client ADDRESS [--first] [--seconds S]
 *
 * Ends when the server goes away, S seconds after the first pixels, or with --first at once when they are there. Prints
 * one JSON line: seconds from the start of connecting to the display channel, to its surface and to the first pixels;
 * after that the updates, those of the whole surface, the bytes received and the processor time of this process.
 */
#include <spice-client.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct {
    double opened, surface, first, last; /* seconds since `started`; 0: not yet */
    double first_cpu;
    gulong first_bytes, bytes;
    unsigned long updates, whole;
    int width, height;
} Figures;

static Figures figures;
static double started;
static gboolean only_first;
static double limit;
static GMainLoop *loop;
static SpiceChannel *display;

static double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

static double elapsed(void) { return seconds(CLOCK_MONOTONIC) - started; }

static gulong bytes_read(void)
{
    gulong bytes = 0;
    g_object_get(display, "total-read-bytes", &bytes, NULL);
    return bytes;
}

static gboolean finish(gpointer unused)
{
    (void)unused;
    g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
}

static void on_surface(SpiceChannel *channel, gint format, gint width, gint height, gint stride, gint shm, gpointer data)
{
    (void)channel; (void)format; (void)stride; (void)shm; (void)data;
    figures.width = width;
    figures.height = height;
    if (!figures.surface) figures.surface = elapsed();
}

static void on_first_pixels(void)
{
    figures.first = elapsed();
    figures.first_cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    figures.first_bytes = figures.bytes = bytes_read();
    if (only_first) finish(NULL);
    else if (limit > 0) g_timeout_add((guint)(limit * 1000), finish, NULL);
}

static void on_pixels(SpiceChannel *channel, gint x, gint y, gint width, gint height)
{
    (void)channel; (void)x; (void)y;
    if (!figures.first) {
        on_first_pixels();
        return;
    }
    figures.updates++;
    if (width == figures.width && height == figures.height) figures.whole++;
    figures.last = elapsed();
    figures.bytes = bytes_read();
}

static void on_event(SpiceChannel *channel, SpiceChannelEvent event)
{
    if (event == SPICE_CHANNEL_OPENED) {
        if (channel == display) figures.opened = elapsed();
    } else if (event != SPICE_CHANNEL_SWITCHING) {
        finish(NULL);
    }
}

static void on_channel(SpiceSession *session, SpiceChannel *channel)
{
    (void)session;
    g_signal_connect(channel, "channel-event", G_CALLBACK(on_event), NULL);
    if (!SPICE_IS_DISPLAY_CHANNEL(channel)) return;
    display = channel;
    g_signal_connect(channel, "display-primary-create", G_CALLBACK(on_surface), NULL);
    g_signal_connect(channel, "display-invalidate", G_CALLBACK(on_pixels), NULL);
    spice_channel_connect(channel);
}

static void report(void)
{
    double cpu = figures.first ? seconds(CLOCK_PROCESS_CPUTIME_ID) - figures.first_cpu : 0;
    printf("{\"opened\": %.5f, \"surface\": %.5f, \"first\": %.5f, \"last\": %.5f, \"updates\": %lu, \"whole\": %lu, "
           "\"bytes\": %lu, \"cpu\": %.5f}\n",
           figures.opened, figures.surface, figures.first, figures.last, figures.updates, figures.whole,
           figures.bytes - figures.first_bytes, cpu);
}

int main(int argc, char **argv)
{
    const GOptionEntry entries[] = {
        {"first", 0, 0, G_OPTION_ARG_NONE, &only_first, "end with the first pixels", NULL},
        {"seconds", 0, 0, G_OPTION_ARG_DOUBLE, &limit, "end this long after the first pixels", "S"},
        {0},
    };
    GOptionContext *context = g_option_context_new("ADDRESS");
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, NULL) || argc != 2) {
        fprintf(stderr, "usage: reference_client ADDRESS [--first] [--seconds S]\n");
        return 2;
    }
    loop = g_main_loop_new(NULL, FALSE);
    SpiceSession *session = spice_session_new();
    g_object_set(session, "uri", argv[1], "enable-audio", FALSE, "enable-usbredir", FALSE, NULL);
    g_signal_connect(session, "channel-new", G_CALLBACK(on_channel), NULL);
    started = seconds(CLOCK_MONOTONIC);
    if (!spice_session_connect(session)) return 1;
    g_main_loop_run(loop);
    report();
    return figures.first ? 0 : 1;
}
