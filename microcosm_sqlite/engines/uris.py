"""Turn the path of a database into the URI SQLite opens, whatever bytes the path holds."""

import os
from urllib.parse import quote, urlencode


def file_uri(path: str | os.PathLike[str], **parameters: str | int) -> str:
    """Return the `file:` URI of *path* with *parameters* such as `mode="ro"` or `immutable=1` as its query.

    Every byte that means something in a URI is percent-encoded, so `?`, `#` or `%` in a name stay part of the name;
    names that are no valid UTF-8 work as well. A relative path stays relative.
    """
    name = os.fsencode(path)
    if b"\0" in name:
        raise ValueError("embedded null character in the path of a database")
    if os.sep == "\\":  # pragma: no cover - Windows: C:\x is file:///C:/x, \\server\share is file:////server/share
        name = name.replace(b"\\", b"/")
        name = b"/" + name if name[1:2] == b":" else name
    # An absolute path gets an empty authority, or `//tmp/x` would be read as the file /x on the machine tmp.
    uri = ("file://" if name.startswith(b"/") else "file:") + quote(name)
    return f"{uri}?{urlencode(parameters)}" if parameters else uri
