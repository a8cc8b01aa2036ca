"""Runs on a lab host: hands connections to a port on to a Unix socket, all that a rootless broker listens on."""

import asyncio
import sys

ARGUMENTS = 3


async def hand_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Until the one side ends; then the other is told."""
    while data := await source.read(65536):
        sink.write(data)
        await sink.drain()
    sink.close()


async def main(port: int, path: str) -> None:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        source, sink = await asyncio.open_unix_connection(path)
        await asyncio.gather(hand_on(reader, sink), hand_on(source, writer), return_exceptions=True)

    async with await asyncio.start_server(accept, "0.0.0.0", port) as server:
        await server.serve_forever()


if __name__ == "__main__" and len(sys.argv) == ARGUMENTS:
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
