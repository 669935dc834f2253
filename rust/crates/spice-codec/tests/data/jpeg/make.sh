#!/bin/sh
# Makes the JPEGs of this folder and what libjpeg-turbo decodes from them (KIND.rgb; needs gcc, libjpeg62-turbo-dev).
set -e
cd "$(dirname "$0")"
gcc -O1 -o /tmp/make_jpeg make.c -ljpeg
for kind in 420 422 444 440 411 grey 420-progressive grey-progressive 420-restart 444-optimised rgb-444; do
    /tmp/make_jpeg code "$kind" 35 21 "$kind.jpg"
    /tmp/make_jpeg decode "$kind.jpg" "$kind.rgb"
done
for size in 1x1 17x1 1x19 16x16; do
    /tmp/make_jpeg code 420 "${size%x*}" "${size#*x}" "420-$size.jpg"
    /tmp/make_jpeg decode "420-$size.jpg" "420-$size.rgb"
done
/tmp/make_jpeg code cmyk 35 21 cmyk.jpg
/tmp/make_jpeg code 420-arithmetic 35 21 arithmetic.jpg
rm /tmp/make_jpeg
