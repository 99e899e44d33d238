"""What is probed in `benchmarks.prober.measure`: loopback servers whose answer can be changed.

    python -m benchmarks.prober.targets COUNT

Prints the ports of COUNT listeners, then obeys lines on standard input: `3 503` makes the third
answer 503, `3 200` makes it well again. `count` prints how many requests came so far.
"""

import asyncio
import sys

ANSWER = b"HTTP/1.1 %d X\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n"


class Targets:
    def __init__(self, count: int) -> None:
        self.status = [200] * count
        self.requests = 0

    async def serve(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                self.requests += 1
                status = self.status[number]
                writer.write(ANSWER % status)
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()


async def main(count: int) -> None:
    targets, ports, kept = Targets(count), [], []
    for number in range(count):

        async def serve(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter, which: int = number
        ) -> None:
            await targets.serve(which, reader, writer)

        server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=512)
        kept.append(server)
        ports.append(server.sockets[0].getsockname()[1])
    print(*ports, flush=True)
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        if line.strip() == b"count":
            print(targets.requests, flush=True)
        else:
            which, status = map(int, line.split())
            targets.status[which] = status


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
