"""The shop's pictures: enough, different, well-formed and the same every time."""

from __future__ import annotations

import hashlib
import itertools

from defusedxml.ElementTree import fromstring

from incidentbot.rehearsal.images import pictures


def test_there_are_more_than_two_hundred_with_keys_of_their_own() -> None:
    assert len(pictures()) >= 200
    assert len({p.key for p in pictures()}) == len(pictures())
    assert len({p.svg for p in pictures()}) == len(pictures())


def test_each_is_small_well_formed_svg_that_fetches_nothing() -> None:
    for picture in pictures():
        root = fromstring(picture.svg)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert len(picture.svg) < 8_000
        assert b"href" not in picture.svg
        assert picture.title.encode() in picture.svg


def test_neighbours_differ_in_kind_and_colour() -> None:
    keys = [p.key.removesuffix(".svg").split("-") for p in pictures()]
    for (kind, glaze), (next_kind, next_glaze) in itertools.pairwise(keys):
        assert kind != next_kind
        assert glaze != next_glaze


def test_a_second_start_draws_the_same() -> None:
    first = hashlib.sha256(b"".join(p.svg for p in pictures())).hexdigest()
    pictures.cache_clear()
    assert hashlib.sha256(b"".join(p.svg for p in pictures())).hexdigest() == first


def test_prices_are_plausible() -> None:
    assert all(900 <= p.price <= 13_000 and p.price % 100 == 0 for p in pictures())
