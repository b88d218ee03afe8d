# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
"""What the redis connector costs, beside Python's ProxyStore on the same server, taken in turns.

    tests/python/with_python.sh build/release/python \
        benchmarks/beside_python.py build/release/benchmarks/redis_timer [--quick]

Ours includes a checksum of each object, which Python does not take.
"""
from __future__ import annotations

import socket
import statistics
import subprocess
import sys
import tempfile
import time

from proxystore.connectors.redis import RedisConnector

ROUNDS = 3
SIZES = {'1 KiB': 2**10, '64 KiB': 2**16, '1 MiB': 2**20, '16 MiB': 2**24, '128 MiB': 2**27}


def times_of(size: int) -> int:
    return max(5, min(500, 2**28 // size))


def ours(program: str, port: int, verb: str, size: int) -> float:
    words = [program, str(port), verb, str(size), str(times_of(size))]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise SystemExit(f'{" ".join(words)}: {done.stderr}')
    return float(done.stdout)


def theirs(connector: RedisConnector, verb: str, size: int) -> float:
    source = bytes([7]) * size
    samples = []
    key = connector.put(source)
    for _ in range(times_of(size)):
        if verb == 'put':
            connector.evict(key)
        begin = time.perf_counter()
        if verb == 'put':
            key = connector.put(source)
        else:
            connector.get(key)
        samples.append(1e6 * (time.perf_counter() - begin))
    connector.evict(key)
    return statistics.median(samples)


def measure(program: str, port: int, sizes: dict[str, int]) -> None:
    connector = RedisConnector('127.0.0.1', port)
    print(f'{"verb":6}{"size":>10}{"ours":>14}{"Python":>14}{"ratio":>8}')
    for name, size in sizes.items():
        for verb in ('put', 'get'):
            pairs = [
                (ours(program, port, verb, size), theirs(connector, verb, size))
                for _ in range(ROUNDS)
            ]
            mine, other = (statistics.median(column) for column in zip(*pairs))
            print(f'{verb:6}{name:>10}{mine:11.1f} us{other:11.1f} us{mine / other:8.2f}', flush=True)


def main() -> None:
    program = sys.argv[1]
    sizes = {'1 KiB': 2**10} if '--quick' in sys.argv else SIZES
    with socket.socket() as one:
        one.bind(('127.0.0.1', 0))
        port = one.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        words = ['redis-server', '--port', str(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder]
        server = subprocess.Popen(words, stdout=subprocess.DEVNULL)
        try:
            for _ in range(1000):
                try:
                    socket.create_connection(('127.0.0.1', port)).close()
                    break
                except OSError:
                    time.sleep(0.01)
            measure(program, port, sizes)
        finally:
            server.kill()
            server.wait()


main()
