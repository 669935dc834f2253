"""Draws scenes with GTK and cairo on an X display: pictures, translucency, widgets, a moving picture.

usage: /usr/bin/python3 draw.py SCENE DONEFILE

The system's Python, because that one has GTK. DONEFILE appears when the last picture is drawn; the window stays.
"""

import math
import random
import sys
from pathlib import Path

import cairo
import gi

gi.require_version("Gtk", "3.0")
from gi.repository import GLib, Gtk  # noqa: E402

FRAME_MS = 40
TURN = 2 * math.pi


def noise(width, height, seed):
    """Return a picture of random pixels."""
    stride = cairo.ImageSurface.format_stride_for_width(cairo.FORMAT_RGB24, width)
    data = bytearray(random.Random(seed).randbytes(stride * height))
    return cairo.ImageSurface.create_for_data(data, cairo.FORMAT_RGB24, width, height, stride)


def painted(width, height, paint, *arguments, kind=cairo.FORMAT_RGB24):
    """Return a picture made by a painting function."""
    surface = cairo.ImageSurface(kind, width, height)
    paint(cairo.Context(surface), width, height, *arguments)
    return surface


def photograph(context, width, height, seed):
    """Paint what compresses like a photograph: soft lights and shades under film grain."""
    rng = random.Random(seed)
    sky = cairo.LinearGradient(0, 0, 0, height)
    sky.add_color_stop_rgb(0, 0.25, 0.45, 0.8)
    sky.add_color_stop_rgb(1, 0.8, 0.7, 0.45)
    context.set_source(sky)
    context.paint()
    for _ in range(40):
        x, y, radius = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(20, 160)
        light = cairo.RadialGradient(x, y, 0, x, y, radius)
        light.add_color_stop_rgba(0, rng.random(), rng.random(), rng.random(), 0.7)
        light.add_color_stop_rgba(1, 0, 0, 0, 0)
        context.set_source(light)
        context.paint()
    context.set_source_surface(noise(width, height, seed), 0, 0)
    context.paint_with_alpha(0.06)


