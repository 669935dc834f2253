"""Pictures to measure codecs with: made here, the same on every run, 1920x1080 unless told otherwise.

They imitate what remote desktops show: text on plain ground, windows, photographs. Each is an array of height x width
x 4 bytes in the order blue, green, red, pad (or alpha).
"""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 1920, 1080
WORDS = (
    "window cursor surface channel stream frame ticket server client picture palette stride agent monitor keyboard "
    "clipboard audio record session header message draw copy fill blend text brush mask cache lossless latency"
).split()
MONO = ("DejaVuSansMono.ttf", "LiberationMono-Regular.ttf")
SANS = ("DejaVuSans.ttf", "LiberationSans-Regular.ttf")


def picture(name: str) -> np.ndarray:
    """Make the picture of this name, one of `NAMES`."""
    made = _MAKERS[name]()
    if made.shape[2] == 4:
        return np.ascontiguousarray(made[:, :, [2, 1, 0, 3]])
    out = np.zeros((*made.shape[:2], 4), np.uint8)
    out[:, :, :3] = made[:, :, ::-1]
    return out


def palette_picture(name: str) -> tuple[np.ndarray, list[int]]:
    """The picture reduced to 256 colours: indices and palette, as LZ's 8-bit type carries it."""
    image = Image.fromarray(np.ascontiguousarray(picture(name)[:, :, 2::-1]))
    reduced = image.quantize(256, dither=Image.Dither.NONE)
    colours = np.array(reduced.getpalette() + [0] * 768, np.uint32)[:768].reshape(256, 3)
    return np.array(reduced), [int(r << 16 | g << 8 | b) for r, g, b in colours]


def scroll(frames: int) -> list[np.ndarray]:
    """A long page that moves up by 48 lines a frame."""
    tall = _bgrx(_page(HEIGHT + 48 * frames))
    return [np.ascontiguousarray(tall[48 * n : 48 * n + HEIGHT]) for n in range(frames)]


def drag(frames: int) -> list[np.ndarray]:
    """A window of text that moves over a photograph."""
    ground, window = _bgrx(_photo()), _bgrx(_page(500))[:, :800]
    out = []
    for n in range(frames):
        frame = ground.copy()
        frame[100 + 9 * n : 600 + 9 * n, 80 + 25 * n : 880 + 25 * n] = window
        out.append(frame)
    return out


def _bgrx(rgb: np.ndarray) -> np.ndarray:
    out = np.zeros((*rgb.shape[:2], 4), np.uint8)
    out[:, :, :3] = rgb[:, :, ::-1]
    return out


