/* Plays a sequence of raw frames to SPICE clients through the installed reference server library, and says what it cost.
 *
 * usage: player PORT SEQUENCE key=value...
 *   frames=60 fps=10     how many, how fast      clients=1    displays to wait for before playing
 *   draw=frame|small     whole frames, or 100 small copies and 100 fills a frame
 *   image=off|auto_glz|auto_lz|quic|glz|lz|lz4   jpeg=0|1   zlib=0|1   serve=0|1 (1: never play, serve the first frame)
 *
 * The first frame is on the screen already, so the second is the first that is played.
 *
 * Prints "listening" and "playing" on standard error, one JSON line on standard output, and ends.
 */
#include <fcntl.h>
#include <glib-unix.h>
#include <glib.h>
#include <signal.h>
#include <spice.h>
#include <spice/macros.h>
#include <spice/qxl_dev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

enum { WIDTH = 1920, HEIGHT = 1080, STRIDE = WIDTH * 4, FRAME = STRIDE * HEIGHT };
enum { TILE_W = 96, TILE_H = 16, SMALL = 100, VIDEO_MEMORY = 64 << 20 };

static struct {
    int frames, clients, small, serve;
    double fps;
} options = {60, 1, 0, 0, 10};
static unsigned char *sequence;
static size_t sequence_frames;
static GMainLoop *loop;

static double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

/* -- the event loop that the library wants, on GLib's ------------------------------------------------ */

struct SpiceTimer {
    SpiceTimerFunc call;
    void *data;
    guint source;
};

static gboolean timer_fires(gpointer pointer)
{
    SpiceTimer *timer = pointer;
    timer->source = 0;
    timer->call(timer->data);
    return G_SOURCE_REMOVE;
}

static SpiceTimer *timer_new(SpiceTimerFunc call, void *data)
{
    SpiceTimer *timer = g_new(SpiceTimer, 1);
    *timer = (SpiceTimer){call, data, 0};
    return timer;
}

static void timer_stop(SpiceTimer *timer)
{
    g_clear_handle_id(&timer->source, g_source_remove);
}

static void timer_begin(SpiceTimer *timer, uint32_t milliseconds)
{
    timer_stop(timer);
    timer->source = g_timeout_add(milliseconds, timer_fires, timer);
}

static void timer_end(SpiceTimer *timer)
{
    timer_stop(timer);
    g_free(timer);
}

struct SpiceWatch {
    int fd;
    SpiceWatchFunc call;
    void *data;
    guint source;
};

static gboolean watch_fires(int fd, GIOCondition condition, gpointer pointer)
{
    SpiceWatch *watch = pointer;
    int events = condition & G_IO_OUT ? SPICE_WATCH_EVENT_WRITE : 0;
    if (condition & (G_IO_IN | G_IO_HUP | G_IO_ERR))
        events |= SPICE_WATCH_EVENT_READ;
    watch->call(fd, events, watch->data);
    return G_SOURCE_CONTINUE;
}

static void watch_mask(SpiceWatch *watch, int events)
{
    GIOCondition condition = events & SPICE_WATCH_EVENT_WRITE ? G_IO_OUT : 0;
    if (events & SPICE_WATCH_EVENT_READ)
        condition |= G_IO_IN | G_IO_HUP;
    g_clear_handle_id(&watch->source, g_source_remove);
    if (condition)
        watch->source = g_unix_fd_add(watch->fd, condition, watch_fires, watch);
}

static SpiceWatch *watch_new(int fd, int events, SpiceWatchFunc call, void *data)
{
    SpiceWatch *watch = g_new(SpiceWatch, 1);
    *watch = (SpiceWatch){fd, call, data, 0};
    watch_mask(watch, events);
    return watch;
}

static void watch_end(SpiceWatch *watch)
{
    watch_mask(watch, 0);
    g_free(watch);
}

static int displays;
static double last_change;

