"""The compiled half: everything that touches each byte. Only `Socket`, `Pump`, `Feed` and `TlsPipe` do I/O; no object starts a task or a thread."""

from collections.abc import Sequence
from typing import Literal, TypeAlias, final

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Buffer

from spice_rs.limits import Limits
from spice_rs.messages import Message

__all__ = [
    "Blocked",
    "Canvas",
    "Channel",
    "Dictionary",
    "Feed",
    "Frame",
    "Packet",
    "Pointer",
    "Pump",
    "Rgb",
    "Screen",
    "Shape",
    "Shared",
    "Shown",
    "Socket",
    "Step",
    "TlsAuthorities",
    "TlsIdentity",
    "TlsPipe",
    "View",
    "__version__",
    "decode",
    "decode_agent",
    "decode_struct",
    "encode",
    "encode_agent",
    "encode_struct",
    "random_prime",
    "schema",
]

__version__: str

_Role: TypeAlias = Literal["client", "server"]
_Compression: TypeAlias = Literal["auto", "auto_glz", "auto_lz", "quic", "glz", "lz", "lz4", "off"]
_Use: TypeAlias = Literal["auto", "always", "never"]
_Streaming: TypeAlias = Literal["off", "filter", "all"]

def encode(channel_type: int, sender: _Role, message: Message) -> tuple[int, bytes]:
    """Number and body of a message. Raises LocalProtocolError for a value that cannot stand on the wire."""

def decode(
    channel_type: int, sender: _Role, message_id: int, body: bytes, limits: Limits | None = None
) -> Message:
    """The message in a body; `messages.Unknown` where the number has no table entry. Raises DecodeError, LimitExceeded."""

def encode_struct(struct: object) -> bytes:
    """Bytes of a struct outside any channel: LinkHeader, LinkMessage, LinkReply, AgentHeader, ChunkHeader."""

def decode_struct(name: str, data: bytes) -> object:
    """A struct outside any channel, by its name, from the start of `data`."""

def random_prime() -> bytes:
    """A random prime number of 512 bits, the two highest of which are set, highest byte first. Runs detached."""

def encode_agent(message: Message, *, selection: bool, grab_serial: bool) -> tuple[int, bytes]:
    """Number and body of a guest-agent message, with the clipboard prefixes that both ends agreed on."""

def decode_agent(
    message_id: int, body: bytes, *, selection: bool, grab_serial: bool, limits: Limits | None = None
) -> Message: ...
def schema() -> str:
    """All tables as JSON."""

@final
class Packet:
    """One received message, not parsed until asked."""

    @property
    def channel_type(self) -> int: ...
    @property
    def channel_id(self) -> int: ...
    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str:
        """The message's name, or its number in words where the table has none."""
    @property
    def serial(self) -> int: ...
    @property
    def body(self) -> bytes: ...
    @property
    def message(self) -> Message:
        """The message as a dataclass; parsed each time. Raises DecodeError, LimitExceeded."""

