"""A real PostgreSQL server for the tests that need one, from Debian's packages."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

#: Where Debian puts the programs of each release.
_PROGRAMS = Path("/usr/lib/postgresql")

#: The server refuses to run as root; the package makes this user.
_USER = "postgres"

_INSTALL_SECONDS = 300


@contextmanager
def running_server() -> Generator[str]:
    """Yield the URL of a database on a server that listens on loopback only, and ends with the block.

    Skips the test, with the reason, where there is no server and none can be installed.
    """
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, _USER)
        data, port = folder / "data", _free_port()
        _run(programs / "initdb", "--auth=trust", "--username=tester", "--no-sync", "--encoding=UTF8", "-D", str(data))
        settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
        _run(programs / "pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"), "-o", settings, "start")
        try:
            yield f"postgresql+psycopg://tester@127.0.0.1:{port}/postgres"
        finally:
            _run(programs / "pg_ctl", "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    found = _installed()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (["update"], ["install", "--yes", "--no-install-recommends", "postgresql"]):
            environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            try:
                subprocess.run(
                    ["apt-get", "-qq", *command],
                    check=True,
                    timeout=_INSTALL_SECONDS,
                    env=environment,
                    capture_output=True,
                )
            except subprocess.SubprocessError as error:
                pytest.skip(f"PostgreSQL is not installed, and apt-get could not install it: {error}")
        found = _installed()
    if found is None:
        pytest.skip(f"PostgreSQL is not installed below {_PROGRAMS}")
    return found


def _installed() -> Path | None:
    return max((path.parent for path in _PROGRAMS.glob("*/bin/initdb")), default=None)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _run(program: Path, *arguments: str) -> None:
    identity = pwd.getpwnam(_USER) if os.geteuid() == 0 else None
    subprocess.run(
        [program, *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        cwd="/",
        user=None if identity is None else identity.pw_uid,
        group=None if identity is None else identity.pw_gid,
        extra_groups=None if identity is None else [],
        timeout=60,
    )
