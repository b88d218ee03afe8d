# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
"""h5py and h5dump read what C++ stores, and C++ reads what h5py wrote.

read_back.py <hdf5_peer>
"""
from __future__ import annotations

import io
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


def shown(program: str, path: str, dataset: str, env: dict[str, str] | None = None) -> object:
    """What C++ reads of a dataset that h5py wrote."""
    done = subprocess.run([program, path, 'show', dataset], capture_output=True, timeout=60,
                          env={**os.environ, **(env or {})})
    if done.returncode != 0:
        return done.stderr.decode()
    if done.stdout.startswith(b'NP\n'):
        return numpy.load(io.BytesIO(done.stdout[3:]))
    return done.stdout[3:]


def write_foreign(file: h5py.File) -> None:
    """Datasets as programs of numpy write them: text, every byte order, and parts never written."""
    numbers = numpy.arange(1, 7)
    for dtype in ('f2', 'f4', 'f8', 'i2', 'i4', 'i8', 'u2', 'u4', 'u8', 'c8', 'c16'):
        for order in '<>':
            values = (numbers * (1 - 2j) if dtype[0] == 'c' else numbers).astype(order + dtype)
            file.create_dataset(order + dtype, data=values)
    for dtype in ('i1', 'u1', '?'):
        file.create_dataset(dtype, data=(numbers % 2).astype(dtype))
    file.create_dataset('nothing', shape=(300_000,), dtype='f8')
    file.create_dataset('filled', shape=(70_000,), dtype='>f4', fillvalue=-999.0)
    file.create_dataset('chunks', shape=(1600, 1000), dtype='f8', chunks=(1, 1000))[7] = 1.0
    year = file.create_dataset('year', shape=(365, 40, 50), dtype='f4', chunks=(1, 40, 50), compression='gzip',
                               maxshape=(None, 40, 50))
    year[3] = 2.5
    file.create_dataset('text', data=numpy.bytes_('abc').astype('S10'))


def check_foreign(program: str, folder: str) -> None:
    path = os.path.join(folder, 'foreign.h5')
    with h5py.File(path, 'w') as file:
        write_foreign(file)
    with h5py.File(path, 'r') as file:
        for name, dataset in file.items():
            found = shown(program, path, name)
            if name == 'text':
                check(found == b'abc', f'text is {found!r}')
                continue
            check(isinstance(found, numpy.ndarray), f'{name}: {found}')
            check(found.dtype == dataset.dtype.newbyteorder('<'), f'{name} is {found.dtype}')
            check(numpy.array_equal(found, dataset[()]), f'{name} is {found}')
        print(f'{len(file)} datasets of h5py were read by C++')


def check_open_files(program: str, folder: str) -> None:
    """What a writer of h5py has open."""
    path = os.path.join(folder, 'open.h5')
    with h5py.File(path, 'w', libver='latest') as file:
        steps = file.create_dataset('steps', data=numpy.arange(3.0), chunks=(3,), maxshape=(None,))
        file.flush()
        said = shown(program, path, 'steps')
        check('already open for write' in said and 'h5clear' in said, f'of an open file it says {said}')
        file.swmr_mode = True
        steps.flush()
        found = shown(program, path, 'steps')
        check(numpy.array_equal(found, numpy.arange(3.0)), f'of a file for readers, too, it has {found}')
    path = os.path.join(folder, 'locked.h5')
    with h5py.File(path, 'w', locking=True) as file:
        file.create_dataset('x', data=1.0)
        file.flush()
        said = shown(program, path, 'x', {'HDF5_USE_FILE_LOCKING': 'TRUE'})
        check('HDF5_USE_FILE_LOCKING=FALSE' in str(said), f'of a locked file it says {said}')
        check(shown(program, path, 'x') == 1.0, 'a lock keeps us out')


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
        check_foreign(program, folder)
        check_open_files(program, folder)
    print(f'{len(keys)} objects were read by h5py and h5dump')


main()
