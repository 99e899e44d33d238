"""files.*: the three-step upload, and reading."""

from __future__ import annotations

from typing import Any

from ..blocks import check_blocks
from ..errors import SlackError
from ..state import File
from .registry import Call, Table, argument_error

TABLE = Table()
SNIPPET_BYTES = 1_000_000


@TABLE.method("files.getUploadURLExternal", tier=4, scopes=["files:write"], mutates=True)
def get_upload_url_external(call: Call) -> dict[str, Any]:
    name, length = call.need("filename"), call.number("length", 0)
    alt_txt, snippet = call.text("alt_txt"), call.text("snippet_type")
    if length <= 0:
        raise SlackError("missing_argument")
    if len(alt_txt) > 1000:
        raise SlackError("alt_txt_too_large")
    if snippet and length > SNIPPET_BYTES:
        raise SlackError("snippet_too_large")
    file = call.workspace.reserve_file(call.bot, name, length, alt_txt, snippet)
    return {"upload_url": f"{call.workspace.team.url}upload/v1/{file.id}", "file_id": file.id}


@TABLE.method("files.completeUploadExternal", tier=4, scopes=["files:write"], mutates=True)
def complete_upload_external(call: Call) -> dict[str, Any]:
    ws = call.workspace
    wanted = call.nested("files", "invalid_arguments")
    if not isinstance(wanted, list) or not wanted:
        raise argument_error("missing required field: files")
    targets = call.words("channels") or call.words("channel_id")
    if len(targets) > 100:
        raise SlackError("channels_limit_exceeded")
    for target in targets:
        try:
            ws.writable(target, call.bot)
        except SlackError as error:
            code = "invalid_channel" if error.code == "channel_not_found" else error.code
            raise SlackError(code) from None
    blocks = call.nested("blocks", "invalid_blocks")
    if blocks:
        check_blocks(blocks)
    files = [ws.complete_file(call.bot, str(f.get("id")), f.get("title")) for f in wanted]
    for target in targets:
        thread = call.text("thread_ts") or None
        ws.share_files(call.bot, target, files, call.text("initial_comment"), thread)
    return {"files": [ws.file_shape(f) for f in files]}


def _file(call: Call) -> File:
    file = call.workspace.files.get(call.need("file"))
    if file is None or not file.completed:
        raise SlackError("file_not_found")
    return file


@TABLE.method("files.info", tier=4, scopes=["files:read"])
def info(call: Call) -> dict[str, Any]:
    return {"file": call.workspace.file_shape(_file(call)), "comments": []}


@TABLE.method("files.list", tier=3, scopes=["files:read"])
def list_(call: Call) -> dict[str, Any]:
    channel, user = call.text("channel"), call.text("user")
    files = [
        call.workspace.file_shape(f)
        for f in call.workspace.files.values()
        if f.completed and (not channel or channel in f.channels) and (not user or f.user == user)
    ]
    count, page = max(1, call.number("count", 100)), max(1, call.number("page", 1))
    paging = {"count": count, "total": len(files), "page": page, "pages": -(-len(files) // count)}
    return {"files": files[(page - 1) * count : page * count], "paging": paging}


@TABLE.method("files.delete", tier=3, scopes=["files:write"], mutates=True)
def delete(call: Call) -> dict[str, Any]:
    file = _file(call)
    if file.user != call.bot:
        raise SlackError("cant_delete_file")
    del call.workspace.files[file.id]
    return {}
