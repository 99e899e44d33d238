"""The house keeps its walls: who may import whom, no circles, small rooms, one clock."""

import ast
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "incidentbot"

# Each room may import only from rooms of a lower floor; those on one floor not from each other.
FLOORS = [
    {"clock", "ids", "errors"},
    {"settings"},
    {"http", "plugins", "store", "durable"},
    {"timeline"},
    {"audit", "timers"},
    {"signals"},
    {"detection"},
    {"incidents", "replay"},
    {"runbooks", "postmortem", "paging", "statuspages"},
    {"slack", "console", "outgoing"},
    {"watching"},
    {"doctor"},
    {"app"},
    {"cli"},
    {"__main__"},
]
FOUNDATION = {"clock", "ids", "errors"}  # may use each other
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}

PLUGINS = {
    "signals.probes.checks": {"signals", "signals.probes.contract", "settings"},
    "signals.feeds.formats": {"signals", "signals.feeds.contract", "signals.feeds.names"},
    "signals.feeds.sources": {"signals.feeds.source"},
    "signals.hooks.receivers": {
        "signals",
        "signals.body",
        "signals.hooks.contract",
        "signals.hooks.proof",
        "settings",
    },
    "runbooks.actions": {"runbooks.contract", "settings"},
    "runbooks.origins": {"runbooks.listing", "runbooks.origins.s3", "settings"},
    "paging.providers": {"paging.contract", "paging.wire", "settings"},
    "audit.anchors": {"audit.heads", "audit.reading", "audit", "settings"},
    "postmortem.exporters": {
        "postmortem.model",
        "postmortem.words",
        "postmortem.blocks",
        "postmortem.chart",
        "postmortem.chart_text",
    },
}
PURE = [
    "detection",
    "slack.blocks",
    "slack.channel.naming",
    "slack.outbound.classify",
    "slack.outbound.budget",
]
PURE += ["paging.words", "postmortem.compose", "postmortem.chart"]
PURE += ["runbooks.guard", "runbooks.guardrails", "runbooks.policy", "runbooks.rules"]
PURE += ["runbooks.map", "runbooks.readiness.judge", "runbooks.readiness.tally"]
PURE += ["runbooks.readiness.keyspace", "runbooks.readiness.points.served"]
PURE += [f"runbooks.readiness.points.{name}" for name in ("kept", "copied", "practised")]
PURE += ["console.build", "console.fresh", "console.rule", "console.strip", "console.view"]
IO = {"boto3", "botocore", "socket", "subprocess", "sqlalchemy", "slack_bolt", "threading"}
OWN_IO = {"incidentbot.clock", "incidentbot.store", "incidentbot.http", "incidentbot.durable"}

SOURCES = sorted(p for p in PACKAGE.rglob("*.py") if "versions" not in p.parts)
BOT = [p for p in SOURCES if "rehearsal" not in p.relative_to(PACKAGE).parts]


def module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module(path): path for path in SOURCES}


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> set[str]:
    """Modules that a file imports, the most exact name that is one of ours."""
    here = module(path) if path.name == "__init__.py" else module(path).rpartition(".")[0]
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                up = here.split(".")[: len(here.split(".")) - node.level + 1]
                base = ".".join([*up, *([base] if base else [])])
            for alias in node.names:
                full = f"{base}.{alias.name}"
                found.add(full if full in MODULES else base)
    return found


def room(name: str) -> str:
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else ""


@pytest.mark.parametrize("path", BOT, ids=module)
def test_imports_go_down_the_house(path: Path) -> None:
    mine = room(module(path))
    if not mine:
        return
    assert mine in FLOOR, f"{mine} has no floor: add it to FLOORS and to docs/architecture.md"
    for name in imports(path):
        theirs = room(name)
        if not name.startswith("incidentbot.") or theirs == mine:
            continue
        if theirs == "rehearsal":
            assert mine == "cli", f"{module(path)} knows the rehearsal"
            continue
        below = FLOOR[theirs] < FLOOR[mine] or {mine, theirs} <= FOUNDATION
        assert below, f"{module(path)} imports {name}, which does not lie below it"


