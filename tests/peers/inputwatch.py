"""Shows a plain window over the whole screen and prints what keyboard and pointer do to it.

usage: /usr/bin/python3 inputwatch.py OUTFILE        run by the system's Python, which has GTK

One JSON object a line is appended to OUTFILE: {"event": "ready"}, {"event": "key", "name": "A", "text": "A", "code": 38,
"down": true}, {"event": "button", "button": 1, "x": 10, "y": 20, "down": true}, {"event": "scroll", ...},
{"event": "motion", "x": 10, "y": 20}. A pressed button paints a square where it was pressed, a key its name.
"""

import json
import sys
from pathlib import Path

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk  # noqa: E402


class Watch(Gtk.Window):
    """The window; every handler writes a line."""

    def __init__(self, out):
        super().__init__(title="spice-rs input", type=Gtk.WindowType.POPUP)
        self.out = out
        self.marks = []
        screen = self.get_screen()
        self.resize(screen.get_width(), screen.get_height())
        self.set_app_paintable(True)
        masks = Gdk.EventMask
        self.add_events(
            masks.KEY_PRESS_MASK
            | masks.KEY_RELEASE_MASK
            | masks.BUTTON_PRESS_MASK
            | masks.BUTTON_RELEASE_MASK
            | masks.POINTER_MOTION_MASK
            | masks.SCROLL_MASK
        )
        self.connect("draw", self.draw)
        self.connect("map-event", self.mapped)
        self.connect("motion-notify-event", lambda _w, e: self.say("motion", x=int(e.x), y=int(e.y)))
        self.connect(
            "scroll-event",
            lambda _w, e: self.say("scroll", direction=e.direction.value_nick, x=int(e.x), y=int(e.y)),
        )
        for signal, down in (("button-press-event", True), ("button-release-event", False)):
            self.connect(signal, self.button, down)
        for signal, down in (("key-press-event", True), ("key-release-event", False)):
            self.connect(signal, self.key, down)

    def mapped(self, _window, _event):
        # Without a window manager nobody gives a window the keyboard: it takes it.
        seat = self.get_display().get_default_seat()
        status = seat.grab(self.get_window(), Gdk.SeatCapabilities.KEYBOARD, True, None, None, None)
        self.say("ready", grabbed=status == Gdk.GrabStatus.SUCCESS)

    def button(self, _window, event, down):
        # GTK says a double click a second time under another name.
        if event.type in (Gdk.EventType.BUTTON_PRESS, Gdk.EventType.BUTTON_RELEASE):
            self.say("button", button=event.button, x=int(event.x), y=int(event.y), down=down)
            if down:
                self.mark((int(event.x), int(event.y)))
        return True

    def key(self, _window, event, down):
        code = Gdk.keyval_to_unicode(event.keyval)
        self.say(
            "key",
            name=Gdk.keyval_name(event.keyval),
            text=chr(code) if code else "",
            code=event.hardware_keycode,
            down=down,
        )
        if down:
            self.mark(Gdk.keyval_name(event.keyval))
        return True

    def mark(self, what):
        self.marks.append(what)
        self.queue_draw()

    def draw(self, _window, context):
        context.set_source_rgb(0.15, 0.3, 0.2)
        context.paint()
        context.set_source_rgb(1, 1, 1)
        context.set_font_size(20)
        names = [mark for mark in self.marks if isinstance(mark, str)]
        for line in range(0, len(names), 8):
            context.move_to(20, 40 + 3 * line)
            context.show_text(" ".join(names[line : line + 8]))
        for mark in self.marks:
            if not isinstance(mark, str):
                context.rectangle(mark[0] - 5, mark[1] - 5, 11, 11)
                context.fill()

    def say(self, event, **facts):
        self.out.write(json.dumps({"event": event, **facts}) + "\n")
        self.out.flush()


def main():
    with Path(sys.argv[1]).open("a") as out:
        Watch(out).show_all()
        Gtk.main()


if __name__ == "__main__":
    main()