@final
class Channel:
    """One channel's transport after the link stage: bytes in, packets out, answers in `pending`.

    Contract: after each `receive` or `send`, write out `pending()` before the next read; `Socket` does both without
    Python. ACK_SYNC, ACK and PONG are answered inside; SET_ACK and PING are therefore never handed out. Lists are taken apart.
    """

    def __new__(
        cls,
        role: _Role,
        channel_type: int,
        channel_id: int,
        *,
        mini_header: bool = True,
        limits: Limits | None = None,
    ) -> Channel: ...
    @property
    def channel_type(self) -> int: ...
    @property
    def channel_id(self) -> int: ...
    def receive(self, data: Buffer) -> None:
        """Takes received bytes over (a copy)."""
    def next(self) -> Packet | None:
        """The next packet; counts it as received for the ACK window.

        Raises DecodeError, LimitExceeded when the stream cannot be understood any more; whole packets that came
        before are handed out first, and every further call raises the same.
        """
    @property
    def window_is_open(self) -> bool:
        """Whether the peer has acknowledged enough for more to be sent; always, where it was not asked to acknowledge."""
    @property
    def waiting(self) -> int:
        """Bytes received in whole messages and not yet taken by `next`.

        At least 1 as long as `next` has something to say, be it a message without a body or the end of all sense.
        """
    @property
    def serial(self) -> int:
        """Serial of the last packet taken by `next` or by a canvas, without one that the canvas is blocked on."""
    @property
    def received(self) -> int:
        """Bytes received so far."""
    @property
    def sent(self) -> int:
        """Bytes handed out by `pending`, or sent by a `Socket`, so far."""
    @property
    def partial(self) -> int:
        """Bytes received of a message that is not complete."""
    @property
    def missing(self) -> int:
        """Bytes that the message under way still lacks; 0 while not even its header has come."""

    def send(self, message: Message) -> int:
        """Queues a message; its serial. Raises LocalProtocolError."""
    def send_raw(self, message_id: int, body: Buffer) -> int:
        """Queues a body as it is; its serial."""
    @property
    def unsent(self) -> int:
        """Bytes that wait to be written."""
    def pending(self, *, whole: bool = True) -> bytes:
        """Bytes to be written now; empty for none.

        `whole`: all of them; else the last message stays for the next call, if it is not all there is.
        """

@final
class Socket:
    """A connected socket that does not block: bytes go between it and a `Channel` without becoming Python objects.

    Every method raises OSError when the connection is broken, or after `close`; those that move bytes raise TlsError too.
    """

    def __new__(cls, number: int, tls: TlsPipe | None = None) -> Socket:
        """`number` is the descriptor of the socket; the object has one of its own from then on.

        `tls`: what goes through the socket is this pipe's ciphertext. Channels use it once the handshake is over.
        """
    def expect(self, channel: Channel) -> None:
        """Let the system call the socket readable when what the channel's message under way lacks is there, or much of it."""
    @property
    def has_kept(self) -> bool:
        """Whether there is something to receive that the system does not know of, because TLS has it already."""
    def receive(self, channel: Channel) -> int | None:
        """Receive what is there into the channel; how many bytes, 0 at the end of the stream, None if there are none yet."""
    def send(self, channel: Channel) -> int:
        """Send what waits in the channel, as far as that needs no waiting; how many bytes are left."""
    def stop_reading(self) -> None:
        """End the stream on this side: whoever waits for bytes is told that it is over."""
    def close(self) -> None:
        """Give the descriptor back, as soon as nobody is in the middle of using it."""

@final
class Pump:
    """Receives, draws and acknowledges in the thread that calls `run`, without the interpreter's lock.

    One of two descriptors becomes readable when the picture has changed: `urgent` while somebody waits for that, `fileno`
    otherwise. Then silence it, and look at the canvas.
    """

    def __new__(
        cls, socket: Socket, channel: Channel, canvas: Canvas, breath: float, idle_breath: float
    ) -> Pump:
        """`breath`: seconds between two rings in a burst of changes while somebody waits for them, `idle_breath`: otherwise."""
    def run(self) -> Step | None:
        """Receive and draw until a step needs attention; None at the end of the stream. Blocks; `Socket.stop_reading` ends it.

        Raises OSError, and DecodeError or LimitExceeded as `Channel.next` does.
        """
    def fileno(self) -> int:
        """What becomes readable when there is news for nobody in particular."""
    def heard(self) -> None:
        """Silence that, before looking at the news."""
    @property
    def urgent(self) -> int:
        """What becomes readable when there is news for whoever waits."""
    def set_awaited(self, awaited: bool) -> None:
        """Say that somebody begins to wait for it, or ends; the end silences it."""
    def wake(self) -> None:
        """Wake whoever waits, without news."""
    @property
    def busy(self) -> bool:
        """Whether something has come that is not on the canvas, or not told, yet."""

