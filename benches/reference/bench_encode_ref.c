/* Times the reference's encoders for benches/codecs.py: the twin of spice-codec's example bench_encode, with the same
 * commands and answers on standard input and output. QUIC, LZ, GLZ and JPEG are the reference's own code, LZ4 and zlib
 * the system's libraries called as the reference calls them. */
#include <config.h>
#include <lz4.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>
#include "common/lz_common.h"
#include "common/quic.h"
#include "jpeg-encoder.h"
#include "shim.h"

/* JPEG_QUALITY and the windows of GLZ also stand in the twin. */
enum { MOST_FILES = 64, JPEG_QUALITY = 85, ZLIB_LEVEL = 3, PALETTE_BYTES = 1024 };

static struct file { uint8_t *data; size_t size; } files[MOST_FILES];
static int count, width, height;
static uint8_t *out;
static size_t room;

static void die(const char *why)
{
    printf("error %s: %s\n", why, ref_error());
    exit(1);
}

static long encode_quic(const struct file *file)
{
    return ref_quic_encode(QUIC_IMAGE_TYPE_RGB32, width, height, 4 * width, file->data, out, room);
}

static long encode_quic_alpha(const struct file *file)
{
    return ref_quic_encode(QUIC_IMAGE_TYPE_RGBA, width, height, 4 * width, file->data, out, room);
}

static long encode_lz(const struct file *file)
{
    return ref_lz_encode(LZ_IMAGE_TYPE_RGB32, width, height, 1, 4 * width, file->data, out, room);
}

static long encode_lz_alpha(const struct file *file)
{
    return ref_lz_encode(LZ_IMAGE_TYPE_RGBA, width, height, 1, 4 * width, file->data, out, room);
}

/* The palette stands before the indices. */
static long encode_lz_palette(const struct file *file)
{
    return ref_lz_encode(LZ_IMAGE_TYPE_PLT8, width, height, 1, width, file->data + PALETTE_BYTES, out, room);
}

/* Top-down, then format, then one block: what the server makes of a bitmap in one chunk of memory. */
static long encode_lz4(const struct file *file)
{
    LZ4_stream_t *stream = LZ4_createStream();
    int size = LZ4_compress_fast_continue(stream, (const char *)file->data, (char *)out + 6, file->size, room - 6, 1);
    LZ4_freeStream(stream);
    out[0] = 1;
    out[1] = 8;
    for (int i = 0; i < 4; i++)
        out[2 + i] = size >> (24 - 8 * i);
    return 6 + size;
}

static int jpeg_more_space(JpegEncoderUsrContext *user, uint8_t **bytes) { (void)user; (void)bytes; return 0; }
static int jpeg_more_lines(JpegEncoderUsrContext *user, uint8_t **lines) { (void)user; (void)lines; return 0; }

static long encode_jpeg(const struct file *file)
{
    static JpegEncoderUsrContext user = {jpeg_more_space, jpeg_more_lines};
    static JpegEncoderContext *encoder;
    if (!encoder)
        encoder = jpeg_encoder_create(&user);
    return jpeg_encode(encoder, JPEG_QUALITY, JPEG_IMAGE_TYPE_BGRX32, width, height, file->data, height, 4 * width, out,
                       room);
}

/* The input is a GLZ image. */
static long encode_zlib(const struct file *file)
{
    static z_stream stream;
    static int ready;
    if (!ready && deflateInit(&stream, ZLIB_LEVEL) != Z_OK)
        die("zlib");
    ready = 1;
    deflateReset(&stream);
    stream.next_in = file->data;
    stream.avail_in = file->size;
    stream.next_out = out;
    stream.avail_out = room;
    return deflate(&stream, Z_FINISH) == Z_STREAM_END ? (long)stream.total_out : -1;
}

static long encode_glz(const struct file *file, uint32_t window)
{
    static void *encoder;
    if (file == files) {
        if (encoder)
            ref_glz_encoder_free(encoder);
        encoder = ref_glz_encoder_new(window);
    }
    /* A server keeps the pixels in the guest's memory. */
    return ref_glz_encode_kept(encoder, LZ_IMAGE_TYPE_RGB32, width, height, 1, 4 * width, file->data, out, room);
}

static long encode_glz_3m(const struct file *file) { return encode_glz(file, 3000000); }
static long encode_glz_8m(const struct file *file) { return encode_glz(file, 8000000); }
static long encode_glz_32m(const struct file *file) { return encode_glz(file, 32000000); }

static const struct { const char *name; long (*encode)(const struct file *); } codecs[] = {
    {"quic", encode_quic}, {"quic_alpha", encode_quic_alpha},
    {"lz", encode_lz}, {"lz_alpha", encode_lz_alpha}, {"lz_palette", encode_lz_palette},
    {"lz4", encode_lz4}, {"jpeg", encode_jpeg}, {"zlib", encode_zlib},
    {"glz_3m", encode_glz_3m}, {"glz_8m", encode_glz_8m}, {"glz_32m", encode_glz_32m},
};
static long (*encode)(const struct file *);

static void read_file(const char *name, struct file *file)
{
    FILE *stream = fopen(name, "rb");
    if (!stream)
        die(name);
    fseek(stream, 0, SEEK_END);
    file->size = ftell(stream);
    rewind(stream);
    file->data = malloc(file->size);
    if (fread(file->data, 1, file->size, stream) != file->size)
        die(name);
    fclose(stream);
}

static void load(char *words)
{
    char *codec = strtok(words, " \n"), *name;
    encode = NULL;
    for (size_t i = 0; codec && i < sizeof codecs / sizeof *codecs; i++)
        if (!strcmp(codec, codecs[i].name))
            encode = codecs[i].encode;
    if (!encode)
        die("unknown codec");
    width = atoi(strtok(NULL, " \n"));
    height = atoi(strtok(NULL, " \n"));
    while (count)
        free(files[--count].data);
    while ((name = strtok(NULL, " \n")) && count < MOST_FILES)
        read_file(name, &files[count++]);
    free(out);
    room = (size_t)width * height * 8 + 4096;
    out = calloc(room, 1);
}

/* Encode everything; `*sum` becomes the checksum (FNV) of what came out, unless it is NULL. Gives the bytes. */
static long encode_all(uint64_t *sum)
{
    long total = 0;
    for (int i = 0; i < count; i++) {
        long size = encode(&files[i]);
        if (size <= 0)
            die("encoder");
        for (long at = 0; sum && at < size; at++)
            *sum = (*sum ^ out[at]) * 0x100000001b3;
        total += size;
    }
    return total;
}

static long run(void)
{
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    encode_all(NULL);
    clock_gettime(CLOCK_MONOTONIC, &end);
    return (end.tv_sec - start.tv_sec) * 1000000000L + end.tv_nsec - start.tv_nsec;
}

int main(void)
{
    static char line[1 << 16];
    while (fgets(line, sizeof line, stdin)) {
        if (!strncmp(line, "load ", 5)) {
            uint64_t sum = 0xcbf29ce484222325;
            load(line + 5);
            long size = encode_all(&sum);
            printf("%ld %016lx\n", size, sum);
        } else if (!strcmp(line, "run\n")) {
            printf("%ld\n", run());
        } else {
            printf("error unknown command\n");
        }
        fflush(stdout);
    }
    return 0;
}
