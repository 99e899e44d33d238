"""The story's hands and eyes: what a person's browser sends, and what can be seen from outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import ParseError

import aiohttp
from defusedxml.ElementTree import fromstring

from .story_look import TYPED, Button, Snapshot

_JSON = {"accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at a picture. `whole`: it came complete and can be drawn."""

    status: int
    origin: str
    whole: bool

    def __str__(self) -> str:
        state = "a whole picture" if self.whole else f"HTTP {self.status}, no picture"
        return f"{state} from {self.origin or 'nobody'}"


class Hands:
    """Acts over the page's own routes. People are named by handle: "maya", "jonas"."""

    def __init__(self, http: aiohttp.ClientSession, page: str, shop: str) -> None:
        self._http = http
        self.page = page
        self.shop = shop
        self.people: dict[str, str] = {}  # handle -> user id

    async def meet(self) -> None:
        """Learn who is there."""
        self.people = (await self._get_json(f"{self.page}/control/info"))["users"]

    # doing

    async def post(self, path: str, **form: str) -> dict[str, Any]:
        """One form of the page; its JSON answer, with `ok`."""
        async with self._http.post(self.page + path, data=form, headers=_JSON) as answer:
            body: dict[str, Any] = await answer.json()
            return body

    async def say(self, person: str, channel: str, text: str) -> dict[str, Any]:
        """What a person types into the message box."""
        return await self.post("/say", **{"as": self.people[person]}, channel=channel, text=text)

    async def click(self, person: str, button: Button) -> dict[str, Any]:
        return await self.post(
            "/click",
            **{"as": self.people[person]},
            channel=button.channel,
            ts=button.ts,
            action_id=button.action_id,
            block_id=button.block_id,
        )

    async def type_target(self, person: str, view: str, name: str) -> dict[str, Any]:
        """Fill in the name that a form asks for, and submit it."""
        given = {f"{TYPED}/value": name}
        return await self.post(f"/views/{view}/submit", **{"as": self.people[person]}, **given)

    async def join(self, person: str, channel: str) -> dict[str, Any]:
        return await self.post("/join", **{"as": self.people[person]}, channel=channel)

    # looking

    async def snapshot(self) -> Snapshot:
        """The workspace as it is."""
        return await self._get_json(f"{self.page}/control/state")

    async def channel_page(self, person: str, channel: str) -> str:
        """The HTML of a channel as this person gets it."""
        return await self.text(f"{self.page}/channels/{channel}?as={self.people[person]}")

    async def picture(self, key: str) -> Seen:
        """Load a picture through the edge and read all of it, as a browser would."""
        async with self._http.get(f"{self.shop}/assets/{key}") as answer:
            body = await answer.read()
            origin = answer.headers.get("x-asset-origin", "")
        return Seen(answer.status, origin, answer.status == 200 and _drawable(body))

    async def text(self, url: str) -> str:
        """A page anybody can open; aiohttp.ClientResponseError when it is not there."""
        async with self._http.get(url, raise_for_status=True) as answer:
            return await answer.text()

    async def edge(self) -> dict[str, Any]:
        """What the edge says of itself."""
        return await self._get_json(f"{self.shop}/health")

    async def _get_json(self, url: str) -> dict[str, Any]:
        async with self._http.get(url, raise_for_status=True) as answer:
            body: dict[str, Any] = await answer.json()
            return body


def _drawable(body: bytes) -> bool:
    try:
        root = fromstring(body)
    except ParseError:
        return False
    return bool(root.tag.endswith("svg") and len(root) > 0)