@final
class Feed:
    """Shows a screen to one client in the thread that calls `run`, without the interpreter's lock.

    Its descriptor becomes readable when the client has been sent everything, if somebody has said by `ask` that he waits for that;
    then call `heard`.
    """

    def __new__(cls, socket: Socket, channel: Channel, view: View) -> Feed: ...
    def run(self) -> Packet | None:
        """Show the screen until a message needs attention; None at the end of the stream. Blocks; `Socket.stop_reading` ends it.

        Raises OSError, and DecodeError or LimitExceeded as `Channel.next` does.
        """
    def look(self) -> None:
        """Say that the screen has changed."""
    @property
    def is_done(self) -> bool:
        """Whether the client has been sent everything that has changed by now, and the system has taken it."""
    @property
    def is_exact(self) -> bool:
        """Whether that was so without loss."""
    def ask(self) -> None:
        """Ask to be told when that is so the next time; look at `is_done` after this."""
    def fileno(self) -> int:
        """What becomes readable then."""
    def heard(self) -> None:
        """Silence the descriptor, before looking."""

@final
class Shared:
    """What the displays of one session share: the image cache and the GLZ window."""

    def __new__(cls, limits: Limits | None = None) -> Shared: ...
    @property
    def cached_pixels(self) -> int: ...
    @property
    def glz_pixels(self) -> int: ...

@final
class Blocked:
    """What drawing waits for: something that another channel has to bring."""

    @property
    def glz_image(self) -> int | None:
        """Id of a GLZ image that has not arrived."""
    @property
    def lossless_image(self) -> int | None:
        """Id of a cached image that is to be replaced by a lossless one."""
    @property
    def serials(self) -> Sequence[tuple[int, int, int]]:
        """Channel type, channel id and serial that must have been processed."""

@final
class Step:
    """How far `Canvas.draw` came."""

    @property
    def drawn(self) -> int:
        """Messages taken in this step."""
    @property
    def packet(self) -> Packet | None:
        """A message that is not drawing, taken from the channel and now the caller's to handle."""
    @property
    def blocked(self) -> Blocked | None:
        """What the next message waits for; it is still the next. Call again when that came, or `give_up`."""
    @property
    def failures(self) -> Sequence[Exception]:
        """DecodeError, LimitExceeded or RemoteProtocolError of each message that could not be drawn; the rest was drawn."""

@final
class Canvas:
    """The surfaces of one display channel. Drawing releases the interpreter lock."""

    def __new__(cls, shared: Shared, limits: Limits | None = None) -> Canvas: ...
    def draw(self, channel: Channel) -> Step:
        """Draws what waits in `channel`, in order, until none waits, one is not drawing, or one is blocked.

        Raises DecodeError, LimitExceeded when the stream cannot be understood any more, as `Channel.next` does.
        """
    def give_up(self, reason: str) -> None:
        """The blocked message can never be drawn: count it as failed, mark its area, and let `draw` go on."""
    def frame(self, surface_id: int | None = None, since: int = -1) -> Frame | None:
        """The surface (the primary one by default) as it is now; None while there is none. `since`: version of the
        frame that the caller had before, for `Frame.damage`."""
    @property
    def ready(self) -> bool:
        """A primary surface exists and the server has marked it as complete."""
    @property
    def version(self) -> int:
        """Grows with the first change of the primary surface after each look at it, be it `version` or `frame`.

        -1 while there is no primary surface.
        """
    @property
    def state(self) -> tuple[int, bool]:
        """`version` and `ready` in one look."""
    def damage(self, since: int) -> list[tuple[int, int, int, int]]:
        """What changed on the primary surface after that version: (left, top, right, bottom), empty for nothing."""
    @property
    def surfaces(self) -> list[tuple[int, int, int, int, bool]]:
        """Each surface: id, width, height, format, primary."""
    @property
    def monitors(self) -> list[tuple[int, int, int, int, int, int, int]]:
        """Each head: monitor id, surface id, width, height, x, y, flags."""
    @property
    def counters(self) -> dict[str, int]:
        """What could not be drawn, by name, and failed images by codec."""
    def stream_reports(self, now: int) -> list[Message]:
        """STREAM_REPORT messages that are due at media time `now` (ms)."""

