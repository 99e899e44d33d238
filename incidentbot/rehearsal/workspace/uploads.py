"""The bytes of files: step two of an upload, and reading them back."""

from __future__ import annotations

from aiohttp import web

from .errors import SlackError
from .gate import Answer
from .hub import Hub


class Uploads:
    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    async def receive(self, request: web.Request) -> web.StreamResponse:
        """POST /upload/v1/{id}: raw bytes or one multipart file."""
        file_id = request.match_info["file"]
        if request.content_type == "multipart/form-data":
            form = await request.post()
            parts = [v.file.read() for v in form.values() if isinstance(v, web.FileField)]
            content = parts[0] if parts else b""
        else:
            content = await request.read()

        def apply() -> Answer:
            try:
                self.hub.workspace.receive_file(file_id, content)
            except SlackError as error:
                return Answer(error.code, 404)
            return Answer(f"OK - {len(content)}")

        args = {"file": file_id, "length": len(content)}
        return await self.hub.gate.through(request, "upload", args, apply)

    async def send(self, request: web.Request) -> web.StreamResponse:
        """GET /files-pri/{team}-{file}/{name}: with the app's token, or from the page itself."""
        file = self.hub.workspace.files.get(request.match_info["file"].partition("-")[2])
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        same_site = request.headers.get("Sec-Fetch-Site") == "same-origin"
        if not same_site and self.hub.workspace.who(token)[0] != "bot":
            return web.Response(status=403, text="forbidden")
        if file is None or file.content is None:
            return web.Response(status=404, text="not found")
        disposition = "attachment" if "download" in request.query else "inline"
        return web.Response(
            body=file.content,
            content_type=file.mimetype,
            headers={
                "Content-Disposition": disposition,
                # A file may be HTML written by anybody: it must not run as the page.
                "Content-Security-Policy": "sandbox",
                "X-Content-Type-Options": "nosniff",
            },
        )
