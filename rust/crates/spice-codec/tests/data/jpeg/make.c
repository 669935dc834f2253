/* Codes a picture that is computed here with libjpeg, in ways that Pillow does not offer, and decodes files with it.
 *
 *     make code KIND WIDTH HEIGHT FILE
 *     make decode FILE RGB
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jpeglib.h>

static unsigned char sample(int x, int y, int c) {
    int ramp[3] = {x * 7 + y, 255 - y * 5 + x, (x * y) / 3};
    int block = (x / 6 + y / 5) % 4 == 0 ? 90 : 0;
    return (unsigned char)((ramp[c] + block) & 255);
}

static void sampling(struct jpeg_compress_struct *c, int h, int v) {
    c->comp_info[0].h_samp_factor = h;
    c->comp_info[0].v_samp_factor = v;
}

static void code(const char *kind, int width, int height, const char *name) {
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr errors;
    FILE *file = fopen(name, "wb");
    int cmyk = strstr(kind, "cmyk") != NULL, grey = strstr(kind, "grey") != NULL;
    c.err = jpeg_std_error(&errors);
    jpeg_create_compress(&c);
    jpeg_stdio_dest(&c, file);
    c.image_width = width;
    c.image_height = height;
    c.input_components = cmyk ? 4 : grey ? 1 : 3;
    c.in_color_space = cmyk ? JCS_CMYK : grey ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&c);
    jpeg_set_quality(&c, 85, TRUE);
    if (strstr(kind, "444")) sampling(&c, 1, 1);
    if (strstr(kind, "422")) sampling(&c, 2, 1);
    if (strstr(kind, "440")) sampling(&c, 1, 2);
    if (strstr(kind, "411")) sampling(&c, 4, 1);
    if (strstr(kind, "rgb")) jpeg_set_colorspace(&c, JCS_RGB);
    if (strstr(kind, "progressive")) jpeg_simple_progression(&c);
    if (strstr(kind, "arithmetic")) c.arith_code = TRUE;
    if (strstr(kind, "optimised")) c.optimize_coding = TRUE;
    if (strstr(kind, "restart")) c.restart_interval = 2;
    jpeg_start_compress(&c, TRUE);
    for (int y = 0; y < height; y++) {
        unsigned char *row = malloc(width * c.input_components);
        for (int x = 0; x < width * c.input_components; x++)
            row[x] = sample(x / c.input_components, y, (x % c.input_components) % 3);
        jpeg_write_scanlines(&c, &row, 1);
        free(row);
    }
    jpeg_finish_compress(&c);
    fclose(file);
}

static void decode(const char *name, const char *to) {
    struct jpeg_decompress_struct d;
    struct jpeg_error_mgr errors;
    FILE *file = fopen(name, "rb"), *out = fopen(to, "wb");
    d.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&d);
    jpeg_stdio_src(&d, file);
    jpeg_read_header(&d, TRUE);
    d.out_color_space = JCS_RGB;
    jpeg_start_decompress(&d);
    while (d.output_scanline < d.output_height) {
        unsigned char *row = malloc(d.output_width * 3);
        jpeg_read_scanlines(&d, &row, 1);
        fwrite(row, 3, d.output_width, out);
        free(row);
    }
    fclose(out);
}

int main(int argc, char **argv) {
    if (argc == 6) code(argv[2], atoi(argv[3]), atoi(argv[4]), argv[5]);
    else decode(argv[2], argv[3]);
}
