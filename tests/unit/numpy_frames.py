# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
"""numpy reads arrays that C++ stored, and C++ those that numpy stored. Exits with 77 to skip."""

import io
import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy
except ImportError:
    print("skipped: this Python has no numpy")
    sys.exit(77)


def run(verb, path):
    subprocess.run([sys.argv[1], verb, str(path)], check=True)


def store(path, array):
    image = io.BytesIO()
    numpy.save(image, array, allow_pickle=True)
    path.write_bytes(b"NP\n" + image.getvalue())


values = numpy.array([1, -2, 2**63 - 1, -(2**63), 0], dtype=numpy.int64)
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder, "object")

    run("write", path)
    stored = path.read_bytes()
    assert stored[:3] == b"NP\n", stored[:3]
    array = numpy.load(io.BytesIO(stored[3:]))
    assert array.dtype == numpy.int64 and numpy.array_equal(array, values), array
    assert (len(stored) - values.nbytes) % 64 == 0, len(stored)

    store(path, values)
    run("read", path)

    # Structs: the padding that C++ has is what align=True makes, also of structs in structs.
    inner = numpy.dtype([("x", "<f8"), ("y", "<f8")], align=True)
    fields = [("id", "<i4"), ("place", inner), ("weights", "<f4", (3,)), ("is_good", "?")]
    sample = numpy.dtype(fields, align=True)
    expected = numpy.zeros(3, dtype=sample)
    for i in range(3):
        expected[i] = (i, (1.5 * i, -1.5 * i), (i, i + 1, i + 2), i == 1)
    run("write_structs", path)
    array = numpy.load(io.BytesIO(path.read_bytes()[3:]))
    assert array.dtype == sample, array.dtype
    assert numpy.array_equal(array, expected), array
    store(path, expected)
    run("read_structs", path)

    for other in (
        values.astype("<f8"),
        values.astype(">i8"),
        values.reshape(5, 1),
        numpy.array(7),
        numpy.array([None, "x"], dtype=object),
        numpy.zeros(3, dtype=[("x", "<i8")]),
        numpy.array(["a", "b"]),
        numpy.array(["2024-01-02"], dtype="datetime64[D]"),
    ):
        store(path, other)
        run("refuse", path)
