# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
"""Streams between Python's ProxyStore and this library, both ways, over lists of a Redis server.

streams.py <python_stream_peer>
"""
from __future__ import annotations

import os
import sys
import tempfile

import redis
from common import peer, redis_server
from proxystore.connectors.file import FileConnector
from proxystore.connectors.redis import RedisConnector
from proxystore.proxy import Proxy
from proxystore.store import Store
from proxystore.stream import StreamConsumer, StreamProducer
from proxystore.stream.shims.redis import RedisQueuePublisher, RedisQueueSubscriber

COUNT = 7


def text(i: int) -> str:
    return f'item {i}' + ('.' * 200 if i % 2 == 0 else '')


def from_cpp(program: str, toml: str, port: int, *, with_store: bool) -> None:
    peer(program, toml, 'produce', '127.0.0.1', str(port), 'down', str(COUNT))
    consumer: StreamConsumer[str] = StreamConsumer(
        RedisQueueSubscriber('127.0.0.1', port, 'down', timeout=30),
        filter_=lambda metadata: metadata['i'] == '4',
    )
    came = list(consumer.iter_with_metadata())
    consumer.close()
    wanted = [i for i in range(COUNT) if i != 4]
    if [metadata for metadata, _ in came] != [{'i': str(i)} for i in wanted]:
        raise SystemExit(f'other events came: {came}')
    for i, (_, item) in zip(wanted, came, strict=True):
        if isinstance(item, Proxy) != (with_store and i % 2 == 0) or item != text(i):
            raise SystemExit(f'item {i} came as {item!r}')


def to_cpp(program: str, toml: str, port: int, store: Store | None) -> None:
    producer: StreamProducer[str] = StreamProducer(
        RedisQueuePublisher('127.0.0.1', port), default_store=store, batch_size=3,
    )  # fmt: skip
    for i in range(COUNT):
        producer.send('up', text(i), metadata={'i': i})
    producer.close(topics=['up'])
    printed = peer(program, '-', 'consume', '127.0.0.1', str(port), 'up').splitlines()
    if printed != [f'{i} {text(i)}' for i in range(COUNT) if i != 3]:
        raise SystemExit(f'C++ got {printed}')


def main() -> None:
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder, redis_server(folder) as port:
        objects = os.path.join(folder, 'objects')
        for name, connector in (
            ('files', FileConnector(objects, clear=False)),
            ('redis', RedisConnector('127.0.0.1', port)),
        ):
            toml = os.path.join(folder, f'{name}.toml')
            with Store(name, connector) as store:
                store.config().write_toml(toml)
                from_cpp(program, toml, port, with_store=True)
                to_cpp(program, toml, port, store)
        from_cpp(program, '-', port, with_store=False)
        to_cpp(program, '-', port, None)
        # Everything was asked to be evicted once it was used, also what filters dropped.
        left = redis.Redis('127.0.0.1', port).keys(), os.listdir(objects)
        if left != ([], []):
            raise SystemExit(f'objects are left: {left}')
    print(f'{COUNT} items went both ways, by three stores')


main()
