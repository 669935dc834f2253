"""The reference client, spice-gtk's library, as a program that does what it is told: keys, mouse, pictures.

usage: /usr/bin/python3 gtkdriver.py ADDRESS [--password P] [--compression NAME]

Run by the system's Python, which has the library's introspection; `gtkclient.py` is the other end. One JSON array a line on standard
input is a command with its arguments, and one JSON object a line on standard output is its answer. The methods of `Driver` whose
names start with `do_` are the commands. It ends with its standard input.
"""

import argparse
import ctypes
import json
import time
from pathlib import Path

import gi

gi.require_version("SpiceClientGLib", "2.0")
from gi.repository import GLib, GObject, SpiceClientGLib  # noqa: E402
from spicegtk import BYTES_PER_PIXEL, prefer  # noqa: E402

on = GObject.GObject.connect  # Session.connect and Channel.connect of the library hide it


class Driver:
    """One session and what has been heard in it."""

    def __init__(self, options, loop):
        self.options, self.loop = options, loop
        self.main = self.inputs = None
        self.displays, self.surfaces, self.sizes, self.cursors, self.places, self.open = (
            {},
            {},
            [],
            {},
            {},
            [],
        )
        self.updates, self.changed, self.buttons = 0, time.monotonic(), 0
        self.errors = []
        self.session = SpiceClientGLib.Session()
        props = self.session.props
        if options.address.startswith("spice+unix://"):
            props.unix_path = options.address.removeprefix("spice+unix://")
        else:
            props.uri = options.address
        if options.ca:
            props.ca_file = options.ca
        if options.subject:
            props.cert_subject = options.subject
        if options.secure:
            props.secure_channels = options.secure.split(",")
        if options.user:
            props.username = options.user
        if options.password:
            props.password = options.password
        props.enable_audio = False
        on(self.session, "channel-new", self.channel_new)
        if not SpiceClientGLib.Session.connect(self.session):
            self.errors.append("the connection could not be started")

    # What the library says.

    def channel_new(self, _session, channel):
        on(channel, "channel-event", self.channel_event)
        number = channel.props.channel_id
        if isinstance(channel, SpiceClientGLib.MainChannel):
            self.main = channel
        elif isinstance(channel, SpiceClientGLib.InputsChannel):
            self.inputs = channel
        elif isinstance(channel, SpiceClientGLib.DisplayChannel):
            self.displays[number] = channel
            on(channel, "display-primary-create", self.primary_create)
            on(channel, "display-primary-destroy", lambda c: self.surfaces.pop(c.props.channel_id, None))
            on(channel, "display-invalidate", self.invalidate)
        elif isinstance(channel, SpiceClientGLib.CursorChannel):
            on(channel, "cursor-set", self.cursor_set)
            on(channel, "cursor-move", lambda c, x, y: self.places.update({c.props.channel_id: [x, y]}))
            on(channel, "cursor-hide", lambda c: self.cursors.update({c.props.channel_id: None}))
            on(channel, "cursor-reset", lambda c: self.cursors.update({c.props.channel_id: None}))
        SpiceClientGLib.Channel.connect(channel)

    def channel_event(self, channel, event):
        name = SpiceClientGLib.Channel.type_to_string(channel.props.channel_type)
        if event == SpiceClientGLib.ChannelEvent.OPENED:
            self.open.append(f"{name} {channel.props.channel_id}")
            if name == "display" and self.options.compression:
                prefer(channel, self.options.compression)
        elif event != SpiceClientGLib.ChannelEvent.SWITCHING:
            self.errors.append(f"{name}: {event.value_nick}")

    def primary_create(self, channel, form, width, height, stride, _shm, data):
        self.surfaces[channel.props.channel_id] = (form, width, height, stride, data)
        self.sizes.append([channel.props.channel_id, width, height])
        self.changed = time.monotonic()

    def invalidate(self, _channel, _x, _y, _width, _height):
        self.updates += 1
        self.changed = time.monotonic()

    def cursor_set(self, channel, width, height, hot_x, hot_y, pixels):
        shape = ctypes.string_at(pixels, width * height * BYTES_PER_PIXEL).hex() if pixels else ""
        self.cursors[channel.props.channel_id] = {
            "size": [width, height],
            "hot": [hot_x, hot_y],
            "rgba": shape,
        }

    # What the other end asks for.

    def do_state(self):
        return {
            "displays": {number: [s[1], s[2]] for number, s in self.surfaces.items()},
            "sizes": self.sizes,
            "open": self.open,
            "errors": self.errors,
            "updates": self.updates,
            "still": time.monotonic() - self.changed,
            "mouse": self.main.props.mouse_mode if self.main else 0,
            "name": self.session.props.name,
            "bytes": sum(channel.props.total_read_bytes for channel in self.displays.values()),
            "locks": self.inputs.props.key_modifiers if self.inputs else 0,
        }

    def do_cursor(self, number):
        return {"cursor": self.cursors.get(number), "place": self.places.get(number)}

    def do_picture(self, number, path):
        """Write the rows of a display as they lie in memory; while it has no picture, its size is null."""
        if number not in self.surfaces:
            return {"size": None}
        form, width, height, stride, data = self.surfaces[number]
        if form not in (32, 96):
            raise ValueError(f"surface format {form} is not one of 32 bits a pixel")
        Path(path).write_bytes(ctypes.string_at(data, stride * height))
        return {"size": [width, height], "stride": stride}

    def do_key(self, code, down):
        (self.inputs.key_press if down else self.inputs.key_release)(code)

    def do_move(self, x, y, display):
        self.inputs.position(x, y, display, self.buttons)

    def do_move_by(self, x, y):
        self.inputs.motion(x, y, self.buttons)

    def do_button(self, number, down):
        bit = 1 << number - 1
        self.buttons = self.buttons | bit if down else self.buttons & ~bit
        (self.inputs.button_press if down else self.inputs.button_release)(number, self.buttons)

    def do_locks(self, locks):
        self.inputs.set_key_locks(locks)

    def do_mouse_mode(self, mode):
        self.main.request_mouse_mode(mode)

    def do_compression(self, name):
        for channel in self.displays.values():
            prefer(channel, name)

    def do_disconnect(self):
        SpiceClientGLib.Session.disconnect(self.session)

    def listen(self, stream, _condition):
        line = stream.readline()
        if not line:
            self.loop.quit()
            return False
        command, *arguments = json.loads(line)
        try:
            answer = getattr(self, f"do_{command}")(*arguments) or {}
        except Exception as error:
            answer = {"failed": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
        return True


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("address", help="spice://HOST:PORT or spice+unix:///PATH")
    parser.add_argument("--ca", help="file with the authority")
    parser.add_argument("--subject", help="of the server's certificate")
    parser.add_argument("--secure", help="channels that go inside of TLS at once, or all")
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--compression", help="what to ask the server for")
    loop = GLib.MainLoop()
    driver = Driver(parser.parse_args(), loop)
    # Unbuffered, so that no line waits where the main loop does not see it.
    with open(0, "rb", buffering=0) as commands:
        wake = GLib.IOCondition.IN | GLib.IOCondition.HUP
        GLib.io_add_watch(commands, GLib.PRIORITY_DEFAULT, wake, driver.listen)
        loop.run()


if __name__ == "__main__":
    main()
