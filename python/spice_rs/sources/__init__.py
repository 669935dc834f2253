"""Sources: what is shown on a served screen, and takes the input of those who look at it.

::

    async with sources.Video("film.mkv") as source:
        async with spice_rs.serve("spice://127.0.0.1:5900", size=source.size) as server:
            await source.show_on(server)

| | shows | needs |
|---|---|---|
| `Array` | a numpy array, or what a function returns, so often a second | |
| `Image` | a picture file | `pip install 'spice-rs[images]'` |
| `Video` | a film file, again and again | `pip install 'spice-rs[video]'` |
| `Demo` | a desktop that is drawn here, to try things | `pip install 'spice-rs[images]'` |
| `X11` | an X display, whose keyboard and pointer clients get | `pip install 'spice-rs[x11]'` |

Sources are entered before use, draw in `run` until cancelled, and take the server's events in `handle`; `show_on` does both. `Source` is the class
to derive from for one of your own.
"""

from ._array import Array
from ._demo import Demo
from ._image import Image
from ._source import Source
from ._video import Video
from ._x11 import X11

__all__ = ["X11", "Array", "Demo", "Image", "Source", "Video"]
