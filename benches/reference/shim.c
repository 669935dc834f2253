/* QUIC and LZ of spice-common behind plain functions; see shim.h. */
#include <config.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/log.h"
#include "common/lz.h"
#include "common/quic.h"
#include "shim.h"
#include "shim_private.h"

jmp_buf shim_escape;
static char last_error[256];

const char *ref_error(void)
{
    return last_error;
}

void shim_fail(const char *why)
{
    snprintf(last_error, sizeof last_error, "%s", why);
    longjmp(shim_escape, 1);
}

/* Replaces the reference's logger: its failed assertions become failures of the call instead of an abort. */
void spice_log(GLogLevelFlags level, const char *place, const char *function, const char *format, ...)
{
    va_list arguments;
    (void)place;
    (void)function;
    va_start(arguments, format);
    vsnprintf(last_error, sizeof last_error, format, arguments);
    va_end(arguments);
    if (level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL))
        longjmp(shim_escape, 1);
}

#define FAILING_CALLBACK(name, context)                                     \
    static void name(context *user, const char *format, ...)                \
    {                                                                       \
        va_list arguments;                                                  \
        (void)user;                                                         \
        va_start(arguments, format);                                        \
        vsnprintf(last_error, sizeof last_error, format, arguments);        \
        va_end(arguments);                                                  \
        longjmp(shim_escape, 1);                                            \
    }
FAILING_CALLBACK(quic_failed, QuicUsrContext)
FAILING_CALLBACK(lz_failed, LzUsrContext)

static void quic_remark(QuicUsrContext *user, const char *format, ...)
{
    (void)user;
    snprintf(last_error, sizeof last_error, "%s", format);
}

static void lz_remark(LzUsrContext *user, const char *format, ...)
{
    (void)user;
    snprintf(last_error, sizeof last_error, "%s", format);
}

static void *quic_take(QuicUsrContext *user, int size) { (void)user; return malloc(size); }
static void quic_give(QuicUsrContext *user, void *block) { (void)user; free(block); }
static void *lz_take(LzUsrContext *user, int size) { (void)user; return malloc(size); }
static void lz_give(LzUsrContext *user, void *block) { (void)user; free(block); }

/* Input and output are given whole, so a wish for more means that there is no more. */
static int quic_no_space(QuicUsrContext *user, uint32_t **words, int rows) { (void)user; (void)words; (void)rows; return 0; }
static int quic_no_lines(QuicUsrContext *user, uint8_t **lines) { (void)user; (void)lines; return 0; }
static int lz_no_space(LzUsrContext *user, uint8_t **bytes) { (void)user; (void)bytes; return 0; }
static int lz_no_lines(LzUsrContext *user, uint8_t **lines) { (void)user; (void)lines; return 0; }

static QuicUsrContext quic_user = {
    .error = quic_failed, .warn = quic_remark, .info = quic_remark, .malloc = quic_take, .free = quic_give,
    .more_space = quic_no_space, .more_lines = quic_no_lines,
};
static LzUsrContext lz_user = {
    .error = lz_failed, .warn = lz_remark, .info = lz_remark, .malloc = lz_take, .free = lz_give,
    .more_space = lz_no_space, .more_lines = lz_no_lines,
};

/* Contexts live as long as the process, as they live as long as the channel in a real client. */
static QuicContext *quic_context(void)
{
    static QuicContext *context;
    if (!context)
        context = quic_create(&quic_user);
    return context;
}

static LzContext *lz_context;

/* After a failure the LZ context may hold half-released segments; a fresh one is cheaper than knowing. */
static LzContext *lz_ready(void)
{
    if (!lz_context)
        lz_context = lz_create(&lz_user);
    return lz_context;
}

long ref_quic_encode(int type, int width, int height, int stride, const uint8_t *pixels, uint8_t *out, size_t room)
{
    if (setjmp(shim_escape))
        return -1;
    int words = quic_encode(quic_context(), type, width, height, (uint8_t *)pixels, height, stride, (uint32_t *)out,
                            room / 4);
    return words < 0 ? -1 : 4L * words;
}

int ref_quic_header(const uint8_t *data, size_t size, int *type, int *width, int *height)
{
    QuicImageType found;
    if (setjmp(shim_escape))
        return -1;
    if (quic_decode_begin(quic_context(), (uint32_t *)data, size / 4, &found, width, height) != QUIC_OK)
        return -1;
    *type = found;
    return 0;
}

int ref_quic_decode(const uint8_t *data, size_t size, uint8_t *out, int stride)
{
    int type, width, height;
    if (ref_quic_header(data, size, &type, &width, &height))
        return -1;
    if (setjmp(shim_escape))
        return -1;
    int wanted = type == QUIC_IMAGE_TYPE_RGB16 || type == QUIC_IMAGE_TYPE_RGB24 ? QUIC_IMAGE_TYPE_RGB32 : type;
    return quic_decode(quic_context(), wanted, out, stride) == QUIC_OK ? 0 : -1;
}

long ref_lz_encode(int type, int width, int height, int top_down, int stride, const uint8_t *pixels, uint8_t *out,
                   size_t room)
{
    if (setjmp(shim_escape)) {
        lz_context = NULL;
        return -1;
    }
    return lz_encode(lz_ready(), type, width, height, top_down, (uint8_t *)pixels, height, stride, out, room);
}

static void lz_begin(const uint8_t *data, size_t size, const SpicePalette *palette, int info[5])
{
    LzImageType type;
    lz_decode_begin(lz_ready(), (uint8_t *)data, size, &type, &info[1], &info[2], &info[3], &info[4], palette);
    info[0] = type;
}

int ref_lz_header(const uint8_t *data, size_t size, int info[5])
{
    if (setjmp(shim_escape)) {
        lz_context = NULL;
        return -1;
    }
    lz_begin(data, size, NULL, info);
    return 0;
}

SpicePalette *shim_palette(const uint32_t *entries, int count)
{
    static struct { uint64_t head[2]; uint32_t entries[260]; } room;
    SpicePalette *palette = (SpicePalette *)&room;
    palette->num_ents = count;
    memcpy(palette->ents, entries, 4 * (size_t)(count > 256 ? 256 : count));
    return palette;
}

long ref_lz_decode(const uint8_t *data, size_t size, int to_32, const uint32_t *palette, int entries, uint8_t *out,
                   size_t room)
{
    int info[5];
    if (setjmp(shim_escape)) {
        lz_context = NULL;
        return -1;
    }
    lz_begin(data, size, palette ? shim_palette(palette, entries) : NULL, info);
    if ((size_t)info[3] * 4 > room)
        shim_fail("no room for the pixels");
    int same = !to_32 || info[0] == LZ_IMAGE_TYPE_RGBA || info[0] == LZ_IMAGE_TYPE_XXXA;
    lz_decode(lz_ready(), same ? info[0] : LZ_IMAGE_TYPE_RGB32, out);
    return info[3];
}
