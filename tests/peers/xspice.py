"""Xspice: an X server whose screen is a SPICE display; real programs draw on it.

usage: python -m tests.peers.xspice [--compression quic] [--workload windows] [--hold 60] ...

Prints one JSON line with port, password and display, and stays up.
"""

from __future__ import annotations

from . import workloads
from ._process import free_port
from .x509 import Certificates
from .xvfb import XServer

COMPRESSIONS = ("off", "auto_glz", "auto_lz", "quic", "glz", "lz")


class Xspice(XServer):
    """An Xorg with the spiceqxl driver, listening on a free port of the loopback.

    Arguments:
        compression: one of `COMPRESSIONS`; lz4 is not an option of the server, a client asks for it.
        jpeg, zlib: `never`, `always` or `auto`: lossy JPEG, and deflate over GLZ.
        streaming: `off`, `all` or `filter`: which regions become video streams; `codecs` as `spice:mjpeg;gstreamer:vp8`.
        image_cache, fallback_cache, surfaces: what the driver may use.
        sasl: clients log in by SASL; the environment that `sasl.configure` gave.
        tls: what to show at a TLS port, `tls_port`; the server has no rules for single channels.
        plain: listen on a port without TLS too.
        heads: outputs; Xspice gives one display channel however many there are.
    """

    def __init__(
        self,
        *,
        compression: str = "auto_glz",
        jpeg: str = "never",
        zlib: str = "never",
        streaming: str = "filter",
        codecs: str | None = None,
        image_cache: bool = True,
        fallback_cache: bool = True,
        surfaces: bool = True,
        deferred_fps: int = 0,
        heads: int = 1,
        size: tuple[int, int] = (1024, 768),
        password: str | None = None,
        sasl: dict[str, str] | None = None,
        tls: Certificates | None = None,
        plain: bool = True,
        port: int | None = None,
    ) -> None:
        super().__init__("xspice")
        self.env |= (sasl or {}) | (tls.environment if tls else {})
        self.port = (free_port() if port is None else port) if plain else 0
        self.tls_port = free_port() if tls else 0
        self.password = password
        self.address = f"spice://127.0.0.1:{self.port}" if plain else f"spice+tls://127.0.0.1:{self.tls_port}"
        # Debian's driver takes 0 for every option that is not written, whatever its manual says, and dies of buffers of
        # no size. So all of them are written.
        options: dict[str, object] = {
            "SpiceAddr": "127.0.0.1",
            "SpicePort": self.port,
            "SpiceDisableTicketing": password is None and sasl is None,
            "SpiceSasl": sasl is not None,
            "SpiceImageCompression": compression,
            "SpiceJpegWanCompression": jpeg,
            "SpiceZlibGlzWanCompression": zlib,
            "SpiceStreamingVideo": streaming,
            "SpiceDeferredFPS": deferred_fps,
            "SpiceAgentMouse": True,
            "SpicePlaybackCompression": True,
            "EnableImageCache": image_cache,
            "EnableFallbackCache": fallback_cache,
            "EnableSurfaces": surfaces,
            "NumHeads": heads,
            "FrameBufferSize": 64,
            "SurfaceBufferSize": 256,
            "CommandBufferSize": 448,
        }
        if password is not None:
            options["SpicePassword"] = password
        if tls is not None:
            options |= {
                "SpiceTlsPort": self.tls_port,
                "SpiceX509Dir": tls.directory,
                "SpiceCacertFile": tls.ca,
                "SpiceX509CertFile": tls.certificate,
                "SpiceX509KeyFile": tls.key,
            }
        if codecs is not None:
            options["SpiceVideoCodecs"] = codecs
        try:
            self._start(options, size)
        except BaseException:
            self.stop()
            raise

    def draw(self, workload: str) -> None:
        """Run one of `workloads.NAMES`; returns when its last picture is complete and still."""
        workloads.run(self, workload)

    @property
    def both(self) -> str:
        """The address with both ports."""
        return f"spice://127.0.0.1?port={self.port}&tls-port={self.tls_port}"

    def _start(self, options: dict[str, object], size: tuple[int, int]) -> None:
        config = self.directory / "xorg.conf"
        config.write_text(configuration(options, size))
        # Xorg itself and not the Xspice script, which only turns flags into what the file says.
        self.start_server(["Xorg", "-config", str(config), "-logfile", str(self.directory / "Xorg.log")])
        for port in filter(None, (self.port, self.tls_port)):
            self.wait_listening(port)
        self.run(["xsetroot", "-cursor_name", "left_ptr", "-solid", "#30506f"])

    def log_tail(self, lines: int = 15) -> str:
        """Return the end of the server's own log too."""
        own = self.directory / "Xorg.log"
        server = own.read_text(errors="replace").splitlines()[-lines:] if own.exists() else []
        return "\n".join([super().log_tail(lines), *server])


