# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
"""What the tests of the program share: running it, and a folder for each test."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.environ['PROXYSTORE_PROGRAM']
FEATURES = os.environ.get('PROXYSTORE_FEATURES', '').split()
UUID = re.compile(r'^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')
ABSENT = '00000000-0000-4000-8000-000000000000'


class CliTest(unittest.TestCase):
    """A folder of its own, in which the program runs."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='proxystore-cli-'))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def run_program(self, *words, code=0, stdin=b'', environment=None):
        """Runs it, and looks at what it returns."""
        done = subprocess.run(
            [PROGRAM, *map(str, words)], input=stdin, capture_output=True, cwd=self.folder,
            env={**os.environ, **(environment or {})}, timeout=60, check=False)
        self.assertEqual(done.returncode, code, (words, done.stdout, done.stderr))
        if code != 0:
            self.assertTrue(done.stderr.startswith(b'proxystore: '), done.stderr)
        return done

    def text(self, *words, **how):
        return self.run_program(*words, **how).stdout.decode()

    def errors(self, *words, code=1, **how):
        return self.run_program(*words, code=code, **how).stderr.decode()

    def json(self, *words, **how):
        """Its answer with --json, which is one document."""
        return json.loads(self.run_program(*words, '--json', **how).stdout)

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path


def toml(kind, options, name='cli', more=''):
    """The text of a store's configuration."""
    lines = [f'name = {json.dumps(name)}', more, '[connector]', f'kind = {json.dumps(kind)}',
             '[connector.options]']
    lines += [f'{option} = {json.dumps(value)}' for option, value in options.items()]
    return '\n'.join(lines) + '\n'


def npy(dtype, shape, data, fortran=False):
    """An .npy file."""
    header = f"{{'descr': '{dtype}', 'fortran_order': {fortran}, 'shape': {shape}, }}".encode()
    header += b' ' * (-(len(header) + 11) % 64) + b'\n'
    return b'\x93NUMPY\x01\x00' + len(header).to_bytes(2, 'little') + header + data


def main():
    """As unittest's, but without tests there is no success."""
    result = unittest.main(argv=[sys.argv[0]], exit=False).result
    sys.exit(0 if result.wasSuccessful() and result.testsRun > 0 else 1)
