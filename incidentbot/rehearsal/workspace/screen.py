"""The whole screen of one person at one place, ready for the templates."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from incidentbot.rehearsal.workspace.entries import Entry, channel_entries, thread_entries
from incidentbot.rehearsal.workspace.parts import (
    Face,
    Pin,
    Row,
    channel_title,
    face,
    pins,
    reader_for,
    rows,
)
from incidentbot.rehearsal.workspace.render.blocks import render_blocks
from incidentbot.rehearsal.workspace.render.emoji import NAMES, PICKER, emoji
from incidentbot.rehearsal.workspace.render.html import safe_url
from incidentbot.rehearsal.workspace.render.reader import Reader, Surface
from incidentbot.rehearsal.workspace.render.texts import plain, words
from incidentbot.rehearsal.workspace.searching import Found, search
from incidentbot.rehearsal.workspace.state import Channel, Shortcut, User, View, Workspace


@dataclass(frozen=True, slots=True)
class Modal:
    """The view on top of the person's screen."""

    id: str
    title: str
    submit: str
    close: str
    submit_disabled: bool
    body: Markup
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Home:
    """What an app shows on its own page; no `body` before it published one."""

    app: Face
    id: str = ""
    body: Markup | None = None


@dataclass(frozen=True, slots=True)
class Wrong:
    """What a view submission without script was answered with."""

    errors: Mapping[str, str] = field(default_factory=dict)
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Screen:
    """All the templates read; lists are empty where the place has none."""

    workspace: Workspace
    me: User
    face: Face
    page_title: str
    path: str
    title: str
    people: Sequence[Face]
    rows: Sequence[Row]
    apps: Sequence[Face]
    app_name: str
    completions: str
    channel_id: str = ""
    channel: Channel | None = None
    topic: Markup | None = None
    entries: Sequence[Entry] = ()
    replies: Sequence[Entry] = ()
    thread: str = ""
    members: Sequence[Face] = ()
    pins: Sequence[Pin] = ()
    bookmarks: Sequence[tuple[str, str, Markup | None]] = ()
    picker: Sequence[tuple[str, Markup | None]] = ()
    signs: Sequence[tuple[str, Markup | None]] = ()
    message_shortcuts: Sequence[Shortcut] = ()
    global_shortcuts: Sequence[Shortcut] = ()
    modal: Modal | None = None
    home: Home | None = None
    query: str | None = None
    found: Sequence[Found] = ()
    may_write: bool = False
    other_unread: bool = False
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """Who looks where: the person, the browser's zone, the page's title, notes to show."""

    me: User
    zone: str | None
    page_title: str
    thread: str = ""
    edit: str = ""  # the ts of one's own message that is being changed
    notice: str = ""
    wrong: Wrong = field(default_factory=Wrong)


def channel_screen(workspace: Workspace, channel: Channel, visit: Visit) -> Screen:
    """A channel, with a thread beside it when the visit names one."""
    me = visit.me
    reader = reader_for(workspace, me, visit.zone)
    listed = rows(workspace, me, channel.id)
    replies = (
        thread_entries(workspace, channel, visit.thread, reader, visit.edit) if visit.thread else []
    )
    shortcuts = [shortcut for app in workspace.apps.values() for shortcut in app.shortcuts]
    return Screen(
        workspace=workspace,
        me=me,
        face=face(workspace, me.id),
        page_title=visit.page_title,
        path=f"/channels/{channel.id}",
        title=channel_title(workspace, channel, me),
        people=[face(workspace, user.id) for user in workspace.people()],
        rows=listed,
        apps=_apps(workspace),
        app_name=next((app.name for app in workspace.apps.values()), ""),
        completions=_completions(workspace, reader),
        channel_id=channel.id,
        channel=channel,
        topic=plain(str(channel.topic.get("value", "") or channel.purpose.get("value", ""))),
        entries=channel_entries(workspace, channel, reader, visit.edit),
        replies=replies,
        thread=visit.thread if replies else "",
        members=[face(workspace, user) for user in channel.members],
        pins=pins(workspace, channel, reader),
        bookmarks=_bookmarks(channel),
        picker=[(name, emoji(name)) for name in PICKER],
        signs=[(name, emoji(name)) for name in NAMES],
        message_shortcuts=[s for s in shortcuts if s.type == "message"],
        global_shortcuts=[s for s in shortcuts if s.type == "global"],
        modal=_modal(workspace, reader, visit.wrong),
        may_write=me.id in channel.members and not channel.is_archived,
        other_unread=any(row.unread for row in listed if not row.current),
        notice=visit.notice,
    )


