# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
"""h5py and h5dump read what C++ stores, and C++ reads what h5py wrote.

read_back.py <hdf5_peer>
"""
from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import uuid

import h5py
import numpy


def peer(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise SystemExit(f'{" ".join(words)}: code {done.returncode}, {done.stderr}')
    return done.stdout


def check(condition: object, what: str) -> None:
    if not condition:
        raise SystemExit(what)


def check_array(dataset: h5py.Dataset, dtype: str, order: str) -> None:
    numbers = numpy.arange(6) % 2 if dtype == 'bool' else numpy.arange(6)
    wanted = numbers.astype(dtype).reshape((2, 3) if order == 'C' else (3, 2))
    check(dataset.dtype == wanted.dtype, f'{dtype} is {dataset.dtype}')
    check(numpy.array_equal(dataset[()], wanted), f'{dtype}.{order} is {dataset[()]}')
    if order == 'C':
        check(dataset.attrs['name'] in (f'heights of {dtype}', f'heights of {dtype}'.encode()), 'its name')
        check(dataset.attrs['units'] in ('m', b'm'), 'its units')
        check(dataset.attrs['source'] in ('a test \u00fc', 'a test \u00fc'.encode()), 'its attribute')


def main() -> None:
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        keys = dict(line.split() for line in peer(program, folder, 'write').splitlines())
        for what, key in keys.items():
            path = os.path.join(folder, f'{key}.h5')
            with h5py.File(path, 'r') as file:
                dataset = file[key]
                if '.' in what:
                    check_array(dataset, *what.split('.'))
                elif what == 'text':
                    check(dataset[()] in ('text \u00fc', 'text \u00fc'.encode()), f'text is {dataset[()]}')
                elif what == 'bytes':
                    check(dataset[()].tobytes() == b'bytes', f'bytes are {dataset[()]}')
                elif what == 'opaque':
                    check(dataset.dtype.kind == 'V', f'opaque is {dataset.dtype}')
                else:
                    check(set(file) == {keys['first'], keys['second']}, f'a batch has {set(file)}')
            dumped = peer('h5dump', path)
            check(key in dumped and 'DATASPACE' in dumped, f'h5dump says {dumped}')

        written = str(uuid.uuid4())
        with h5py.File(os.path.join(folder, f'{written}.h5'), 'w') as file:
            file.create_dataset(written, data=numpy.arange(6.0).reshape(2, 3), compression='gzip')
        peer(program, folder, 'read', written)
    print(f'{len(keys)} objects were read by h5py and h5dump')


main()
