"""A real PostgreSQL server for the tests: started once, in a folder of its own, thrown away after.

As root it runs under the user `postgres`, because the server refuses root.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WHERE = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def binaries() -> Path | None:
    """The folder with initdb and postgres, or None."""
    found = shutil.which("initdb")
    candidates = [*WHERE, *([Path(found).resolve().parent] if found else [])]
    return next((path for path in candidates if (path / "postgres").exists()), None)


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Start a server on a free port; yields postgresql+psycopg://…/ without a database name."""
    bin_ = binaries()
    assert bin_ is not None
    root = os.geteuid() == 0
    user = pwd.getpwnam("postgres") if root else None

    def run(*command: str) -> None:
        env = {"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]}
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            env=env,
            cwd="/",
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
        )
        assert done.returncode == 0, f"{command}: {done.stdout} {done.stderr}"

    data = folder / "data"
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)
    run(str(bin_ / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "--no-sync")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = (
        f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} "
        "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=100"
    )
    log = str(folder / "log")
    run(str(bin_ / "pg_ctl"), "-D", str(data), "-l", log, "-w", "-o", options, "start")
    try:
        yield f"postgresql+psycopg://postgres@127.0.0.1:{port}/"
    finally:
        run(str(bin_ / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder with a short path: socket names have a limit of about 100 characters."""
    path = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