def home_screen(workspace: Workspace, app_id: str, visit: Visit) -> Screen:
    """An app's own page for this person."""
    me = visit.me
    app = workspace.apps[app_id]
    reader = reader_for(workspace, me, visit.zone)
    view = workspace.homes.get((me.id, app_id))
    return Screen(
        workspace=workspace,
        me=me,
        face=face(workspace, me.id),
        page_title=visit.page_title,
        path=f"/apps/{app_id}",
        title=app.name,
        people=[face(workspace, user.id) for user in workspace.people()],
        rows=rows(workspace, me, ""),
        apps=_apps(workspace),
        app_name=app.name,
        completions=_completions(workspace, reader),
        modal=_modal(workspace, reader, visit.wrong),
        home=Home(
            app=face(workspace, app.bot_user_id),
            id=view.id if view else "",
            body=_view_body(view, reader, visit.wrong) if view else None,
        ),
        notice=visit.notice,
    )


def search_screen(workspace: Workspace, query: str, visit: Visit) -> Screen:
    """What the person finds for these words."""
    me = visit.me
    reader = reader_for(workspace, me, visit.zone)
    return Screen(
        workspace=workspace,
        me=me,
        face=face(workspace, me.id),
        page_title=visit.page_title,
        path="/search",
        title="Search",
        people=[face(workspace, user.id) for user in workspace.people()],
        rows=rows(workspace, me, ""),
        apps=_apps(workspace),
        app_name=next((app.name for app in workspace.apps.values()), ""),
        completions=_completions(workspace, reader),
        query=query,
        found=search(workspace, me, query, reader),
        modal=_modal(workspace, reader, visit.wrong),
        notice=visit.notice,
    )


def _apps(workspace: Workspace) -> list[Face]:
    made = []
    for app in workspace.apps.values():
        one = face(workspace, app.bot_user_id)
        made.append(Face(app.app_id, one.name, one.initials, one.hue, one.is_app))
    return made


def _bookmarks(channel: Channel) -> list[tuple[str, str, Markup | None]]:
    found = []
    for bookmark in channel.bookmarks:
        url = safe_url(bookmark.get("link"))
        if url:
            sign = emoji(str(bookmark.get("emoji", "")).strip(":"))
            found.append((str(bookmark.get("title") or url), url, sign))
    return found


def _modal(workspace: Workspace, reader: Reader, wrong: Wrong) -> Modal | None:
    view = workspace.modal_of(reader.me)
    if view is None:
        return None
    body = view.body
    return Modal(
        id=view.id,
        title=words(body.get("title")) or "Form",
        submit=words(body.get("submit")),
        close=words(body.get("close")) or ("Cancel" if body.get("submit") else "Close"),
        submit_disabled=bool(body.get("submit_disabled")),
        body=_view_body(view, reader, wrong),
        failure=wrong.failure,
    )


def _view_body(view: View, reader: Reader, wrong: Wrong) -> Markup:
    kept = view.body.get("state", {}).get("values", {})
    values = {
        (block_id, action_id): value
        for block_id, actions in kept.items()
        for action_id, value in actions.items()
    }
    surface = Surface("view", view_id=view.id, values=values, errors=wrong.errors)
    return render_blocks(view.blocks, surface, reader)


def _completions(workspace: Workspace, reader: Reader) -> str:
    """What the message box offers, as JSON for the script: commands, people, channels."""
    commands = [
        {"name": c.command, "hint": c.usage_hint, "about": c.description, "app": app.name}
        for app in workspace.apps.values()
        for c in app.commands
    ]
    people = [
        {"name": f"@{user.name}", "about": user.real_name}
        for user in workspace.users.values()
        if user.id != "USLACKBOT" and not user.deleted
    ]
    channels = [{"name": f"#{name}", "about": ""} for name in sorted(reader.channels.values())]
    return json.dumps({"/": commands, "@": people, "#": channels})
