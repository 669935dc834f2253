/* A display server to measure clients with, made of the reference server library: it plays raw frames into one display.
 *
 *   reference_server --port P --frames FILE --count N [--size WxH] [--rate F] [--how whole|scroll|small]
 *                    [--compression NAME] [--jpeg] [--zlib] [--streaming] [--clients K]
 *
 * FILE holds frames of 4 bytes a pixel (blue, green, red, unused) one after another; they are played round and round.
 * Playing starts when K clients have their display channel and a second has passed, so that everybody has the first
 * picture. With --count 0 it serves the first frame until it is ended. At the end it prints one JSON line: frames and
 * drawing commands given, the seconds that took, and the processor time of this process in them.
 */
#include <fcntl.h>
#include <glib-unix.h>
#include <glib.h>
#include <spice.h>
#include <spice/macros.h>
#include <spice/qxl_dev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Seconds before the first frame and after the last one: for the first picture to arrive, and for the last one to leave. */
#define SETTLE 1.0
#define DRAIN 2.0
/* A server asks its clients to keep a GLZ window of half its video memory; with less than this GLZ is not itself. */
#define VIDEO_MEMORY (64u << 20)
/* Lines by which pictures.scroll() moves from one frame to the next. */
#define SCROLL_STEP 48

/* ---- what the command line says ---- */

static int port, count = 100, wanted_clients = 1, width = 1920, height = 1080;
static double rate = 10;
static char *frames_path, *size_text, *how = "whole", *compression = "auto_glz";
static gboolean jpeg, zlib, streaming;

static const GOptionEntry entries[] = {
    {"port", 0, 0, G_OPTION_ARG_INT, &port, "TCP port on the loopback", "P"},
    {"frames", 0, 0, G_OPTION_ARG_FILENAME, &frames_path, "raw frames", "FILE"},
    {"size", 0, 0, G_OPTION_ARG_STRING, &size_text, "size of a frame", "WxH"},
    {"count", 0, 0, G_OPTION_ARG_INT, &count, "frames to play", "N"},
    {"rate", 0, 0, G_OPTION_ARG_DOUBLE, &rate, "frames a second", "F"},
    {"how", 0, 0, G_OPTION_ARG_STRING, &how, "whole frames, scrolling by copy and strip, or small operations", "HOW"},
    {"compression", 0, 0, G_OPTION_ARG_STRING, &compression, "image compression", "NAME"},
    {"jpeg", 0, 0, G_OPTION_ARG_NONE, &jpeg, "JPEG always", NULL},
    {"zlib", 0, 0, G_OPTION_ARG_NONE, &zlib, "deflate over GLZ always", NULL},
    {"streaming", 0, 0, G_OPTION_ARG_NONE, &streaming, "video streams for everything", NULL},
    {"clients", 0, 0, G_OPTION_ARG_INT, &wanted_clients, "clients to wait for", "K"},
    {0},
};

static const struct { const char *name; SpiceImageCompression value; } compressions[] = {
    {"off", SPICE_IMAGE_COMPRESSION_OFF},   {"auto_glz", SPICE_IMAGE_COMPRESSION_AUTO_GLZ},
    {"quic", SPICE_IMAGE_COMPRESSION_QUIC}, {"auto_lz", SPICE_IMAGE_COMPRESSION_AUTO_LZ},
    {"glz", SPICE_IMAGE_COMPRESSION_GLZ},   {"lz", SPICE_IMAGE_COMPRESSION_LZ},
    {"lz4", SPICE_IMAGE_COMPRESSION_LZ4},
};

static void fail(const char *why) { fprintf(stderr, "reference_server: %s\n", why); exit(2); }

static SpiceImageCompression chosen_compression(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(compressions); i++)
        if (g_str_equal(compression, compressions[i].name)) return compressions[i].value;
    fail("no such compression");
    return 0;
}

static double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

/* ---- the library's main loop, on GLib's ---- */

struct SpiceTimer { GSource *source; SpiceTimerFunc call; void *data; };
struct SpiceWatch { int fd; GSource *source; SpiceWatchFunc call; void *data; };

static void drop(GSource **source)
{
    if (*source == NULL) return;
    g_source_destroy(*source);
    g_source_unref(*source);
    *source = NULL;
}

static void adopt(GSource **place, GSource *source, GSourceFunc call, void *data)
{
    g_source_set_callback(source, call, data, NULL);
    g_source_attach(source, NULL);
    *place = source;
}

static gboolean timer_due(gpointer data)
{
    SpiceTimer *timer = data;
    drop(&timer->source);
    timer->call(timer->data);
    return G_SOURCE_REMOVE;
}

static SpiceTimer *timer_add(SpiceTimerFunc call, void *data)
{
    SpiceTimer *timer = g_new0(SpiceTimer, 1);
    timer->call = call;
    timer->data = data;
    return timer;
}

