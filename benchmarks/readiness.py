"""Are two buckets the same? Ours beside `rclone check` and `aws s3 sync --dryrun`, in one run.

    python -m benchmarks.readiness --objects 100000 --latency 100

The listing is a fast stand-in (benchmarks.listing), one process for each bucket, so that the client
is what is measured. Each tool is a process of its own: its time from start to end, the CPU of it
and its children, and the most memory it held. What is not installed is left out and said. Every
tool must find the same: what is missing in the backup.
"""

import argparse
import asyncio
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvloop

from benchmarks import listing
from incidentbot.http import Http
from incidentbot.runbooks.listing import Outside
from incidentbot.runbooks.origins import s3
from incidentbot.runbooks.readiness.parity import compare

PORTS = (7811, 7812)
ENV = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any",
       "AWS_EC2_METADATA_DISABLED": "true", "AWS_DEFAULT_REGION": "us-east-1"}  # fmt: skip
RCLONE = """\
[{name}]
type = s3
provider = Other
access_key_id = any
secret_access_key = any
endpoint = http://127.0.0.1:{port}
force_path_style = true
"""


@dataclass(frozen=True)
class Result:
    """Seconds, seconds of CPU, MB; `found` is what the tool said was missing."""

    tool: str
    seconds: float
    cpu: float
    memory: float
    found: int


@contextmanager
def stores(objects: int, latency: float) -> Iterator[None]:
    made = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.listing", str(port), str(objects), str(latency)],
            stdout=subprocess.PIPE,
        )
        for port in PORTS
    ]
    try:
        for one in made:
            assert one.stdout is not None
            one.stdout.readline()
        yield
    finally:
        for one in made:
            one.terminate()
            one.wait()


def measured(tool: str, words: Sequence[str]) -> tuple[Result, str]:
    """Run it to its end. The children's CPU and memory are told by the system when it ends."""
    with tempfile.TemporaryFile("w+") as out:
        start = time.perf_counter()
        made = subprocess.Popen(words, stdout=out, stderr=subprocess.STDOUT, env=_env())
        _, _, usage = os.wait4(made.pid, 0)
        seconds = time.perf_counter() - start
        made.returncode = 0  # it has been waited for
        out.seek(0)
        text = out.read()
    cpu = usage.ru_utime + usage.ru_stime
    return Result(tool, seconds, cpu, usage.ru_maxrss / 1024, 0), text


def _env() -> dict[str, str]:
    """Without a bundle of certificates: there is no TLS here, and rclone stumbles over one."""
    rest = {name: value for name, value in os.environ.items() if name != "AWS_CA_BUNDLE"}
    return rest | ENV


def ours() -> Result:
    result, text = measured("incidentbot", [sys.executable, "-m", __spec__.name, "--only-ours"])
    return Result(*_parts(result), int(text.split()[-1]))


def rclone() -> Result:
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "rclone.conf"
        both = zip(("one", "two"), PORTS, strict=True)
        config.write_text("".join(RCLONE.format(name=name, port=port) for name, port in both))
        missing = Path(folder) / "missing"
        words = ["rclone", "--config", str(config), "check", "one:primary", "two:backup",
                 "--one-way", "--missing-on-dst", str(missing), "--fast-list"]  # fmt: skip
        result, text = measured("rclone check", words)
        found = len(missing.read_text().splitlines()) if missing.exists() else -1
        if found < 0:
            print(text[-500:])
    return Result(*_parts(result), found)


def aws() -> Result:
    """It knows one address only, so both buckets are asked of the first store."""
    words = ["aws", "s3", "sync", "s3://primary", "s3://backup", "--dryrun", "--size-only",
             "--endpoint-url", f"http://127.0.0.1:{PORTS[0]}"]  # fmt: skip
    result, text = measured("aws s3 sync --dryrun", words)
    copied = [line for line in text.splitlines() if "copy:" in line]
    lost = [line for line in copied if _is_missing(line)]
    return Result(*_parts(result), len(lost))


def _is_missing(line: str) -> bool:
    number = int(line.split(f"{listing.FOLDER}")[1][:9])
    return listing.missing(number)


def _parts(result: Result) -> tuple[str, float, float, float]:
    return result.tool, result.seconds, result.cpu, result.memory


async def only_ours() -> None:
    os.environ.update(ENV)
    http = Http()
    outside = Outside(http, asyncio.to_thread)
    one, two = (
        s3.opened(
            s3.Options(region="us-east-1", bucket=name, endpoint_url=f"http://127.0.0.1:{port}"),
            outside,
        )
        for name, port in zip(("primary", "backup"), PORTS, strict=True)
    )
    tally = await compare(one, two, {listing.key(5)})
    await http.close()
    parity = tally.parity
    print(f"{parity.total} total, {parity.different} different, missing {parity.missing}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--latency", type=float, default=100, help="milliseconds a page")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--without", nargs="*", default=[], help="tools to leave out")
    parser.add_argument("--only-ours", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.only_ours:
        uvloop.run(only_ours())
        return
    print(f"{args.objects:,} objects, {args.latency:g} ms a page; {platform.machine()}, "
          f"{os.cpu_count()} cores, Python {platform.python_version()}")  # fmt: skip
    print(f"{'':<22} {'s':>7} {'CPU s':>7} {'MB':>7} {'missing':>8} {'load':>6}")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with stores(args.objects, args.latency):
        for _ in range(args.runs):
            for tool in (ours, rclone, aws):
                there = tool is ours or shutil.which(tool.__name__)
                if tool.__name__ in args.without or not there:
                    print(f"{tool.__name__:<22} left out")
                    continue
                load = os.getloadavg()[0]
                print(_line(tool(), load), flush=True)


def _line(found: Result, load: float) -> str:
    numbers = f"{found.seconds:>7.1f} {found.cpu:>7.1f} {found.memory:>7.0f} {found.found:>8}"
    return f"{found.tool:<22} {numbers} {load:>6.1f}"


if __name__ == "__main__":
    main()