static void channel_event(int event, SpiceChannelEventInfo *info)
{
    if (info->type != SPICE_CHANNEL_DISPLAY)
        return;
    displays += (event == SPICE_CHANNEL_EVENT_INITIALIZED) - (event == SPICE_CHANNEL_EVENT_DISCONNECTED);
    last_change = seconds(CLOCK_MONOTONIC);
}

static SpiceCoreInterface core = {
    .base = {.type = "core", .description = "player", .major_version = SPICE_INTERFACE_CORE_MAJOR,
             .minor_version = SPICE_INTERFACE_CORE_MINOR},
    .timer_add = timer_new, .timer_start = timer_begin, .timer_cancel = timer_stop, .timer_remove = timer_end,
    .watch_add = watch_new, .watch_update_mask = watch_mask, .watch_remove = watch_end,
    .channel_event = channel_event,
};

/* -- the graphics device: a queue of commands that the library's worker thread takes ------------------- */

typedef struct {
    QXLReleaseInfoExt release;
    QXLDrawable drawable;
    QXLImage image;
} Command;

static GAsyncQueue *commands;
static QXLInstance device;
static gint queued, released;

static void attached(QXLInstance *instance)
{
    QXLDevMemSlot everything = {.virt_start = 0, .virt_end = ~(uintptr_t)0};
    spice_qxl_add_memslot(instance, &everything);
}

static void describe(QXLInstance *instance, QXLDevInitInfo *info)
{
    (void)instance;
    *info = (QXLDevInitInfo){.num_memslots = 2, .num_memslots_groups = 1, .memslot_id_bits = 1,
                             .memslot_gen_bits = 1, .n_surfaces = 1, .qxl_ram_size = VIDEO_MEMORY};
}

static int take(QXLInstance *instance, QXLCommandExt *out)
{
    Command *command = g_async_queue_try_pop(commands);
    (void)instance;
    if (!command)
        return FALSE;
    memset(out, 0, sizeof *out);
    out->cmd.type = QXL_CMD_DRAW;
    out->cmd.data = (uintptr_t)&command->drawable;
    return TRUE;
}

static int want_notice(QXLInstance *instance)
{
    (void)instance;
    return g_async_queue_length(commands) <= 0;
}

static void release(QXLInstance *instance, QXLReleaseInfoExt info)
{
    (void)instance;
    g_free(SPICE_CONTAINEROF(info.info, Command, drawable.release_info));
    g_atomic_int_inc(&released);
}

static int no_cursor(QXLInstance *i, QXLCommandExt *c) { (void)i, (void)c; return FALSE; }
static int nothing_to_wait_for(QXLInstance *i) { (void)i; return TRUE; }
static int nothing_to_flush(QXLInstance *i) { (void)i; return 0; }
static void ignore_level(QXLInstance *i, int l) { (void)i, (void)l; }
static void ignore_update(QXLInstance *i, uint32_t u) { (void)i, (void)u; }
static void ignore_cookie(QXLInstance *i, uint64_t c) { (void)i, (void)c; }
static void ignore_area(QXLInstance *i, uint32_t s, QXLRect *r, uint32_t n) { (void)i, (void)s, (void)r, (void)n; }
static void ignore_caps(QXLInstance *i, uint8_t p, uint8_t *c) { (void)i, (void)p, (void)c; }

static QXLInterface interface = {
    .base = {.type = SPICE_INTERFACE_QXL, .description = "player", .major_version = SPICE_INTERFACE_QXL_MAJOR,
             .minor_version = SPICE_INTERFACE_QXL_MINOR},
    .attached_worker = attached, .get_init_info = describe, .get_command = take,
    .req_cmd_notification = want_notice, .release_resource = release, .get_cursor_command = no_cursor,
    .req_cursor_notification = nothing_to_wait_for, .flush_resources = nothing_to_flush,
    .set_compression_level = ignore_level, .notify_update = ignore_update, .async_complete = ignore_cookie,
    .update_area_complete = ignore_area, .set_client_capabilities = ignore_caps,
};