def _font(names: tuple[str, ...], size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    for name in names:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


def _terminal() -> np.ndarray:
    image = Image.new("RGB", (WIDTH, HEIGHT), "#1c1c1c")
    draw, font, rnd = ImageDraw.Draw(image), _font(MONO, 13), random.Random(1)
    colours = ["#d0d0d0"] * 4 + ["#5fafff", "#87d787", "#ffaf5f", "#d787d7"]
    for y in range(2, HEIGHT - 16, 17):
        column = 4 * rnd.randrange(4)
        for _ in range(rnd.choice([0, 2, 5, 7, 9])):
            word, colour = rnd.choice(WORDS) + rnd.choice(["", "()", ",", ";", " ="]), rnd.choice(colours)
            # A cell per letter, so that the same letter always gives the same pixels, as in a real terminal.
            for letter in word:
                draw.text((4 + 8 * column, y), letter, colour, font)
                column += 1
            column += 1
    return np.array(image)


def _page(height: int = HEIGHT) -> np.ndarray:
    image = Image.new("RGB", (WIDTH, height), "white")
    draw, rnd = ImageDraw.Draw(image), random.Random(2)
    body, head = _font(SANS, 15), _font(SANS, 28)
    draw.rectangle((0, 0, WIDTH, 56), "#24476b")
    draw.text((40, 10), "Project notes and release plan", "white", head)
    y = 90
    while y < height:
        draw.text((260, y), " ".join(rnd.choices(WORDS, k=4)).title(), "#1a1a2e", head)
        y += 48
        for _ in range(rnd.randrange(4, 9)):
            draw.text((260, y), " ".join(rnd.choices(WORDS, k=17)), "#333333", body)
            y += 23
        if rnd.random() < 0.5:
            draw.rounded_rectangle((260, y + 6, 460, y + 42), 8, "#2f7de1")
            draw.text((290, y + 15), rnd.choice(WORDS), "white", body)
            y += 46
        y += 26
    page = np.array(image)
    photo = _photo()
    for top in range(140, height - 260, 420):
        page[top : top + 240, 1500:1860] = photo[top % 700 : top % 700 + 240, 300:660]
    return page


def _sheet() -> np.ndarray:
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw, font, rnd = ImageDraw.Draw(image), _font(SANS, 12), random.Random(3)
    draw.rectangle((0, 0, WIDTH, 40), "#e8e8e8")
    for row, y in enumerate(range(40, HEIGHT, 20)):
        draw.line((0, y, WIDTH, y), "#c8c8c8")
        for column, x in enumerate(range(0, WIDTH, 84)):
            text = f"{row}" if column == 0 else f"{rnd.uniform(0, 99999):.2f}"
            if rnd.random() < 0.8:
                draw.text((x + 8, y + 3), text, "#b00020" if rnd.random() < 0.1 else "black", font)
    for x in range(0, WIDTH, 84):
        draw.line((x, 40, x, HEIGHT), "#c8c8c8")
    return np.array(image)


def _desktop() -> np.ndarray:
    out = _photo()
    windows = [
        (_terminal(), 90, 80, 700, 420),
        (_page(), 620, 300, 1100, 640),
        (_sheet(), 1200, 60, 640, 380),
    ]
    for content, left, top, width, height in windows:
        out[top : top + 28, left : left + width] = (58, 64, 78)
        out[top + 28 : top + height, left : left + width] = content[: height - 28, :width]
    return out


def _photo(seed: int = 4, slope: float = 1.9, grain: float = 0.7) -> np.ndarray:
    """Clouds with the spectrum of a photograph, edges of a few shapes, and a sensor's grain."""
    rnd = np.random.default_rng(seed)
    light, tint, hue = (_cloud(rnd, power) for power in (slope, slope + 0.5, slope + 0.6))
    image = Image.new("L", (WIDTH, HEIGHT), 0)
    draw, shapes = ImageDraw.Draw(image), random.Random(seed)
    for _ in range(40):
        x, y, size = shapes.randrange(WIDTH), shapes.randrange(HEIGHT), shapes.randrange(40, 400)
        draw.ellipse((x, y, x + size, y + size // 2), shapes.randrange(60))
    base = 118 + 46 * light + np.array(image, np.float64)
    rgb = np.stack([base + 14 * tint, base + 6 * hue, base - 12 * tint], axis=2)
    rgb += grain * rnd.standard_normal((HEIGHT, WIDTH, 1)) + 0.4 * grain * rnd.standard_normal(rgb.shape)
    return np.clip(np.rint(rgb), 0, 255).astype(np.uint8)


def _cloud(rnd: np.random.Generator, power: float) -> np.ndarray:
    """Noise whose amplitude falls with frequency to `power`, mean 0, deviation 1."""
    spectrum = np.fft.rfft2(rnd.standard_normal((HEIGHT, WIDTH)))
    frequency = np.hypot(*np.meshgrid(np.fft.rfftfreq(WIDTH), np.fft.fftfreq(HEIGHT)))
    frequency[0, 0] = np.inf
    field = np.fft.irfft2(spectrum / np.maximum(frequency, 1e-9) ** power, (HEIGHT, WIDTH))
    return (field - field.mean()) / field.std()


def _gradient() -> np.ndarray:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    return np.stack([x * 255 // WIDTH, y * 255 // HEIGHT, (x + y) * 255 // (WIDTH + HEIGHT)], 2).astype(
        np.uint8
    )


def _flat() -> np.ndarray:
    image = Image.new("RGB", (WIDTH, HEIGHT), "#f3f4f6")
    draw, font, rnd = ImageDraw.Draw(image), _font(SANS, 16), random.Random(5)
    draw.rectangle((0, 0, 240, HEIGHT), "#1f2937")
    for row in range(18):
        draw.text((30, 40 + 44 * row), rnd.choice(WORDS).title(), "#e5e7eb", font)
    for x in range(280, 1800, 400):
        for y in range(60, 1000, 240):
            draw.rounded_rectangle((x, y, x + 360, y + 200), 12, "white", "#d1d5db")
            draw.text((x + 20, y + 20), " ".join(rnd.choices(WORDS, k=3)), "#111827", font)
            draw.rectangle((x + 20, y + 150, x + 20 + rnd.randrange(320), y + 166), "#10b981")
    return np.array(image)


def _noise() -> np.ndarray:
    return np.random.default_rng(6).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)


def _icons() -> np.ndarray:
    """Shapes with smooth edges on nothing, colour premultiplied."""
    image = Image.new("RGBA", (WIDTH, HEIGHT), (0, 0, 0, 0))
    draw, rnd = ImageDraw.Draw(image), random.Random(7)
    y, x = np.mgrid[0:96, 0:96]
    for top in range(12, HEIGHT - 96, 120):
        for left in range(12, WIDTH - 96, 120):
            distance = np.hypot(x - 48, y - 48) / rnd.uniform(30, 48)
            alpha = np.clip((1.1 - distance) * 6, 0, 1) * 255
            icon = np.dstack([*(np.full((96, 96), rnd.randrange(256)) * (1 - y / 200) for _ in "rgb"), alpha])
            image.paste(Image.fromarray(icon.astype(np.uint8)), (left, top))
            draw.rectangle((left + 30, top + 40, left + 66, top + 56), (255, 255, 255, 255))
    out = np.array(image).astype(np.uint16)
    out[:, :, :3] = out[:, :, :3] * out[:, :, 3:] // 255
    return out.astype(np.uint8)


_MAKERS: dict[str, Callable[[], np.ndarray]] = {
    "terminal": _terminal,
    "page": _page,
    "sheet": _sheet,
    "desktop": _desktop,
    "photo": _photo,
    "photo_fine": lambda: _photo(seed=8, slope=1.6, grain=1.0),
    "flat": _flat,
    "gradient": _gradient,
    "noise": _noise,
    "icons": _icons,
}
NAMES = tuple(_MAKERS)
