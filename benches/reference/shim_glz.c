/* GLZ behind plain functions: the server's encoder, the client's decoder; see shim.h. */
#include <config.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "glz-encoder.h"
#include "decode.h"
#include "common/canvas_utils.h"
#include "shim.h"
#include "shim_private.h"

struct glz_encoder {
    GlzEncoderUsrContext user;
    GlzEncDictContext *dictionary;
    GlzEncoderContext *encoder;
};

static void failed(GlzEncoderUsrContext *user, const char *format, ...)
{
    char text[200];
    va_list arguments;
    (void)user;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    shim_fail(text);
}

static void remark(GlzEncoderUsrContext *user, const char *format, ...) { (void)user; (void)format; }
static void *take(GlzEncoderUsrContext *user, int size) { (void)user; return malloc(size); }
static void give(GlzEncoderUsrContext *user, void *block) { (void)user; free(block); }
static int no_lines(GlzEncoderUsrContext *user, uint8_t **lines) { (void)user; (void)lines; return 0; }
static int no_space(GlzEncoderUsrContext *user, uint8_t **bytes) { (void)user; (void)bytes; return 0; }

/* The dictionary keeps pointing at the pixels until it calls this. */
static void image_left(GlzEncoderUsrContext *user, GlzUsrImageContext *image) { (void)user; free(image); }

void *ref_glz_encoder_new(uint32_t window)
{
    struct glz_encoder *it = calloc(1, sizeof *it);
    it->user = (GlzEncoderUsrContext){
        .error = failed, .warn = remark, .info = remark, .malloc = take, .free = give,
        .more_lines = no_lines, .more_space = no_space, .free_image = image_left,
    };
    it->dictionary = glz_enc_dictionary_create(window, 1, &it->user);
    it->encoder = glz_encoder_create(0, it->dictionary, &it->user);
    return it;
}

void ref_glz_encoder_free(void *encoder)
{
    struct glz_encoder *it = encoder;
    glz_encoder_destroy(it->encoder);
    glz_enc_dictionary_destroy(it->dictionary, &it->user);
    free(it);
}

/* `owned` is freed when the dictionary has done with the pixels. */
static long encode(struct glz_encoder *it, int type, int width, int height, int top_down, int stride,
                   const uint8_t *pixels, void *owned, uint8_t *out, size_t room)
{
    GlzEncDictImageContext *image;
    if (setjmp(shim_escape))
        return -1;
    return glz_encode(it->encoder, type, width, height, top_down, (uint8_t *)pixels, height, stride, out, room, owned,
                      &image);
}

long ref_glz_encode(void *encoder, int type, int width, int height, int top_down, int stride, const uint8_t *pixels,
                    uint8_t *out, size_t room)
{
    uint8_t *copy = malloc((size_t)stride * height);
    memcpy(copy, pixels, (size_t)stride * height);
    return encode(encoder, type, width, height, top_down, stride, copy, copy, out, room);
}

long ref_glz_encode_kept(void *encoder, int type, int width, int height, int top_down, int stride,
                         const uint8_t *pixels, uint8_t *out, size_t room)
{
    return encode(encoder, type, width, height, top_down, stride, pixels, NULL, out, room);
}

struct glz_decoder {
    SpiceGlzDecoderWindow *window;
    SpiceGlzDecoder *decoder;
};

void *ref_glz_decoder_new(void)
{
    struct glz_decoder *it = calloc(1, sizeof *it);
    it->window = glz_decoder_window_new();
    it->decoder = glz_decoder_new(it->window);
    return it;
}

void ref_glz_decoder_free(void *decoder)
{
    struct glz_decoder *it = decoder;
    glz_decoder_destroy(it->decoder);
    glz_decoder_window_destroy(it->window);
    free(it);
}

/* A surface whose stream runs bottom up starts at its last row in memory order. */
static const uint8_t *first_in_memory(pixman_image_t *surface)
{
    const uint8_t *data = (const uint8_t *)pixman_image_get_data(surface);
    long stride = pixman_image_get_stride(surface);
    return stride < 0 ? data + stride * (pixman_image_get_height(surface) - 1) : data;
}

long ref_glz_decode(void *decoder, const uint8_t *data, const uint32_t *palette, int entries, uint8_t *out, size_t room)
{
    struct glz_decoder *it = decoder;
    LzDecodeUsrData place = {0};
    if (setjmp(shim_escape))
        return -1;
    it->decoder->ops->decode(it->decoder, (uint8_t *)data, palette ? shim_palette(palette, entries) : NULL, &place);
    size_t bytes = (size_t)labs(pixman_image_get_stride(place.out_surface)) * pixman_image_get_height(place.out_surface);
    if (out) {
        if (bytes > room)
            shim_fail("no room for the pixels");
        memcpy(out, first_in_memory(place.out_surface), bytes);
    }
    pixman_image_unref(place.out_surface);
    return bytes / 4;
}
