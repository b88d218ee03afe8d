# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
"""Objects between Python's ProxyStore and this library, both ways, by one TOML file.

interoperate.py <python_peer> <file|redis>
"""
from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
import time

import numpy
from common import peer, redis_server
from proxystore.connectors.file import FileConnector, FileKey
from proxystore.connectors.redis import RedisConnector, RedisKey
from proxystore.proxy import Proxy, extract, is_resolved
from proxystore.store import Store
from proxystore.store.config import StoreConfig

DTYPES = ['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64', 'float32', 'float64']
VALUES = {'bytes': b'bytes \0\xff\n', 'text': 'text \u00fc \u2192 \U0001f30d', 'empty': b''}
VALUES.update({name: numpy.arange(100).astype(name) for name in DTYPES})


def array(dtype: str, rank: int, order: str) -> numpy.ndarray:
    shape = (2, 3, 4, 5)[:rank]
    numbers = numpy.arange(numpy.prod(shape, dtype=int)).reshape(shape)
    return numpy.array(numbers % 2 if dtype == 'bool' else numbers, dtype=dtype, order=order)


ARRAYS = {
    f'{dtype}.{rank}.{order}': array(dtype, rank, order)
    for dtype in [*DTYPES, 'bool', 'float16', 'complex64', 'complex128']
    for rank in range(5)
    for order in 'CF'
}
# Of these, proxies as well; of the others, objects only.
VALUES.update({name: ARRAYS[name] for name in ('int32.0.C', 'float64.2.F', 'complex64.4.C')})


def is_equal(found: object, expected: object) -> bool:
    if isinstance(expected, numpy.ndarray):
        return (
            isinstance(found, numpy.ndarray)
            and found.dtype == expected.dtype
            and found.flags.c_contiguous == expected.flags.c_contiguous
            and found.flags.f_contiguous == expected.flags.f_contiguous
            and numpy.array_equal(found, expected)
        )
    return type(found) is type(expected) and found == expected


def exchange_proxies(program: str, toml: str, store: Store) -> None:
    for name, value in VALUES.items():
        pickled = bytes.fromhex(peer(program, toml, 'pickle', name))
        proxy = pickle.loads(pickled)
        if type(proxy) is not Proxy or is_resolved(proxy) or not isinstance(proxy, type(value)):
            raise SystemExit(f'{name}: the pickle of C++ makes {type(proxy)}')
        if is_resolved(proxy):
            raise SystemExit(f'{name}: its type is not known without its object')
        if not is_equal(extract(proxy), value):
            raise SystemExit(f'{name}: the proxy of C++ gives {proxy!r}')
        again = pickle.loads(pickle.dumps(proxy))
        if not is_equal(extract(again), value):
            raise SystemExit(f'{name}: the proxy does not go on')
        for protocol in (2, 3, 4, 5):
            theirs = pickle.dumps(store.proxy(value, evict=protocol == 5), protocol=protocol)
            peer(program, toml, 'unpickle', name, theirs.hex())
    gone = store.proxy(b'', evict=True)
    peer(program, toml, 'unpickle', 'empty', pickle.dumps(gone).hex())
    if store.exists(gone.__proxy_factory__.key):
        raise SystemExit('C++ did not evict what the proxy asked to evict')
    for other in (store.owned_proxy('text'), store.future(), {'a': 1}, 5, os.system, [[]]):
        code = subprocess.run(
            [program, toml, 'unpickle', 'text', pickle.dumps(other).hex()],
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        if code.returncode != 1 or 'no proxy of a store' not in code.stderr:
            raise SystemExit(f'the pickle of {type(other)} is taken: {code.stderr}')


def exchange(program: str, toml: str, key_of) -> None:
    config = StoreConfig.from_toml(toml)
    with Store.from_config(config) as store:
        for name, value in (VALUES | ARRAYS).items():
            key = store.put(value)
            peer(program, toml, 'get', name, key[0])
            theirs = key_of(peer(program, toml, 'put', name))
            if not is_equal(store.get(theirs), value):
                raise SystemExit(f'{name}: Python got {store.get(theirs)!r} from C++')
            store.evict(theirs)
        exchange_proxies(program, toml, store)
        # A future of Python's, for which C++ waits.
        future = store.future()
        key = future.proxy().__proxy_factory__.key
        waiting = subprocess.Popen([program, toml, 'wait', 'int32', key[0]])
        time.sleep(0.2)
        future.set_result(VALUES['int32'])
        if waiting.wait(timeout=60) != 0:
            raise SystemExit('C++ did not get what a future of Python was set to')
        # With clear = false nothing goes when the store is closed; see the configuration.


def with_files(program: str, folder: str) -> None:
    toml = os.path.join(folder, 'file.toml')
    connector = FileConnector(os.path.join(folder, 'store'), clear=False)
    Store('files', connector).config().write_toml(toml)
    exchange(program, toml, lambda name: FileKey(filename=name))


def with_redis(program: str, folder: str) -> None:
    with redis_server(folder) as port:
        toml = os.path.join(folder, 'redis.toml')
        connector = RedisConnector('127.0.0.1', port)
        Store('redis', connector).config().write_toml(toml)
        exchange(program, toml, lambda name: RedisKey(redis_key=name))


def main() -> None:
    program, kind = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        {'file': with_files, 'redis': with_redis}[kind](program, folder)
    print(f'{len(VALUES | ARRAYS)} values went both ways')


main()
