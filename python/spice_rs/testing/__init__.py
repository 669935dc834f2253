"""Tools for tests of programs that speak SPICE, without a network and without another process.

`session_pair` joins our server and our client in memory. A `Peer` is one end of one channel that does only what a test tells it: against
a server of ours, of anybody's, or as a server for a client under test (`scripted_server`). A `Transcript` is what went over the
connections of a session: recorded with any server, kept in a file, looked at message by message, and replayed to another client.
"""

from ._pair import memory_opener, session_pair
from ._peer import Peer, ScriptedServer, scripted_server
from ._transcript import Entry, Transcript, record, replay

__all__ = [
    "Entry",
    "Peer",
    "ScriptedServer",
    "Transcript",
    "memory_opener",
    "record",
    "replay",
    "scripted_server",
    "session_pair",
]