@final
class Frame:
    """A picture that never changes: (height, width, 4) uint8 in the order blue, green, red, unused or alpha."""

    def __buffer__(self, flags: int, /) -> memoryview: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
    @property
    def version(self) -> int: ...
    @property
    def exact(self) -> bool:
        """Whether everything the server drew here was drawn."""
    @property
    def damage(self) -> list[tuple[int, int, int, int]]:
        """What changed since the reader's last frame: (left, top, right, bottom)."""
    def rgb(self) -> Rgb:
        """A copy as (height, width, 3) uint8 in the order red, green, blue."""
    def png(self) -> bytes:
        """The picture as a PNG file."""
    def jpeg(self, quality: int = 85) -> bytes:
        """The picture as a JPEG file, without alpha, of a quality from 1 to 100."""
    def _repr_png_(self) -> bytes: ...
    def same(self, other: Frame, region: tuple[int, int, int, int] | None = None) -> bool:
        """Whether both show the same colours, in the whole picture or in a region (left, top, right, bottom)."""

@final
class Rgb:
    """A picture as (height, width, 3) uint8, red first; numpy sees it without a copy."""

    def __buffer__(self, flags: int, /) -> memoryview: ...

@final
class Pointer:
    """The state of a cursor channel: shape, hot spot, place."""

    def __new__(cls, limits: Limits | None = None) -> Pointer: ...
    def apply(self, packet: Packet) -> bool:
        """Takes a cursor message; whether it was one. Raises DecodeError for a shape that cannot be read."""
    @property
    def visible(self) -> bool: ...
    @property
    def position(self) -> tuple[int, int]: ...
    @property
    def shape(self) -> Shape | None: ...

@final
class Shape:
    """A cursor's picture: (height, width, 4) uint8, blue, green, red, alpha, premultiplied."""

    def __buffer__(self, flags: int, /) -> memoryview: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def hot_spot(self) -> tuple[int, int]: ...
    @property
    def inverts(self) -> bool:
        """Whether some pixels invert what is below; those have alpha 0 here."""
    def png(self) -> bytes: ...
    def _repr_png_(self) -> bytes: ...

@final
class Screen:
    """The picture that a server shows; all views of it share it. It starts black.

    Pixels are given as (height, width, 4) or (height, width, 3) uint8, blue first, with dense rows that may stand anywhere.
    They are read before the call returns.
    """

    def __new__(cls, width: int, height: int, limits: Limits | None = None) -> Screen:
        """Raises ValueError for a side of 0 or above 32767, and for more pixels than `Limits.pixels`."""
    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
    @property
    def version(self) -> int:
        """Grows with each change."""
    def draw(self, pixels: Buffer | NDArray[np.uint8], left: int = 0, top: int = 0) -> bool:
        """Shows pixels with their corner at a place; what lies outside is left out. Whether something changed.

        Nobody should change the array meanwhile. If another thread does, what was read is shown.
        """
    def fill(self, left: int, top: int, right: int, bottom: int, colour: int) -> bool:
        """Makes an area one colour, 0xRRGGBB. Whether something changed."""
    def copy(self, left: int, top: int, right: int, bottom: int, to_left: int, to_top: int) -> None:
        """Copies an area to another place; both may overlap."""
    def resize(self, width: int, height: int) -> None:
        """Changes the size: what is in both stays, the rest is black. Raises ValueError for an impossible one."""
    def arrange(self, monitors: Sequence[tuple[int, int, int, int]]) -> None:
        """Says which parts are monitors: (left, top, right, bottom) of each, none for one that shows all. A new size forgets them.

        Raises ValueError for a part that does not lie on the screen.
        """
    @property
    def monitors(self) -> list[tuple[int, int, int, int]]:
        """The parts that are monitors, at least one."""
    def frame(self) -> Frame:
        """What is shown now."""