static void timer_cancel(SpiceTimer *timer) { drop(&timer->source); }

static void timer_start(SpiceTimer *timer, uint32_t milliseconds)
{
    drop(&timer->source);
    adopt(&timer->source, g_timeout_source_new(milliseconds), timer_due, timer);
}

static void timer_remove(SpiceTimer *timer) { drop(&timer->source); g_free(timer); }

static gboolean watch_due(gint fd, GIOCondition condition, gpointer data)
{
    SpiceWatch *watch = data;
    int events = condition & G_IO_OUT ? SPICE_WATCH_EVENT_WRITE : 0;
    if (condition & (G_IO_IN | G_IO_HUP | G_IO_ERR)) events |= SPICE_WATCH_EVENT_READ;
    watch->call(fd, events, watch->data);
    return G_SOURCE_CONTINUE;
}

static void watch_update(SpiceWatch *watch, int events)
{
    drop(&watch->source);
    GIOCondition condition = 0;
    if (events & SPICE_WATCH_EVENT_READ) condition |= G_IO_IN | G_IO_HUP | G_IO_ERR;
    if (events & SPICE_WATCH_EVENT_WRITE) condition |= G_IO_OUT;
    if (condition) adopt(&watch->source, g_unix_fd_source_new(watch->fd, condition), G_SOURCE_FUNC(watch_due), watch);
}

static SpiceWatch *watch_add(int fd, int events, SpiceWatchFunc call, void *data)
{
    SpiceWatch *watch = g_new0(SpiceWatch, 1);
    watch->fd = fd;
    watch->call = call;
    watch->data = data;
    watch_update(watch, events);
    return watch;
}

static void watch_remove(SpiceWatch *watch) { drop(&watch->source); g_free(watch); }

static int clients;
static double last_joined;

static void channel_event(int event, SpiceChannelEventInfo *info)
{
    if (info->type != SPICE_CHANNEL_DISPLAY) return;
    if (event == SPICE_CHANNEL_EVENT_INITIALIZED) {
        clients++;
        last_joined = seconds(CLOCK_MONOTONIC);
    }
    if (event == SPICE_CHANNEL_EVENT_DISCONNECTED) clients--;
}

static SpiceCoreInterface core = {
    .base = {SPICE_INTERFACE_CORE, "measuring", SPICE_INTERFACE_CORE_MAJOR, SPICE_INTERFACE_CORE_MINOR},
    .timer_add = timer_add, .timer_start = timer_start, .timer_cancel = timer_cancel, .timer_remove = timer_remove,
    .watch_add = watch_add, .watch_update_mask = watch_update, .watch_remove = watch_remove,
    .channel_event = channel_event,
};

/* ---- the graphics device: a queue of drawing commands, which the library's thread empties ---- */

typedef struct { QXLDrawable drawable; QXLImage image; } Drawing;

static GAsyncQueue *queue;
static int drawings;
static QXLInstance device;

static void attached(QXLInstance *instance)
{
    QXLDevMemSlot everything = {.virt_end = UINTPTR_MAX};
    spice_qxl_add_memslot(instance, &everything);
}

static void describe_device(QXLInstance *instance, QXLDevInitInfo *info)
{
    (void)instance;
    *info = (QXLDevInitInfo){
        .num_memslots_groups = 1, .num_memslots = 2, .memslot_id_bits = 1, .memslot_gen_bits = 1, .n_surfaces = 1,
        .qxl_ram_size = VIDEO_MEMORY,
    };
}

static int next_command(QXLInstance *instance, struct QXLCommandExt *command)
{
    (void)instance;
    Drawing *drawing = g_async_queue_try_pop(queue);
    if (drawing == NULL) return FALSE;
    *command = (struct QXLCommandExt){.cmd = {.data = (uintptr_t)&drawing->drawable, .type = QXL_CMD_DRAW}};
    return TRUE;
}

static int ask_for_notification(QXLInstance *instance) { (void)instance; return g_async_queue_length(queue) <= 0; }

static void release(QXLInstance *instance, struct QXLReleaseInfoExt done)
{
    (void)instance;
    g_free(SPICE_CONTAINEROF(done.info, Drawing, drawable.release_info));
}

static int no_cursor(QXLInstance *instance, struct QXLCommandExt *command) { (void)instance; (void)command; return FALSE; }
static int cursor_notification(QXLInstance *instance) { (void)instance; return TRUE; }
static int nothing_to_flush(QXLInstance *instance) { (void)instance; return FALSE; }
static void ignore_level(QXLInstance *instance, int level) { (void)instance; (void)level; }
static void ignore_update(QXLInstance *instance, uint32_t id) { (void)instance; (void)id; }
static void ignore_done(QXLInstance *instance, uint64_t cookie) { (void)instance; (void)cookie; }
static void ignore_area(QXLInstance *instance, uint32_t surface, struct QXLRect *rects, uint32_t n)
{
    (void)instance; (void)surface; (void)rects; (void)n;
}
static void ignore_caps(QXLInstance *instance, uint8_t present, uint8_t caps[SPICE_CAPABILITIES_SIZE])
{
    (void)instance; (void)present; (void)caps;
}

