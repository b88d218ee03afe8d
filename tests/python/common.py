# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
"""What the scripts of this folder share."""
from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator


def peer(program: str, toml: str, *words: str) -> str:
    """What the C++ side prints; it must succeed."""
    done = subprocess.run([program, toml, *words], capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise SystemExit(f'{" ".join(words)}: code {done.returncode}, {done.stderr}')
    return done.stdout.strip()


@contextlib.contextmanager
def redis_server(folder: str) -> Iterator[int]:
    """The port of a server that lives as long as the context."""
    with socket.socket() as one:
        one.bind(('127.0.0.1', 0))
        port = one.getsockname()[1]
    server = subprocess.Popen(
        ['redis-server', '--port', str(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder],
        stdout=subprocess.DEVNULL,
    )
    try:
        for _ in range(1000):
            try:
                socket.create_connection(('127.0.0.1', port)).close()
                break
            except OSError:
                time.sleep(0.01)
        yield port
    finally:
        server.kill()
        server.wait()
