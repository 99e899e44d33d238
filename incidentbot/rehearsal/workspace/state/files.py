"""Files: reserve, receive the bytes, complete and share."""

from __future__ import annotations

import mimetypes
from typing import Any
from urllib.parse import quote

from ..errors import SlackError
from .core import Core, new_id
from .messages import Messages
from .model import Draft, File


class Files(Messages, Core):
    def reserve_file(
        self, actor: str, name: str, length: int, alt_txt: str = "", snippet_type: str = ""
    ) -> File:
        """Step one of an upload: an id and a place for the bytes."""
        allowed, kind = self.preferences.file_uploads, mimetypes.guess_type(name)[0] or ""
        if allowed == "none":
            raise SlackError("file_uploads_disabled")
        if allowed == "images" and not kind.startswith("image/"):
            raise SlackError("file_uploads_except_images_disabled")
        file = File(
            id=new_id("F"),
            name=name,
            title=name,
            user=actor,
            created=int(self.now()),
            length=length,
            mimetype=kind or "application/octet-stream",
            alt_txt=alt_txt,
            snippet_type=snippet_type,
        )
        self.files[file.id] = file
        return file

    def receive_file(self, file_id: str, content: bytes) -> None:
        """Step two: the bytes."""
        file = self.files.get(file_id)
        if file is None or file.completed:
            raise SlackError("file_not_found")
        file.content = content
        file.length = len(content)

    def complete_file(self, actor: str, file_id: str, title: str | None) -> File:
        """Step three: the file exists."""
        file = self.files.get(file_id)
        if file is None or file.content is None or file.user != actor:
            raise SlackError("file_not_found")
        file.completed = True
        file.title = title or file.name
        return file

    def share_files(
        self, actor: str, channel_id: str, files: list[File], comment: str, thread_ts: str | None
    ) -> None:
        """Post completed files in a channel as one message."""
        channel = self.writable(channel_id, actor)
        for file in files:
            if channel_id not in file.channels:
                file.channels.append(channel_id)
        message = self.post_message(
            actor,
            channel_id,
            Draft(
                text=comment,
                thread_ts=thread_ts,
                subtype=None if self.app_of_user(actor) else "file_share",
                extra={"files": [self.file_shape(f) for f in files], "upload": True},
            ),
        )
        for file in files:
            file.shares.setdefault(channel_id, []).append({"ts": message["ts"]})
            self.emit("file_shared", channel=channel.id, user=actor, ts=message["ts"], id=file.id)

    def file_shape(self, file: File) -> dict[str, Any]:
        """Slack's FILE object."""
        base = self.team.url
        url = f"{base}files-pri/{self.team.id}-{file.id}/{quote(file.name, safe='')}"
        public = [c for c in file.channels if not self.channels[c].is_private]
        kind = file.name.rpartition(".")[2].lower() if "." in file.name else "text"
        return {
            "id": file.id,
            "created": file.created,
            "timestamp": file.created,
            "name": file.name,
            "title": file.title,
            "mimetype": file.mimetype,
            "filetype": kind,
            "pretty_type": kind.upper(),
            "user": file.user,
            "user_team": self.team.id,
            "editable": False,
            "size": file.length,
            "mode": "snippet" if file.snippet_type else "hosted",
            "is_external": False,
            "is_public": bool(public),
            "file_access": "visible",
            "alt_txt": file.alt_txt,
            "url_private": url,
            "url_private_download": f"{url}?download=1",
            "permalink": f"{base}files/{file.user}/{file.id}/{file.name}",
            "channels": public,
            "groups": [c for c in file.channels if c not in public],
            "ims": [],
            "shares": {
                "public": {c: s for c, s in file.shares.items() if c in public},
                "private": {c: s for c, s in file.shares.items() if c not in public},
            },
        }