def test_the_rehearsal_knows_nothing_of_the_bot() -> None:
    for path in SOURCES:
        if path in BOT:
            continue
        strangers = {
            name
            for name in imports(path)
            if name.startswith("incidentbot.") and not name.startswith("incidentbot.rehearsal")
        }
        assert not strangers, f"{module(path)} imports {strangers}"


@pytest.mark.parametrize("folder", PLUGINS)
def test_a_plug_in_knows_its_contract_and_little_else(folder: str) -> None:
    allowed = {f"incidentbot.{n}" for n in PLUGINS[folder] | {"errors", "clock", "http", "ids"}}
    where = PACKAGE.joinpath(*folder.split("."))
    plugins = [path for path in where.glob("*.py") if path.name != "__init__.py"]
    assert plugins, f"no plug-in in {where}"
    for path in plugins:
        ours = {name for name in imports(path) if name.startswith("incidentbot.")}
        own = {name for name in ours if name.startswith(f"incidentbot.{folder}._")}
        settings = {name for name in ours if name.startswith("incidentbot.settings")}
        beyond = ours - own - allowed - (settings if "settings" in PLUGINS[folder] else set())
        assert not beyond, f"{module(path)} imports {beyond}"


@pytest.mark.parametrize("name", PURE)
def test_the_pure_parts_do_no_input_or_output(name: str) -> None:
    whole = f"incidentbot.{name}"
    files = [p for m, p in MODULES.items() if m == whole or m.startswith(whole + ".")]
    assert files, f"there is no {whole}"
    for path in files:
        for used in imports(path):
            assert used.split(".")[0] not in IO, f"{module(path)} imports {used}"
            assert not any(used.startswith(own) for own in OWN_IO), f"{module(path)}: {used}"


def test_there_are_no_circles() -> None:
    graph = {
        name: {used for used in imports(path) if used in MODULES and used != name}
        for name, path in MODULES.items()
    }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join([*trail[trail.index(name) :], name])
        if name in done:
            return
        for used in graph[name]:
            # A package's face re-exports its modules; they may not import the face in turn.
            visit(used, (*trail, name))
        done.add(name)

    for name in graph:
        visit(name, ())


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield f"{module(path)}.{node.name}", node.end_lineno - node.lineno + 1


def test_files_and_functions_stay_small() -> None:
    lengths = {module(p): len(p.read_text(encoding="utf-8").splitlines()) for p in SOURCES}
    too_long = {name: n for name, n in lengths.items() if n > 400}
    assert not too_long, too_long
    median = statistics.median(n for n in lengths.values() if n > 3)
    assert median <= 110, f"the median file has {median} lines"
    sizes = sorted(size for path in SOURCES for _, size in functions(path))
    longest = {name: n for path in SOURCES for name, n in functions(path) if n > 60}
    assert not longest, longest
    assert sizes[int(len(sizes) * 0.95)] <= 35


@pytest.mark.parametrize("path", BOT, ids=module)
def test_only_the_clock_reads_the_time(path: Path) -> None:
    if module(path) == "incidentbot.clock":
        return
    text = path.read_text(encoding="utf-8")
    readers = r"datetime\.(now|utcnow|today)\(|\btime\.(time|monotonic|perf_counter)\(|func\.now\("
    found = re.search(readers, text)
    assert found is None, f"{module(path)} reads the time itself: {found[0] if found else ''}"


def test_broad_excepts_stand_only_at_a_boundary_and_say_why() -> None:
    for path in BOT:
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            if re.search(r"except Exception\b", line):
                around = "".join(lines[number : number + 3])
                assert "#" in around, f"{path}:{number + 1}: a broad except without its reason"


def test_tests_patch_next_to_nothing() -> None:
    patches = tests = 0
    for path in (ROOT / "tests").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if path == Path(__file__):
            continue
        patches += len(re.findall(r"mock\.patch|MagicMock|monkeypatch\.setattr", text))
        tests += len(re.findall(r"^(?:async )?def test_", text, re.MULTILINE))
    assert patches <= tests * 0.1