static QXLInterface interface = {
    .base = {SPICE_INTERFACE_QXL, "measuring", SPICE_INTERFACE_QXL_MAJOR, SPICE_INTERFACE_QXL_MINOR},
    .attached_worker = attached, .get_init_info = describe_device,
    .get_command = next_command, .req_cmd_notification = ask_for_notification, .release_resource = release,
    .get_cursor_command = no_cursor, .req_cursor_notification = cursor_notification, .flush_resources = nothing_to_flush,
    .set_compression_level = ignore_level, .notify_update = ignore_update, .async_complete = ignore_done,
    .update_area_complete = ignore_area, .set_client_capabilities = ignore_caps,
};

/* ---- drawing ---- */

typedef struct { int x, y, width, height; } Area;

static Drawing *drawing_at(Area area, int type)
{
    Drawing *drawing = g_new0(Drawing, 1);
    QXLDrawable *drawable = &drawing->drawable;
    drawable->release_info.id = (uintptr_t)drawing;
    drawable->type = type;
    drawable->effect = QXL_EFFECT_OPAQUE;
    drawable->bbox = (QXLRect){.left = area.x, .top = area.y, .right = area.x + area.width, .bottom = area.y + area.height};
    drawable->mm_time = (uint32_t)(seconds(CLOCK_MONOTONIC) * 1000);
    memset(drawable->surfaces_dest, 0xff, sizeof drawable->surfaces_dest); /* -1: depends on no other surface */
    return drawing;
}

static void give(Drawing *drawing) { drawings++; g_async_queue_push(queue, drawing); }

/* Copy an area of a frame to a place on the screen. */
static void give_picture(const uint8_t *frame, Area from, int x, int y)
{
    static uint32_t number;
    Drawing *drawing = drawing_at((Area){x, y, from.width, from.height}, QXL_DRAW_COPY);
    QXLImage *image = &drawing->image;
    QXL_SET_IMAGE_ID(image, QXL_IMAGE_GROUP_DEVICE, ++number);
    image->descriptor.type = SPICE_IMAGE_TYPE_BITMAP;
    image->descriptor.width = image->bitmap.x = from.width;
    image->descriptor.height = image->bitmap.y = from.height;
    image->bitmap.format = SPICE_BITMAP_FMT_32BIT;
    image->bitmap.flags = QXL_BITMAP_DIRECT | QXL_BITMAP_TOP_DOWN;
    image->bitmap.stride = 4 * width;
    image->bitmap.data = (uintptr_t)(frame + 4 * ((size_t)from.y * width + from.x));
    drawing->drawable.u.copy.src_bitmap = (uintptr_t)image;
    drawing->drawable.u.copy.src_area = (QXLRect){.right = from.width, .bottom = from.height};
    drawing->drawable.u.copy.rop_descriptor = SPICE_ROPD_OP_PUT;
    give(drawing);
}

static void give_fill(Area area, uint32_t colour)
{
    Drawing *drawing = drawing_at(area, QXL_DRAW_FILL);
    drawing->drawable.u.fill.brush.type = SPICE_BRUSH_TYPE_SOLID;
    drawing->drawable.u.fill.brush.u.color = colour;
    drawing->drawable.u.fill.rop_descriptor = SPICE_ROPD_OP_PUT;
    give(drawing);
}

/* What a driver makes of scrolling: what stays is copied on the screen, only the new strip is sent. */
static void give_scroll(const uint8_t *frame)
{
    int kept = height - SCROLL_STEP;
    Drawing *moved = drawing_at((Area){0, 0, width, kept}, QXL_COPY_BITS);
    moved->drawable.u.copy_bits.src_pos.y = SCROLL_STEP;
    give(moved);
    give_picture(frame, (Area){0, kept, width, SCROLL_STEP}, 0, kept);
}

/* A hundred small pictures and a hundred small rectangles, scattered by odd steps. */
static void give_small(const uint8_t *frame, int round)
{
    for (int i = 0; i < 100; i++) {
        int n = round * 100 + i;
        Area sprite = {.x = n % 16 * 110 % (width - 96), .y = n / 16 % 16 * 60 % (height - 16), .width = 96, .height = 16};
        give_picture(frame, sprite, n * 89 % (width - 96), n * 53 % (height - 16));
        give_fill((Area){n * 127 % (width - 64), n * 41 % (height - 24), 64, 24}, (uint32_t)n * 40503u & 0xffffff);
    }
}

