"""Room and rights where files are written: the database's file and the postmortems."""

import os
import shutil
from pathlib import Path

from sqlalchemy.engine import make_url

from incidentbot.doctor.contract import Finding, fault, ok, warning
from incidentbot.doctor.ward import Ward, blocking
from incidentbot.settings import Settings

TITLE = "Disk"
PLACE = 35
ENOUGH = 1024**3  # bytes
LEAST = 100 * 1024**2
SHARE = 0.05  # of the whole; a small disk may be fine with less than ENOUGH


async def examine(ward: Ward) -> list[Finding]:
    settings = ward.usable()
    return await blocking(lambda: [_folder(what, path) for what, path in _folders(settings)])


def _folders(settings: Settings) -> list[tuple[str, Path]]:
    url = make_url(settings.storage.database.get_secret_value())
    found = [("postmortems", settings.storage.documents)]
    if url.get_backend_name() == "sqlite":
        found.insert(0, ("the database", Path(url.database or "").parent))
    return found


def _folder(what: str, path: Path) -> Finding:
    there = next((one for one in (path, *path.parents) if one.exists()), Path("/"))
    about = f"{path} ({what})"
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return fault(
            about,
            f"{there} cannot be written by this user",
            f"It is where {what} are kept." if what[-1] == "s" else f"It is where {what} is kept.",
            f"Let the bot's user write in {there}, or name another folder under storage.",
        )
    room = shutil.disk_usage(there)
    free = f"{room.free / 1024**3:,.1f} GB are free"
    if room.free < LEAST:
        return fault(about, free, "A full disk stops the bot in the middle of its work.",
                     "Make room there, or name another folder under storage.")  # fmt: skip
    if room.free < ENOUGH and room.free < SHARE * room.total:
        return warning(about, free, "A full disk would stop the bot in the middle of its work.",
                       "Make room there before it gets less.")  # fmt: skip
    return ok(about, free)