static Command *new_command(int type, int x, int y, int width, int height)
{
    Command *command = g_new0(Command, 1);
    QXLDrawable *drawable = &command->drawable;
    drawable->release_info.id = (uintptr_t)drawable;
    drawable->type = type;
    drawable->effect = QXL_EFFECT_OPAQUE;
    drawable->bbox = (QXLRect){.top = y, .left = x, .bottom = y + height, .right = x + width};
    drawable->mm_time = (uint32_t)(seconds(CLOCK_MONOTONIC) * 1000);
    for (int i = 0; i < 3; i++)
        drawable->surfaces_dest[i] = -1;
    return command;
}

static void queue(Command *command)
{
    g_async_queue_push(commands, command);
    queued++;
}

static void queue_copy(unsigned char *pixels, int x, int y, int width, int height)
{
    static uint32_t id;
    Command *command = new_command(QXL_DRAW_COPY, x, y, width, height);
    QXLImage *image = &command->image;
    QXL_SET_IMAGE_ID(image, QXL_IMAGE_GROUP_DEVICE, ++id);
    image->descriptor.type = SPICE_IMAGE_TYPE_BITMAP;
    image->descriptor.width = image->bitmap.x = width;
    image->descriptor.height = image->bitmap.y = height;
    image->bitmap.format = SPICE_BITMAP_FMT_32BIT;
    image->bitmap.flags = QXL_BITMAP_DIRECT | QXL_BITMAP_TOP_DOWN;
    image->bitmap.stride = STRIDE;
    image->bitmap.data = (uintptr_t)pixels;
    command->drawable.u.copy.src_bitmap = (uintptr_t)image;
    command->drawable.u.copy.src_area = (QXLRect){.right = width, .bottom = height};
    command->drawable.u.copy.rop_descriptor = SPICE_ROPD_OP_PUT;
    queue(command);
}

static void queue_fill(int x, int y, int width, int height, uint32_t colour)
{
    Command *command = new_command(QXL_DRAW_FILL, x, y, width, height);
    command->drawable.u.fill.brush.type = SPICE_BRUSH_TYPE_SOLID;
    command->drawable.u.fill.brush.u.color = colour;
    command->drawable.u.fill.rop_descriptor = SPICE_ROPD_OP_PUT;
    queue(command);
}

static void play_frame(int number)
{
    unsigned char *pixels = sequence + (number + 1) % sequence_frames * FRAME;
    if (!options.small) {
        queue_copy(pixels, 0, 0, WIDTH, HEIGHT);
    } else {
        for (int i = number * SMALL; i < (number + 1) * SMALL; i++) {
            size_t tile = (size_t)(130 + i % 30 * 30) * STRIDE + (200 + i % 12 * 110) * 4;
            queue_copy(sequence + tile, i * 97 % (WIDTH - TILE_W), i * 61 % (HEIGHT - TILE_H), TILE_W, TILE_H);
            queue_fill(i * 131 % (WIDTH - 64), i * 37 % (HEIGHT - 24), 64, 24, (uint32_t)i * 2654435761u >> 8);
        }
    }
    spice_qxl_wakeup(&device);
}

/* -- the run ------------------------------------------------------------------------------------------ */

static double cpu_start, wall_start;
static int played;

static gboolean report(gpointer unused)
{
    (void)unused;
    printf("{\"frames\": %d, \"draws\": %d, \"released\": %d, \"cpu\": %.4f, \"wall\": %.3f}\n", played, queued,
           g_atomic_int_get(&released), seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_start,
           seconds(CLOCK_MONOTONIC) - wall_start);
    fflush(stdout);
    g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
}

static gboolean play(gpointer unused)
{
    (void)unused;
    double elapsed = seconds(CLOCK_MONOTONIC) - wall_start;
    while (played < options.frames && elapsed >= played / options.fps)
        play_frame(played++);
    if (played == options.frames)
        g_timeout_add(2000, report, NULL);
    else
        g_timeout_add(MAX(1, (int)((played / options.fps - elapsed) * 1000 + 0.5)), play, NULL);
    return G_SOURCE_REMOVE;
}