@final
class Shown:
    """How far `View.step` came."""

    @property
    def sent(self) -> int:
        """Messages queued in the channel."""
    @property
    def more(self) -> bool:
        """Something is due, but the client's window or the budget is used up."""
    @property
    def again(self) -> float | None:
        """When `step` has something to do even if nothing changes; None for never."""
    @property
    def exact(self) -> bool:
        """The client has been sent all there is, without loss."""

@final
class Dictionary:
    """What a client was sent as GLZ and keeps, so that later pictures can refer to it. All its displays share one.

    A display refers to its own pictures alone, so that a client never waits on one connection for what comes on another; ids and
    the window are common. Once a display is gone that has sent any, nobody knows what has arrived, and the others go on without.
    """

    def __new__(cls, window_pixels: int) -> Dictionary:
        """For a client that keeps so many pixels; none where negative."""
    def shrink(self, window_pixels: int) -> None:
        """Another display of the client says how many pixels it keeps: the least of them counts."""
    @property
    def pixels(self) -> int:
        """Pixels that are held."""

@final
class View:
    """What one client is shown of a screen: one object for each display channel of each client."""

    def __new__(
        cls,
        screen: Screen,
        *,
        dictionary: Dictionary | None = None,
        monitors: bool = False,
        compression: _Compression = "auto",
        jpeg: _Use = "auto",
        zlib: _Use = "auto",
        streaming: _Streaming = "filter",
        reports: bool = False,
        lz4: bool = False,
        browser: bool = False,
        first_image: int | None = None,
        cache_pixels: int = 0,
        bandwidth: float | None = None,
    ) -> View:
        """A view for a client that has seen nothing.

        `dictionary`: what GLZ may refer to; without one there is no GLZ. `monitors`: the client understands MONITORS_CONFIG. `compression`: which image encodings may be used. `jpeg`: whether
        images may be sent with a loss, and without one as soon as they rest; "auto" on slow links. `zlib`: the same for
        deflating GLZ. `streaming`: which areas
        that change all the time become MJPEG videos: none, those that look like one, or all. `reports`: the client tells how
        videos fare. `lz4`: it understands LZ4, which is LZ otherwise. `browser`: it draws JPEGs a moment late and
        understands no images of indices, as spice-html5. `first_image`: where the ids of images that it keeps begin, otherwise at one that no
        other view has. `cache_pixels`: pixels of images that it keeps for this display, none where negative; what
        several displays of one client are given must not exceed what the client allows. `bandwidth`: bytes a second that the
        way to it is expected to take; what it takes is measured from then on.
        """
    def report(self, message: Message) -> None:
        """The client's STREAM_REPORT: how a video fares. Whatever it says only changes how that goes on."""
    def expect(self, bandwidth: float) -> None:
        """Bytes a second that somebody else has found the way to the client to take; what the view measures itself goes before."""
    def carried(self, rate: float, at_least: bool) -> None:
        """How many bytes a second the line has carried lately; at least so many where it was not always busy."""
    def prefer(self, compression: int) -> None:
        """The client's own wish, a number of ImageCompression; INVALID to follow the server's again."""
    @property
    def counters(self) -> dict[str, int]:
        """What was sent so far, by name, and what the link is thought to take: `bytes_per_second`."""
    @property
    def due_pixels(self) -> int:
        """Pixels that the client has not been shown as they are now, moves included: how much work there is."""
    def step(self, channel: Channel, now: float, budget: int) -> Shown:
        """Queues what is due in `channel`: about `budget` bytes at most, and no more messages than the client's window takes.

        `now` is a time in seconds that never goes back. Other threads may draw meanwhile.
        """

