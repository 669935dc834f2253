/* Times the reference's decoders for benches/codecs.py: the twin of spice-codec's example bench_decode, with the same
 * commands and answers on standard input and output. QUIC, LZ, GLZ and JPEG are the reference's own code, LZ4 and zlib
 * the system's libraries called as the reference calls them. Sound data only. */
#include <config.h>
#include <lz4.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>
#include "decode.h"
#include "shim.h"

enum { MOST_FILES = 64 };

static struct file { uint8_t *data; size_t size; } files[MOST_FILES];
static int count, width, height;
static uint32_t *pixels, palette[256];
static size_t pixel_bytes;

static void die(const char *why)
{
    printf("error %s: %s\n", why, ref_error());
    exit(1);
}

static void decode_quic(const struct file *file)
{
    if (ref_quic_decode(file->data, file->size, (uint8_t *)pixels, width * 4))
        die("quic");
}

static void decode_lz(const struct file *file)
{
    if (ref_lz_decode(file->data, file->size, 1, NULL, 0, (uint8_t *)pixels, pixel_bytes) < 0)
        die("lz");
}

/* The palette stands before the image. */
static void decode_lz_palette(const struct file *file)
{
    memcpy(palette, file->data, sizeof palette);
    if (ref_lz_decode(file->data + sizeof palette, file->size - sizeof palette, 1, palette, 256, (uint8_t *)pixels,
                      pixel_bytes) < 0)
        die("lz_palette");
}

static void decode_lz4(const struct file *file)
{
    static LZ4_streamDecode_t *stream;
    const uint8_t *at = file->data + 2, *end = file->data + file->size;
    char *out = (char *)pixels;
    size_t room = pixel_bytes;
    if (!stream)
        stream = LZ4_createStreamDecode();
    LZ4_setStreamDecode(stream, NULL, 0);
    while (at < end) {
        int size = at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
        int made = LZ4_decompress_safe_continue(stream, (const char *)at + 4, out, size, room);
        if (made <= 0)
            die("lz4");
        at += 4 + size;
        out += made;
        room -= made;
    }
}

static void decode_jpeg(const struct file *file)
{
    static SpiceJpegDecoder *decoder;
    int found_width, found_height;
    if (!decoder)
        decoder = jpeg_decoder_new();
    decoder->ops->begin_decode(decoder, file->data, file->size, &found_width, &found_height);
    decoder->ops->decode(decoder, (uint8_t *)pixels, width * 4, SPICE_BITMAP_FMT_32BIT);
}

/* The size of what comes out stands before the data. */
static void decode_zlib(const struct file *file)
{
    static z_stream stream;
    static int ready;
    uint32_t size;
    memcpy(&size, file->data, 4);
    if (size > pixel_bytes || (!ready && inflateInit(&stream) != Z_OK))
        die("zlib");
    ready = 1;
    inflateReset(&stream);
    stream.next_in = file->data + 4;
    stream.avail_in = file->size - 4;
    stream.next_out = (uint8_t *)pixels;
    stream.avail_out = size;
    if (inflate(&stream, Z_FINISH) != Z_STREAM_END)
        die("zlib");
}

static void *glz_decoder;

static void decode_glz(const struct file *file)
{
    if (file == files) {
        if (glz_decoder)
            ref_glz_decoder_free(glz_decoder);
        glz_decoder = ref_glz_decoder_new();
    }
    /* The picture stays in the window; the last one is copied out for the checksum, outside the timing. */
    if (ref_glz_decode(glz_decoder, file->data, NULL, 0, NULL, 0) < 0)
        die("glz");
}

static const struct { const char *name; void (*decode)(const struct file *); } codecs[] = {
    {"quic", decode_quic}, {"lz", decode_lz}, {"lz_palette", decode_lz_palette}, {"lz4", decode_lz4},
    {"jpeg", decode_jpeg}, {"zlib", decode_zlib}, {"glz", decode_glz},
};
static void (*decode)(const struct file *);

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
    decode = NULL;
    for (size_t i = 0; codec && i < sizeof codecs / sizeof *codecs; i++)
        if (!strcmp(codec, codecs[i].name))
            decode = codecs[i].decode;
    if (!decode)
        die("unknown codec");
    width = atoi(strtok(NULL, " \n"));
    height = atoi(strtok(NULL, " \n"));
    while (count)
        free(files[--count].data);
    while ((name = strtok(NULL, " \n")) && count < MOST_FILES)
        read_file(name, &files[count++]);
    free(pixels);
    pixel_bytes = (size_t)width * height * 4;
    pixels = calloc(pixel_bytes, 1);
}

static long run(void)
{
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int i = 0; i < count; i++)
        decode(&files[i]);
    clock_gettime(CLOCK_MONOTONIC, &end);
    return (end.tv_sec - start.tv_sec) * 1000000000L + end.tv_nsec - start.tv_nsec;
}

static uint64_t checksum(void)
{
    uint64_t sum = 0xcbf29ce484222325;
    for (size_t i = 0; i < pixel_bytes / 4; i++)
        sum = (sum ^ (pixels[i] & 0xffffff)) * 0x100000001b3;
    return sum;
}

int main(void)
{
    static char line[1 << 16];
    while (fgets(line, sizeof line, stdin)) {
        if (!strncmp(line, "load ", 5)) {
            load(line + 5);
            run();
            if (decode == decode_glz) {
                void *decoder = ref_glz_decoder_new();
                for (int i = 0; i < count; i++)
                    ref_glz_decode(decoder, files[i].data, NULL, 0, (uint8_t *)pixels, pixel_bytes);
                ref_glz_decoder_free(decoder);
            }
            printf("%016lx\n", checksum());
        } else if (!strcmp(line, "run\n")) {
            printf("%ld\n", run());
        } else {
            printf("error unknown command\n");
        }
        fflush(stdout);
    }
    return 0;
}