def configuration(options: dict[str, object], size: tuple[int, int]) -> str:
    """Return an xorg.conf with one spiceqxl screen and its keyboard and pointer."""
    width, height = size
    sections = [
        section(
            "Device",
            'Identifier "device"',
            'Driver "spiceqxl"',
            *(f'Option "{k}" "{v}"' for k, v in options.items()),
        ),
        section("InputDevice", 'Identifier "pointer"', 'Driver "xspice pointer"'),
        section("InputDevice", 'Identifier "keyboard"', 'Driver "xspice keyboard"'),
        section("Monitor", 'Identifier "monitor"'),
        section(
            "Screen",
            'Identifier "screen"',
            'Device "device"',
            'Monitor "monitor"',
            "DefaultDepth 24",  # the driver knows no other
            'SubSection "Display"',
            "Depth 24",
            f'Modes "{width}x{height}"',
            f"Virtual {width} {height}",
            "EndSubSection",
        ),
        section(
            "ServerLayout",
            'Identifier "layout"',
            'Screen "screen"',
            'InputDevice "pointer"',
            'InputDevice "keyboard"',
        ),
        # A screen saver would change the picture behind a test's back; real input devices are not ours.
        section(
            "ServerFlags",
            'Option "AutoAddDevices" "False"',
            *(f'Option "{timer}" "0"' for timer in ("BlankTime", "StandbyTime", "SuspendTime", "OffTime")),
        ),
    ]
    return "\n".join(sections)


def section(name: str, *lines: str) -> str:
    """Return one section of the file."""
    return "\n".join([f'Section "{name}"', *(f"    {line}" for line in lines), "EndSection", ""])


def main() -> None:
    """Start one, draw what is asked for, keep it."""
    from ._command import parser, stay

    arguments = parser(__doc__)
    arguments.add_argument("--compression", default="auto_glz", choices=COMPRESSIONS)
    arguments.add_argument("--jpeg", default="never", choices=["never", "auto", "always"])
    arguments.add_argument("--zlib", default="never", choices=["never", "auto", "always"])
    arguments.add_argument("--streaming", default="filter", choices=["off", "all", "filter"])
    arguments.add_argument("--codecs")
    arguments.add_argument("--no-cache", action="store_true", help="without the driver's image cache")
    arguments.add_argument("--no-surfaces", action="store_true", help="without off-screen surfaces")
    arguments.add_argument("--heads", type=int, default=1)
    arguments.add_argument("--size", default="1024x768")
    arguments.add_argument("--password")
    arguments.add_argument("--port", type=int)
    arguments.add_argument("--workload", choices=workloads.NAMES)
    options = arguments.parse_args()
    width, height = map(int, options.size.split("x"))
    stay(
        lambda: Xspice(
            compression=options.compression,
            jpeg=options.jpeg,
            zlib=options.zlib,
            streaming=options.streaming,
            codecs=options.codecs,
            image_cache=not options.no_cache,
            surfaces=not options.no_surfaces,
            heads=options.heads,
            size=(width, height),
            password=options.password,
            port=options.port,
        ),
        options.hold,
        lambda peer: {"port": peer.port, "password": peer.password, "display": peer.display},
        lambda peer: peer.draw(options.workload) if options.workload else None,
    )


if __name__ == "__main__":
    main()