static gboolean wait_for_clients(gpointer unused)
{
    (void)unused;
    if (options.serve || displays < options.clients || seconds(CLOCK_MONOTONIC) - last_change < 1.5)
        return G_SOURCE_CONTINUE;
    fputs("playing\n", stderr);
    cpu_start = seconds(CLOCK_PROCESS_CPUTIME_ID);
    wall_start = seconds(CLOCK_MONOTONIC);
    play(NULL);
    return G_SOURCE_REMOVE;
}

static void set_option(SpiceServer *server, const char *key, const char *value)
{
    static const char *const images[] = {"invalid", "off", "auto_glz", "auto_lz", "quic", "glz", "lz", "lz4"};
    int wan = atoi(value) ? SPICE_WAN_COMPRESSION_ALWAYS : SPICE_WAN_COMPRESSION_NEVER;
    if (!strcmp(key, "frames")) options.frames = atoi(value);
    else if (!strcmp(key, "fps")) options.fps = atof(value);
    else if (!strcmp(key, "clients")) options.clients = atoi(value);
    else if (!strcmp(key, "draw")) options.small = !strcmp(value, "small");
    else if (!strcmp(key, "serve")) options.serve = atoi(value);
    else if (!strcmp(key, "jpeg")) spice_server_set_jpeg_compression(server, wan);
    else if (!strcmp(key, "zlib")) spice_server_set_zlib_glz_compression(server, wan);
    else if (!strcmp(key, "image")) {
        for (int i = 0; i < (int)G_N_ELEMENTS(images); i++)
            if (!strcmp(value, images[i]))
                spice_server_set_image_compression(server, i);
    } else {
        g_error("unknown option %s", key);
    }
}

static void map_sequence(const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &status))
        g_error("cannot read %s", path);
    sequence = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    sequence_frames = status.st_size / FRAME;
}

static void create_screen(void)
{
    unsigned char *screen = malloc(FRAME);
    memcpy(screen, sequence, FRAME);
    QXLDevSurfaceCreate surface = {.width = WIDTH, .height = HEIGHT, .stride = STRIDE, .mem = (uintptr_t)screen,
                                   .format = SPICE_SURFACE_FMT_32_xRGB, .type = QXL_SURF_TYPE_PRIMARY,
                                   .flags = 1 /* the first frame is on it */, .mouse_mode = TRUE};
    spice_qxl_create_primary_surface(&device, 0, &surface);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        g_error("usage: player PORT SEQUENCE key=value...");
    setenv("SPICE_DEBUG_ALLOW_MC", "1", 1);
    loop = g_main_loop_new(NULL, FALSE);
    commands = g_async_queue_new();
    map_sequence(argv[2]);
    signal(SIGPIPE, SIG_IGN); /* A client may go in the middle of a link; the library leaves this to the program. */
    SpiceServer *server = spice_server_new();
    spice_server_set_addr(server, "127.0.0.1", SPICE_ADDR_FLAG_IPV4_ONLY);
    spice_server_set_port(server, atoi(argv[1]));
    spice_server_set_noauth(server);
    spice_server_set_streaming_video(server, SPICE_STREAM_VIDEO_OFF);
    spice_server_set_jpeg_compression(server, SPICE_WAN_COMPRESSION_NEVER);
    spice_server_set_zlib_glz_compression(server, SPICE_WAN_COMPRESSION_NEVER);
    for (int i = 3; i < argc; i++) {
        char **pair = g_strsplit(argv[i], "=", 2);
        set_option(server, pair[0], pair[1]);
        g_strfreev(pair);
    }
    if (spice_server_init(server, &core))
        return 1;
    device.base.sif = &interface.base;
    if (spice_server_add_interface(server, &device.base))
        return 1;
    spice_server_vm_start(server);
    create_screen();
    fputs("listening\n", stderr);
    g_timeout_add(50, wait_for_clients, NULL);
    g_main_loop_run(loop);
    return 0;
}
