"""The cache of compiled knowledge bases: a file of the user's own for each content, named by its digest.

It decides verdicts, so it is believed only if nobody else can have written it: the folder and the file belong to the
user, nobody else may write them, neither is a link, the file is an ordinary one, and its first line is the SHA-256 of
the rest. Anything else is passed over and compiled anew; a cache that cannot be written is done without.
On Windows owner and mode say nothing, and only the kind of file and the hash are looked at.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress

from mmopts.partfiles import home

MAX_BYTES = 100_000_000
KEPT = 8
"""How many knowledge bases stay in the cache."""
_OWNED = hasattr(os, "geteuid")
_LINKS = getattr(os, "O_NOFOLLOW", 0)
_READ = os.O_RDONLY | _LINKS | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def folder() -> str:
    """The folder of the cache; it may not be there yet. Empty if there is none: a home without a place of its own."""
    root = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(root):
        root = os.path.join(home(), ".cache")
    return os.path.join(root, "mmopts") if os.path.isabs(root) else ""


def read_kept(digest: str) -> str | None:
    """The text kept under a digest; None if there is none that can be believed."""
    where = folder()
    try:
        if not _private(os.lstat(where), stat.S_ISDIR):
            return None
        handle = os.open(os.path.join(where, f"{digest}.json"), _READ)
    except OSError:
        return None
    try:
        if not _private(found := os.fstat(handle), stat.S_ISREG) or found.st_size > MAX_BYTES:
            return None
        with os.fdopen(os.dup(handle), "rb") as stream:
            said, _, text = stream.read(MAX_BYTES).partition(b"\n")
        return text.decode() if said == _hash(text) else None
    except (OSError, ValueError):
        return None
    finally:
        os.close(handle)


def keep(digest: str, text: str) -> None:
    """Keep a text under a digest, whole or not at all; what goes wrong is passed over."""
    from mmopts import partfiles

    where = folder()
    if not where:
        return
    data = text.encode()
    target = os.path.join(where, f"{digest}.json")
    with suppress(OSError):
        os.makedirs(where, mode=0o700, exist_ok=True)
        if not _private(os.lstat(where), stat.S_ISDIR):
            return
        with partfiles.replacing(target, 0o600) as (_, handle), os.fdopen(handle, "wb") as out:
            out.write(_hash(data) + b"\n" + data)
        _prune(where)


def _prune(where: str) -> None:
    """Leave the newest files of the folder."""
    files = [entry for entry in os.scandir(where) if entry.is_file(follow_symlinks=False)]
    files.sort(key=lambda entry: entry.stat(follow_symlinks=False).st_mtime, reverse=True)
    for entry in files[KEPT:]:
        with suppress(OSError):
            os.unlink(entry.path)


def _private(found: os.stat_result, is_kind: Callable[[int], bool]) -> bool:
    """Whether a file is of a kind, belongs to the user, and nobody else may write it."""
    mine = not _OWNED or (found.st_uid == os.geteuid() and not found.st_mode & 0o022)
    return mine and is_kind(found.st_mode)


def _hash(data: bytes) -> bytes:
    import hashlib

    return hashlib.sha256(data).hexdigest().encode()
