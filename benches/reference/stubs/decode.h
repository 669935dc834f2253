/* Stands in for spice-gtk's header: the GLZ decoder's entry points. */
#pragma once
#include <glib.h>
#include "common/canvas_base.h"

typedef struct SpiceGlzDecoderWindow SpiceGlzDecoderWindow;

SpiceGlzDecoderWindow *glz_decoder_window_new(void);
void glz_decoder_window_clear(SpiceGlzDecoderWindow *window);
void glz_decoder_window_destroy(SpiceGlzDecoderWindow *window);
SpiceGlzDecoder *glz_decoder_new(SpiceGlzDecoderWindow *window);
void glz_decoder_destroy(SpiceGlzDecoder *decoder);

SpiceJpegDecoder *jpeg_decoder_new(void);
void jpeg_decoder_destroy(SpiceJpegDecoder *decoder);