def checks(context, width, height, size):
    """Paint a chess board."""
    context.set_source_rgb(1, 1, 1)
    context.paint()
    context.set_source_rgb(0, 0, 0)
    for row in range(0, height, size):
        for column in range(row // size % 2 * size, width, 2 * size):
            context.rectangle(column, row, size, size)
    context.fill()


def patches(context, width, height, colours):
    """Paint hard-edged rectangles in a given number of colours."""
    rng = random.Random(colours)
    palette = [(rng.random(), rng.random(), rng.random()) for _ in range(colours)]
    context.set_antialias(cairo.ANTIALIAS_NONE)
    for _ in range(600):
        context.set_source_rgb(*rng.choice(palette))
        context.rectangle(
            rng.randrange(width), rng.randrange(height), rng.randrange(4, 90), rng.randrange(2, 60)
        )
        context.fill()


def bubbles(context, width, height):
    """Paint translucent discs on nothing."""
    for index, colour in enumerate([(1, 0, 0), (0, 1, 0), (0, 0, 1)]):
        x = width * (0.5 + 0.2 * math.cos(index * TURN / 3))
        y = height * (0.5 + 0.2 * math.sin(index * TURN / 3))
        context.set_source_rgba(*colour, 0.5)
        context.arc(x, y, width * 0.28, 0, TURN)
        context.fill()


def images_scene():
    """Yield pictures put up one after another."""
    pictures = [
        (painted(480, 360, photograph, 7), 10, 10),
        (painted(320, 240, photograph, 11), 380, 200),
        (painted(256, 256, checks, 2), 20, 280),
        (noise(120, 90, 3), 560, 30),
    ]
    for count in range(1, len(pictures) + 1):
        yield lambda context, count=count: [put(context, *picture) for picture in pictures[:count]]


def palette_scene():
    """Yield pictures of 2, 16 and 200 colours."""
    pictures = [
        (painted(300, 240, patches, colours), x, y)
        for colours, x, y in ((16, 10, 10), (200, 330, 60), (2, 160, 270))
    ]
    for count in range(1, len(pictures) + 1):
        yield lambda context, count=count: [put(context, *picture) for picture in pictures[:count]]


def alpha_scene():
    """Yield a composition in which everything shines through everything, turning a little."""
    photo = painted(400, 300, photograph, 5)
    discs = painted(240, 240, bubbles, kind=cairo.FORMAT_ARGB32)

    def compose(context, step):
        put(context, photo, 30, 30)
        context.save()
        context.translate(480, 320)
        context.rotate(step / 9)
        context.scale(0.7, 0.7)
        context.set_source_surface(photo, -200, -150)
        context.paint_with_alpha(0.6)
        context.restore()
        for index in range(4):
            put(context, discs, 20 + index * 130, 180 + 30 * math.sin(step / 3 + index))
        context.set_source_rgb(0, 0, 0)
        context.select_font_face("DejaVu Sans")
        context.set_font_size(28)
        context.move_to(60, 500)
        context.show_text("über Blau: α β γ")
        context.set_operator(cairo.OPERATOR_ADD)
        context.set_source_rgba(0.2, 0.2, 0, 0.5)
        context.rectangle(300, 20, 150, 480)
        context.fill()

    for step in range(8):
        yield lambda context, step=step: compose(context, step)


def video_scene():
    """Yield four seconds of a moving picture in one place, then leave its last frame."""
    film = painted(720, 540, photograph, 9)

    def show(context, step):
        context.rectangle(120, 120, 320, 240)
        context.clip()
        put(context, film, 120 - 60 - 50 * math.cos(step / 12), 120 - 60 - 50 * math.sin(step / 8))
        context.set_source_rgb(1, 1, 1)
        context.arc(280 + 90 * math.cos(step / 10), 240 + 70 * math.sin(step / 10), 20, 0, TURN)
        context.fill()

    for step in range(100):
        yield lambda context, step=step: show(context, step)


def put(context, picture, x, y):
    """Paint a picture at a place."""
    context.set_source_surface(picture, x, y)
    context.paint()


def play(window, scene, done, area_to_draw):
    """Show a scene's steps at a steady pace; `done` appears after the last."""
    area = Gtk.DrawingArea()
    window.add(area)
    steps = list(scene())
    position = 0

    def draw(_area, context):
        context.set_source_rgb(0.2, 0.25, 0.3)
        context.paint()
        steps[position](context)

    def tick():
        nonlocal position
        if position + 1 == len(steps):
            done.touch()
            return False
        position += 1
        area.queue_draw_area(*area_to_draw)
        return True

    area.connect("draw", draw)
    GLib.timeout_add(FRAME_MS if len(steps) > 20 else 4 * FRAME_MS, tick)


def widgets(window, done):
    """Show buttons and a text that scrolls by itself for two seconds."""
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=4)
    for row in range(3):
        line = Gtk.Box(spacing=6)
        for column in range(4):
            line.add(Gtk.Button(label=f"Knopf {row}.{column}"))
        line.add(Gtk.CheckButton(label="ja"))
        line.add(Gtk.Scale.new_with_range(Gtk.Orientation.HORIZONTAL, 0, 10, 1))
        box.add(line)
    text = Gtk.TextView(cursor_visible=False)
    text.get_buffer().set_text(
        "\n".join(f"line {number} of a list that is longer than its window" for number in range(200))
    )
    scrolled = Gtk.ScrolledWindow()
    scrolled.add(text)
    box.pack_start(scrolled, True, True, 0)
    box.add(Gtk.ProgressBar(fraction=0.4))
    window.add(box)
    position = 0

    def scroll():
        nonlocal position
        position += 1
        scrolled.get_vadjustment().set_value(20 * position)
        if position < 50:
            return True
        done.touch()
        return False

    GLib.timeout_add(FRAME_MS, scroll)


SCENES = {"images": images_scene, "palette": palette_scene, "alpha": alpha_scene, "video": video_scene}


def main():
    """Show one scene for ever."""
    name, done = sys.argv[1], Path(sys.argv[2])
    settings = Gtk.Settings.get_default()
    settings.props.gtk_cursor_blink = False
    settings.props.gtk_enable_animations = False
    window = Gtk.Window(title=f"spice-rs {name}")
    window.set_default_size(700, 540)
    if name == "gtk":
        widgets(window, done)
    else:
        play(window, SCENES[name], done, (120, 120, 320, 240) if name == "video" else (0, 0, 700, 540))
    window.show_all()
    window.move(100, 80)
    Gtk.main()


if __name__ == "__main__":
    main()