static const uint8_t *frames;
static int frames_held;

static void play(int number)
{
    const uint8_t *frame = frames + (size_t)(number % frames_held) * 4 * width * height;
    if (g_str_equal(how, "small")) give_small(frame, number);
    else if (g_str_equal(how, "scroll") && number % frames_held) give_scroll(frame);
    else give_picture(frame, (Area){0, 0, width, height}, 0, 0);
    spice_qxl_wakeup(&device);
}

/* ---- the run ---- */

static GMainLoop *loop;
static int played;
static double started, started_cpu;

static gboolean finish(gpointer unused)
{
    (void)unused;
    printf("{\"frames\": %d, \"drawings\": %d, \"cpu\": %.4f, \"wall\": %.3f}\n", played, drawings,
           seconds(CLOCK_PROCESS_CPUTIME_ID) - started_cpu, seconds(CLOCK_MONOTONIC) - started);
    g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
}

static gboolean play_due(gpointer unused)
{
    (void)unused;
    /* As many as are due by the clock: a late timer must not lower the rate. */
    while (played < count && (seconds(CLOCK_MONOTONIC) - started) * rate >= played) play(played++);
    if (played < count) return G_SOURCE_CONTINUE;
    g_timeout_add((guint)(DRAIN * 1000), finish, NULL);
    return G_SOURCE_REMOVE;
}

static gboolean wait_for_clients(gpointer unused)
{
    (void)unused;
    if (clients < wanted_clients || seconds(CLOCK_MONOTONIC) - last_joined < SETTLE) return G_SOURCE_CONTINUE;
    started = seconds(CLOCK_MONOTONIC);
    started_cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    g_timeout_add(rate > 100 ? 1 : 5, play_due, NULL);
    return G_SOURCE_REMOVE;
}

static void map_frames(void)
{
    struct stat file;
    int fd = open(frames_path, O_RDONLY);
    if (fd < 0 || fstat(fd, &file)) fail("the frames cannot be read");
    frames_held = (int)(file.st_size / ((off_t)4 * width * height));
    if (frames_held == 0) fail("the file is shorter than a frame");
    frames = mmap(NULL, file.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (frames == MAP_FAILED) fail("the frames cannot be mapped");
    close(fd);
}

static void create_screen(void)
{
    uint8_t *memory = g_malloc((size_t)4 * width * height);
    memcpy(memory, frames, (size_t)4 * width * height);
    QXLDevSurfaceCreate screen = {
        .width = width, .height = height, .stride = 4 * width, .format = SPICE_SURFACE_FMT_32_xRGB,
        .type = QXL_SURF_TYPE_PRIMARY, .flags = QXL_SURF_FLAG_KEEP_DATA, .mouse_mode = TRUE, .mem = (uintptr_t)memory,
    };
    spice_qxl_create_primary_surface(&device, 0, &screen);
}

static void start_server(void)
{
    /* Without this the library refuses a second client. */
    g_setenv("SPICE_DEBUG_ALLOW_MC", "1", TRUE);
    SpiceServer *server = spice_server_new();
    spice_server_set_addr(server, "127.0.0.1", SPICE_ADDR_FLAG_IPV4_ONLY);
    spice_server_set_port(server, port);
    spice_server_set_noauth(server);
    spice_server_set_image_compression(server, chosen_compression());
    spice_server_set_jpeg_compression(server, jpeg ? SPICE_WAN_COMPRESSION_ALWAYS : SPICE_WAN_COMPRESSION_NEVER);
    spice_server_set_zlib_glz_compression(server, zlib ? SPICE_WAN_COMPRESSION_ALWAYS : SPICE_WAN_COMPRESSION_NEVER);
    spice_server_set_streaming_video(server, streaming ? SPICE_STREAM_VIDEO_ALL : SPICE_STREAM_VIDEO_OFF);
    if (spice_server_init(server, &core)) fail("the server cannot listen");
    device.base.sif = &interface.base;
    if (spice_server_add_interface(server, &device.base)) fail("the device is refused");
    spice_server_vm_start(server);
}

int main(int argc, char **argv)
{
    GOptionContext *context = g_option_context_new("- play frames to SPICE clients");
    g_option_context_add_main_entries(context, entries, NULL);
    GError *error = NULL;
    if (!g_option_context_parse(context, &argc, &argv, &error)) fail(error->message);
    if (size_text && sscanf(size_text, "%dx%d", &width, &height) != 2) fail("the size is not WxH");
    if (!port || !frames_path) fail("--port and --frames are needed");
    queue = g_async_queue_new();
    loop = g_main_loop_new(NULL, FALSE);
    map_frames();
    start_server();
    create_screen();
    if (count > 0) g_timeout_add(20, wait_for_clients, NULL);
    g_main_loop_run(loop);
    return 0;
}
