"""A fast stand-in for S3's listing: two buckets `primary` and `backup` of N objects.

`backup` lacks every 50,000th object and has every 70,000th otherwise (another ETag and size).
Run by benchmarks.readiness in processes of its own, so that the client is what is measured:
`python -m benchmarks.listing PORT N LATENCY_MS`.
"""

import asyncio
import hashlib
import sys
from urllib.parse import parse_qs

import uvloop

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
)
ENTRY = (
    "<Contents><Key>{key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
    "<ETag>&quot;{etag}&quot;</ETag><Size>{size}</Size><StorageClass>STANDARD</StorageClass>"
    "</Contents>"
)
FOLDER = "assets/"
TABLE = [hashlib.md5(str(n).encode(), usedforsecurity=False).hexdigest() for n in range(9973)]
OTHER = hashlib.md5(b"changed", usedforsecurity=False).hexdigest()


def key(number: int) -> str:
    return f"{FOLDER}{number:09d}.png"


def missing(number: int) -> bool:
    return number % 50_000 == 49_999


def changed(number: int) -> bool:
    return number % 70_000 == 69_999


def entry(bucket: str, number: int) -> str:
    if bucket == "backup" and missing(number):
        return ""
    odd = bucket == "backup" and changed(number)
    etag = OTHER if odd else TABLE[number % len(TABLE)]
    return ENTRY.format(key=key(number), etag=etag, size=1000 + number % 5000 + odd)


def after(text: str, objects: int) -> int:
    """The number of the first object whose key comes after that text."""
    low, high = 0, objects
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if key(middle) <= text else (low, middle)
    return low


def listing(bucket: str, query: dict[str, list[str]], objects: int) -> str:
    size = int(query.get("max-keys", ["1000"])[0])
    token = query.get("continuation-token", [""])[0]
    text = query.get("start-after", query.get("marker", [""]))[0]
    start = int(token) if token else after(text, objects) if text else 0
    prefix = query.get("prefix", [""])[0]
    if not key(0).startswith(prefix) and not prefix.startswith(FOLDER):
        start = objects
    end = min(start + size, objects)
    body = "".join([entry(bucket, number) for number in range(start, end)])
    more = (
        f"<IsTruncated>true</IsTruncated><NextContinuationToken>{end}</NextContinuationToken>"
        if end < objects
        else "<IsTruncated>false</IsTruncated>"
    )
    url = "<EncodingType>url</EncodingType>" if "encoding-type" in query else ""
    return (
        f"{HEAD}<Name>{bucket}</Name><Prefix>{prefix}</Prefix><MaxKeys>{size}</MaxKeys>{url}"
        f"<KeyCount>{end - start}</KeyCount>{more}{body}</ListBucketResult>"
    )


def answer(target: str, head: bool, objects: int) -> bytes:
    path, _, text = target.partition("?")
    query = parse_qs(text, keep_blank_values=True)
    bucket, _, wanted = path.strip("/").partition("/")
    status, body = "200 OK", ""
    if wanted or head:
        status = "404 Not Found"
    elif "location" in query or "versioning" in query:
        name = "LocationConstraint" if "location" in query else "VersioningConfiguration"
        body = f"{HEAD.replace('ListBucketResult', name)}</{name}>"
    else:
        body = listing(bucket, query, objects)
    content = body.encode()
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: application/xml\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    ).encode() + (b"" if head else content)


async def serve(port: int, objects: int, latency: float) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                method, target, _ = head.split(b" ", 2)
                if latency:
                    await asyncio.sleep(latency)
                writer.write(answer(target.decode(), method == b"HEAD", objects))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", port) as server:
        print("ready", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) / 1000))
