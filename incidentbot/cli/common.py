"""What several commands need: the configuration and its database."""

import os
from pathlib import Path
from typing import Annotated

import typer

from incidentbot import app as composition
from incidentbot import settings as config
from incidentbot.store import Store

Config = Annotated[
    Path, typer.Option("--config", "-c", help="The configuration file.", show_default=True)
]
DEFAULT = Path("incidentbot.yaml")


def load(path: Path, *, need_secrets: bool = True) -> config.Settings:
    return config.load(path, os.environ, composition.known(), need_secrets=need_secrets)


def store(path: Path) -> Store:
    return Store(load(path, need_secrets=False).storage.database.get_secret_value())
