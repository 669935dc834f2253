"""The reference client, spice-gtk's library, as a program: takes a picture, or counts what a picture costs it.

usage: /usr/bin/python3 spicegtk.py ADDRESS [--password P] [--out FILE] [--quiet S] [--seconds S] [--timeout S] ...

Run by the system's Python, which has the library's introspection. Prints one JSON line:
    width, height      of each display, by channel number
    first              seconds from the start of connecting to the first pixels
    updates            regions that changed after that
    cpu                seconds of processor time of this process after the first pixels
    bytes              bytes received on the display channels
FILE gets a header line `WIDTH HEIGHT` and the rows of display --display as red, green, blue.
"""

import argparse
import ctypes
import json
import sys
import time
from pathlib import Path

import gi

gi.require_version("SpiceClientGLib", "2.0")
from gi.repository import GLib, GObject, SpiceClientGLib  # noqa: E402

COMPRESSIONS = {"off": 1, "auto_glz": 2, "auto_lz": 3, "quic": 4, "glz": 5, "lz": 6, "lz4": 7}
BYTES_PER_PIXEL = 4
on = GObject.GObject.connect  # Session.connect and Channel.connect of the library hide it


class Client:
    """One session, its display channels, and when something last happened."""

    def __init__(self, options, loop):
        self.options, self.loop = options, loop
        self.surfaces = {}
        self.displays = []
        self.error = None
        self.updates = 0
        self.first = self.cpu_first = None
        self.started = self.changed = time.monotonic()
        self.session = SpiceClientGLib.Session()
        props = self.session.props
        if options.address.startswith("spice+unix://"):
            props.unix_path = options.address.removeprefix("spice+unix://")
        else:
            props.uri = options.address
        if options.password:
            props.password = options.password
        props.enable_audio = False
        on(self.session, "channel-new", self.channel_new)
        if not SpiceClientGLib.Session.connect(self.session):
            self.fail("the connection could not be started")

    def channel_new(self, _session, channel):
        on(channel, "channel-event", self.channel_event)
        if isinstance(channel, SpiceClientGLib.DisplayChannel):
            self.displays.append(channel)
            on(channel, "display-primary-create", self.primary_create)
            on(channel, "display-primary-destroy", lambda c: self.surfaces.pop(c.props.channel_id, None))
            on(channel, "display-invalidate", self.invalidate)
        SpiceClientGLib.Channel.connect(channel)

    def channel_event(self, channel, event):
        events = SpiceClientGLib.ChannelEvent
        if event == events.OPENED:
            if channel in self.displays and self.options.compression:
                prefer(channel, self.options.compression)
        elif event != events.SWITCHING:
            # A server that goes away after the picture is the ordinary end of a measurement.
            self.fail(event.value_nick)

    def primary_create(self, channel, form, width, height, stride, _shm, data):
        self.surfaces[channel.props.channel_id] = (form, width, height, stride, data)
        self.changed = time.monotonic()

    def invalidate(self, _channel, _x, _y, _width, _height):
        self.changed = time.monotonic()
        if self.first is None:
            self.first, self.cpu_first = self.changed - self.started, time.process_time()
        else:
            self.updates += 1

    def tick(self):
        """End when the picture has been quiet, or when time is up."""
        now, options = time.monotonic(), self.options
        if options.seconds is not None:
            over = self.first is not None and now - self.started - self.first > options.seconds
        else:
            over = self.first is not None and now - self.changed > options.quiet
        if over:
            self.loop.quit()
        elif now - self.started > options.timeout:
            self.fail("timeout")
        return True

    def fail(self, why):
        if self.first is None or why == "timeout":
            self.error = why
        GLib.idle_add(self.loop.quit)

    def report(self):
        cpu = None if self.cpu_first is None else time.process_time() - self.cpu_first
        sizes = {number: [surface[1], surface[2]] for number, surface in sorted(self.surfaces.items())}
        received = sum(channel.props.total_read_bytes for channel in self.displays)
        return {
            "displays": sizes,
            "first": self.first,
            "updates": self.updates,
            "cpu": cpu,
            "bytes": received,
            "error": self.error,
        }

    def save(self, path, display):
        form, width, height, stride, data = self.surfaces[display]
        if form not in (32, 96):
            raise SystemExit(f"surface format {form} is not one of 32 bits a pixel")
        pixels = ctypes.string_at(data, stride * height)
        with Path(path).open("wb") as out:
            out.write(b"%d %d\n" % (width, height))
            for y in range(height):
                row = pixels[y * stride : y * stride + BYTES_PER_PIXEL * width]
                line = bytearray(3 * width)
                line[0::3], line[1::3], line[2::3] = row[2::4], row[1::4], row[0::4]
                out.write(line)


def prefer(display, compression):
    """Ask for a compression; the introspection of spice-gtk 0.42 knows the call by a long name."""
    kind = SpiceClientGLib.DisplayChannel
    names = ("change_preferred_compression", "display_channel_change_preferred_compression")
    next(getattr(kind, name) for name in names if hasattr(kind, name))(display, COMPRESSIONS[compression])


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("address", help="spice://HOST:PORT or spice+unix:///PATH")
    parser.add_argument("--password")
    parser.add_argument("--compression", choices=list(COMPRESSIONS), help="what to ask the server for")
    parser.add_argument("--out", help="where the picture goes")
    parser.add_argument("--display", type=int, default=0)
    parser.add_argument("--quiet", type=float, default=0.7, help="end when the picture was still this long")
    parser.add_argument("--seconds", type=float, help="instead: end this long after the first pixels")
    parser.add_argument("--timeout", type=float, default=60)
    options = parser.parse_args()
    loop = GLib.MainLoop()
    client = Client(options, loop)
    GLib.timeout_add(20, client.tick)
    loop.run()
    if options.out and options.display in client.surfaces:
        client.save(options.out, options.display)
    print(json.dumps(client.report()), flush=True)
    sys.exit(1 if client.error else 0)


if __name__ == "__main__":
    main()
