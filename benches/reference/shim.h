/* The reference codecs behind plain functions, for ctypes and for the timing program.
 *
 * Functions give -1 on failure; ref_error() then says why. One thread at a time. Pixels are as in guest memory
 * (little endian), rows follow each other top first. Type numbers are those on the wire. */
#pragma once
#include <stddef.h>
#include <stdint.h>

const char *ref_error(void);

/* Encode an image of `type`; gives the number of bytes written. */
long ref_quic_encode(int type, int width, int height, int stride, const uint8_t *pixels, uint8_t *out, size_t room);
/* Read type, width and height. */
int ref_quic_header(const uint8_t *data, size_t size, int *type, int *width, int *height);
/* Decode as the type the client uses: RGB16, RGB24 and RGB32 give 32-bit pixels, RGBA 32-bit, GRAY bytes. */
int ref_quic_decode(const uint8_t *data, size_t size, uint8_t *out, int stride);

long ref_lz_encode(int type, int width, int height, int top_down, int stride, const uint8_t *pixels, uint8_t *out,
                   size_t room);
/* info: type, width, height, gross pixels (what a decode writes), top_down. */
int ref_lz_header(const uint8_t *data, size_t size, int info[5]);
/* Decode to 32-bit pixels where `to_32` is set (A8 included), else to the image's own type; gives the pixels written. */
long ref_lz_decode(const uint8_t *data, size_t size, int to_32, const uint32_t *palette, int entries, uint8_t *out,
                   size_t room);

/* A GLZ dictionary with one encoder; the window is counted in pixels. */
void *ref_glz_encoder_new(uint32_t window);
void ref_glz_encoder_free(void *encoder);
long ref_glz_encode(void *encoder, int type, int width, int height, int top_down, int stride, const uint8_t *pixels,
                    uint8_t *out, size_t room);
/* As ref_glz_encode, but without a copy of the pixels: they have to stay where they are as long as the encoder. */
long ref_glz_encode_kept(void *encoder, int type, int width, int height, int top_down, int stride,
                         const uint8_t *pixels, uint8_t *out, size_t room);
/* The client's window of decoded images. */
void *ref_glz_decoder_new(void);
void ref_glz_decoder_free(void *decoder);
/* Decode the next image and copy its gross 32-bit pixels, in decode order, to `out` unless that is NULL. */
long ref_glz_decode(void *decoder, const uint8_t *data, const uint32_t *palette, int entries, uint8_t *out, size_t room);