@final
class TlsIdentity:
    """Certificates and key of a server, and what it offers with them."""

    def __new__(
        cls,
        certificates: Sequence[bytes],
        key: bytes,
        *,
        versions: Sequence[str] = ...,
        ciphers: Sequence[str] = ...,
    ) -> TlsIdentity:
        """Raises ValueError for a key that cannot be used, and for unknown versions and ciphers; that key and certificate belong
        together is not looked at. Everything is in DER, the server's own certificate first."""

@final
class TlsAuthorities:
    """Authorities that a client believes, and their verdict about chains of certificates."""

    def __new__(cls, certificates: Sequence[bytes], revoked: Sequence[bytes] = ...) -> TlsAuthorities:
        """Certificates and lists of revoked ones, in DER. Raises ValueError for one that cannot be read."""
    def judge(self, certificates: Sequence[bytes], name: str, now: int) -> tuple[str, str] | None:
        """None if the chain is believed and belongs to `name`, else the kind of reason and its details."""

@final
class TlsPipe:
    """One end of a TLS connection: ciphertext in, plaintext out, and back. Large pieces are worked on without the interpreter's lock.

    After each call that may have something to say, `outgoing` is to be sent. A client's pipe stops after the handshake: nothing
    goes through before somebody has looked at `presented` and has called `trust`.
    """

    @staticmethod
    def client(
        name: str | None = None, *, versions: Sequence[str] = ..., ciphers: Sequence[str] = ...
    ) -> TlsPipe:
        """A client's end; `name` is told to the server if it is a host's name."""
    @staticmethod
    def server(identity: TlsIdentity) -> TlsPipe:
        """A server's end."""
    def receive(self, data: Buffer) -> None:
        """Takes received ciphertext over (a copy)."""
    def fill_from(self, socket: Socket) -> int | None:
        """Receives ciphertext from a socket, once: how many bytes, 0 at the end of the stream, None if there are none yet. Raises
        OSError."""
    def receive_from(self, socket: Socket, limit: int) -> bytes | None:
        """As `read`; where nothing is there, receives from a socket, once. Raises OSError and TlsError, and EOFError if the stream
        has ended without the peer's goodbye."""
    def send_to(self, socket: Socket, data: Buffer | None = None) -> int:
        """Enciphers data, and sends to a socket, as far as that needs no waiting: how many bytes of ciphertext are left. Raises
        OSError and TlsError."""
    def handshake(self) -> Literal["waiting", "judging", "complete"]:
        """Goes on with the handshake as far as the ciphertext goes that has come. Raises TlsError."""
    @property
    def presented(self) -> tuple[tuple[bytes, ...], bytes, bytes, int] | None:
        """What the server has shown, while it waits for judgement: its certificates in DER, what their key has signed, the
        signature, and its scheme."""
    def trust(self) -> None:
        """Lets data through: what was presented has been found right. Raises ValueError if nothing is presented."""
    @property
    def cipher(self) -> tuple[str, str, int] | None:
        """Version, cipher and bits of its key; None while they are not agreed."""
    @property
    def opening(self) -> bytes:
        """The first bytes that the peer has sent, at most 16: what it speaks, if that is not TLS."""
    @property
    def has_outgoing(self) -> bool:
        """Whether something is to be sent."""
    def read(self, limit: int) -> bytes | None:
        """Up to `limit` bytes of plaintext; empty at the end of the stream, None if more ciphertext has to come. Raises TlsError."""
    def write(self, data: Buffer) -> None:
        """Enciphers data, behind what else is to be sent. Raises TlsError."""
    def close(self) -> None:
        """Says goodbye to the peer. Raises TlsError."""
    def outgoing(self) -> bytes:
        """What is to be sent, in this order; empty for nothing."""
