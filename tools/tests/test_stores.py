# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
"""ls, stat, get, put and evict on each kind of store that they work for."""

import base64
import json
import pathlib
import struct
import subprocess
import time

from common import ABSENT, FEATURES, PROGRAM, UUID, CliTest, main, npy, toml

ARRAY = struct.pack('<6d', *range(6))


class Stores(CliTest):
    """What holds for every kind; the classes below say which."""

    def put(self, content, *how, name='object'):
        key = self.text('put', self.write(name, content), '-s', 'store.toml', *how).strip()
        self.assertRegex(key, UUID)
        return key

    def round_trip(self):
        text = self.put('grüße\n', '--text')
        data = self.put(b'\x00\x01\xff' * 1000)
        array = self.put(npy('<f8', '(2, 3)', ARRAY))
        fortran = self.put(npy('<f8', '(2, 3)', ARRAY, fortran=True), '--npy')
        empty = self.put(b'', '--bytes')

        # get
        self.assertEqual(self.text('get', text, '-s', 'store.toml'), 'grüße\n')
        self.assertEqual(self.run_program('get', data, '-s', 'store.toml').stdout,
                         b'\x00\x01\xff' * 1000)
        self.run_program('get', array, '-s', 'store.toml', '--npy', '-o', 'back.npy')
        back = (self.folder / 'back.npy').read_bytes()
        self.assertTrue(back.startswith(b'\x93NUMPY') and back.endswith(ARRAY), back)
        self.assertIn(b"'shape': (2, 3)", back)
        raw = self.run_program('get', text, '-s', 'store.toml', '--raw').stdout
        self.assertEqual(raw, 'US\ngrüße\n'.encode())
        self.assertEqual(self.json('get', text, '-s', 'store.toml')['text'], 'grüße\n')
        answer = self.json('get', data, '-s', 'store.toml')
        self.assertEqual(base64.b64decode(answer['base64']), b'\x00\x01\xff' * 1000)
        answer = self.json('get', array, '-s', 'store.toml', '--output', 'back.npy')
        self.assertEqual((answer['form'], answer['file']), ('npy', 'back.npy'))
        self.assertIn('no text', self.errors('get', data, '-s', 'store.toml', '--text'))
        self.assertIn('no array', self.errors('get', data, '-s', 'store.toml', '--npy'))

        # stat
        answer = self.json('stat', array, '-s', 'store.toml')
        self.assertEqual((answer['kind'], answer['dtype'], answer['shape'], answer['order']),
                         ('array', '<f8', [2, 3], 'C'))
        self.assertEqual(answer['size'], 128 + len(ARRAY))
        self.assertEqual(self.json('stat', fortran, '-s', 'store.toml')['order'], 'F')
        answer = self.json('stat', text, '-s', 'store.toml')
        self.assertEqual((answer['kind'], answer['size'], answer['exists']), ('text', 11, True))
        self.assertEqual(self.json('stat', data, '-s', 'store.toml')['size'], 3003)
        self.assertEqual(self.json('stat', empty, '-s', 'store.toml')['size'], 3)
        shown = self.text('stat', array, '-s', 'store.toml')
        self.assertIn('array <f8 (2, 3)', shown)
        self.assertIn(array, shown)

        # ls
        everything = {text: 'text', data: 'bytes', array: 'array', fortran: 'array', empty: 'bytes'}
        answer = self.json('ls', '-s', 'store.toml')
        self.assertEqual({one['key']: one['kind'] for one in answer['objects']}, everything)
        self.assertEqual((answer['store'], answer['count']), ('cli', 5))
        for one in answer['objects']:
            if one['key'] == array:
                self.assertEqual((one['size'], one['shape']), (128 + len(ARRAY), [2, 3]))
        self.assertEqual(set(self.text('ls', '-s', 'store.toml', '--brief').split()),
                         set(everything))
        self.assertEqual(len(self.text('ls', '-s', 'store.toml', '-n', 2).splitlines()), 2)
        lines = self.text('ls', '-s', 'store.toml').splitlines()
        self.assertEqual({line.split()[0]: line.split()[-1] for line in lines}[text], 'text')

        # evict
        answer = self.json('evict', data, empty, '-s', 'store.toml')
        self.assertEqual((set(answer['evicted']), answer['absent']), ({data, empty}, []))
        self.assertEqual(self.text('evict', fortran, '-s', 'store.toml'), 'evicted 1 of 1\n')
        done = self.run_program('evict', data, text, '-s', 'store.toml', code=1)
        self.assertEqual(done.stdout, b'evicted 1 of 2\n')
        self.assertIn(data, done.stderr.decode())
        left = [one['key'] for one in self.json('ls', '-s', 'store.toml')['objects']]
        self.assertEqual(left, [array])

        # what is not there
        self.assertIn('no object', self.errors('get', ABSENT, '-s', 'store.toml'))
        self.assertIs(self.json('get', ABSENT, '-s', 'store.toml', code=1)['exists'], False)
        self.assertIn('no object', self.errors('stat', ABSENT, '-s', 'store.toml'))
        self.assertIs(self.json('stat', ABSENT, '-s', 'store.toml', code=1)['exists'], False)
        self.assertEqual(self.json('evict', ABSENT, '-s', 'store.toml', code=1)['absent'], [ABSENT])

    def arrays_of_other_writers(self):
        """Of one name for each type, in the processor's byte order, whatever wrote them."""
        cases = [('<u1', '(3,)', b'\1\2\3', '|u1', b'\1\2\3'), ('<i1', '(1L,)', b'\xff', '|i1', b'\xff'),
                 ('<b1', '(2,)', b'\0\1', '|b1', b'\0\1'), ('=f8', '(2, 3)', ARRAY, '<f8', ARRAY),
                 ('f8', '(3L, 2L)', ARRAY, '<f8', ARRAY), ('>u1', '(1,)', b'\7', '|u1', b'\7'),
                 ('>f8', '(2, 3)', struct.pack('>6d', *range(6)), '<f8', ARRAY),
                 ('>i2', '(2,)', b'\1\2\3\4', '<i2', b'\2\1\4\3'),
                 ('>c8', '()', struct.pack('>2f', 1, 2), '<c8', struct.pack('<2f', 1, 2))]
        for dtype, shape, data, stored, bytes_ in cases:
            key = self.put(npy(dtype, shape, data))
            answer = self.json('stat', key, '-s', 'store.toml')
            self.assertEqual((answer['kind'], answer['dtype']), ('array', stored), dtype)
            back = self.run_program('get', key, '-s', 'store.toml', '-o', '-').stdout
            self.assertTrue(back.endswith(b'\n' + bytes_), (dtype, back))
            self.assertIn(f"'descr': '{stored}'".encode(), back)
        for dtype, size in (('<f16', 16), ('>f16', 16), ('<c32', 32), ('<u3', 3), ('|S4', 4)):
            file = self.write('other.npy', npy(dtype, '(1,)', bytes(size)))
            self.assertIn(dtype[1:], self.errors('put', file, '-s', 'store.toml'))
            self.assertRegex(self.text('put', file, '-s', 'store.toml', '--bytes').strip(), UUID)

    def what_is_no_object_hides_none(self):
        """A folder, a link or a file of others that has an object's name."""
        key = self.put('text', '--text')
        path = next((self.folder / 'objects').rglob(f'{key}*'))
        for number, suffix in enumerate(('', '.h5', '.ready')):
            for make in ('folder', 'link', 'file'):
                name = f'{number}{("folder", "link", "file").index(make)}' + ABSENT[2:] + suffix
                other = path.parent / name
                if make == 'folder':
                    other.mkdir()
                elif make == 'link':
                    other.symlink_to('/nowhere')
                else:
                    other.write_bytes(b'no HDF5')
        listed = self.json('ls', '-s', 'store.toml')['objects']
        self.assertIn((key, 'text'), [(one['key'], one['kind']) for one in listed])
        self.assertIn(key, self.text('ls', '-s', 'store.toml'))


class File(Stores):

    def setUp(self):
        super().setUp()
        self.write('store.toml', toml('file', {'store_dir': 'objects', 'fanout': 1}))

    def test_round_trip(self):
        self.assertIn('does not exist', self.errors('ls', '-s', 'store.toml'))
        self.assertFalse((self.folder / 'objects').exists())
        self.round_trip()

    def test_a_store_that_clears_is_not_cleared(self):
        self.write('store.toml', toml('file', {'store_dir': 'objects', 'clear': True}))
        key = self.put('kept', '--text')
        self.assertEqual(self.text('get', key, '-s', 'store.toml'), 'kept')

    def test_damaged_object_is_told_and_the_others_are_listed(self):
        self.write('store.toml', toml('file', {'store_dir': 'objects'}))
        good = self.put('good', '--text')
        bad = self.put(npy('<f8', '(2, 3)', ARRAY))
        (self.folder / 'objects' / bad).write_bytes(b'NP\n\x93NUMPY\x01\x00\xff\xffrubbish')
        kinds = {one['key']: one['kind'] for one in self.json('ls', '-s', 'store.toml')['objects']}
        self.assertEqual(kinds[good], 'text')
        self.assertEqual(kinds[bad], 'damaged')
        self.errors('get', bad, '-s', 'store.toml')

    def test_objects_of_others(self):
        self.write('store.toml', toml('file', {'store_dir': 'objects'}))
        names = {ABSENT: (b'PK\n\x80\x05N.', 'pickle'),
                 ABSENT.replace('0000-4', '0001-4'): (b'CB\n\x01\x02\x03\x04\x05\x06\x07\x08x', 'object'),
                 ABSENT.replace('0000-4', '0002-4'): (b'what is this?', 'unknown'),
                 ABSENT.replace('0000-4', '0003-4'): (b'', 'unknown')}
        (self.folder / 'objects').mkdir()
        for name, (content, _) in names.items():
            (self.folder / 'objects' / name).write_bytes(content)
            (self.folder / 'objects' / (name + '.ready')).touch()
        kinds = {one['key']: one['kind'] for one in self.json('ls', '-s', 'store.toml')['objects']}
        self.assertEqual(kinds, {name: kind for name, (_, kind) in names.items()})
        note = self.json('stat', ABSENT.replace('0000-4', '0001-4'), '-s', 'store.toml')['note']
        self.assertIn('7808070605040302', note)
        self.assertIn('--raw', self.errors('get', ABSENT, '-s', 'store.toml'))
        raw = self.run_program('get', ABSENT, '-s', 'store.toml', '--raw').stdout
        self.assertEqual(raw, b'PK\n\x80\x05N.')

    def test_many_objects_are_listed_one_by_one(self):
        self.write('store.toml', toml('file', {'store_dir': 'objects'}))
        (self.folder / 'objects').mkdir()
        for number in range(2000):
            name = f'{number:08x}' + ABSENT[8:]
            (self.folder / 'objects' / name).write_bytes(b'US\nx')
            (self.folder / 'objects' / (name + '.ready')).touch()
        self.assertEqual(len(set(self.text('ls', '-s', 'store.toml').splitlines())), 2000)
        self.assertEqual(self.json('ls', '-s', 'store.toml', '--limit', 5)['count'], 5)

    def test_arrays_of_other_writers(self):
        self.arrays_of_other_writers()

    def test_what_is_no_object_hides_none(self):
        self.what_is_no_object_hides_none()

    def test_get_keeps_links_and_modes(self):
        key = self.put('new', '--text')
        secret = self.write('secret', 'old')
        secret.chmod(0o600)
        (self.folder / 'sub').mkdir()
        (self.folder / 'link').symlink_to('sub/next')
        (self.folder / 'sub' / 'next').symlink_to('../secret')
        self.run_program('get', key, '-s', 'store.toml', '-o', 'link')
        self.assertTrue((self.folder / 'link').is_symlink())
        self.assertTrue((self.folder / 'sub' / 'next').is_symlink())
        self.assertEqual((secret.read_text(), secret.stat().st_mode & 0o7777), ('new', 0o600))
        (self.folder / 'dangling').symlink_to('sub/made')
        self.run_program('get', key, '-s', 'store.toml', '-o', 'dangling')
        self.assertEqual((self.folder / 'sub' / 'made').read_text(), 'new')
        (self.folder / 'round').symlink_to('round')
        self.assertIn('round', self.errors('get', key, '-s', 'store.toml', '-o', 'round'))
        self.assertEqual(sorted(path.name for path in (self.folder / 'sub').iterdir()), ['made', 'next'])

    def test_counts_are_numbers(self):
        self.put('one', '--text')
        for count in ('-1', '', ' 1', '1x', '0x1', '1.5', str(2**64), str(2**70), '-' + str(2**64 - 1)):
            self.assertIn('--limit', self.errors('ls', '-s', 'store.toml', f'--limit={count}', code=2))
            if count:
                self.errors('ls', '-s', 'store.toml', '-n', count, code=2)
        self.errors('ls', '-s', 'store.toml', '-n', '', code=2)
        for count in (0, 1, 2**64 - 1):
            self.assertEqual(len(self.text('ls', '-s', 'store.toml', '-n', count).splitlines()), 1)

    def test_put_from_standard_input(self):
        key = self.text('put', '-', '-s', 'store.toml', '--text', stdin=b'piped').strip()
        self.assertEqual(self.text('get', key, '-s', 'store.toml', '-o', '-'), 'piped')

    def test_bad_input(self):
        self.write('broken.npy', b'\x93NUMPY\x01\x00\x10\x00' + b'{not a header}\n ')
        self.assertIn('broken.npy', self.errors('put', 'broken.npy', '-s', 'store.toml'))
        self.write('latin1', b'\xe4')
        self.assertIn('UTF-8', self.errors('put', 'latin1', '-s', 'store.toml', '--text'))
        self.assertIn('nowhere', self.errors('put', 'nowhere', '-s', 'store.toml'))
        self.assertFalse((self.folder / 'objects').exists())
        self.put('one', '--text')
        for words in (['get', 'no-key'], ['stat', '123'], ['evict', ABSENT, 'x'],
                      ['get', ABSENT, '--raw', '--npy'], ['put', 'latin1', '--text', '--bytes']):
            self.errors(*words, '-s', 'store.toml', code=2)
        for words in (['get', ABSENT], ['ls', '-s'], ['ls', '-s', 'store.toml', '--wrong'],
                      ['ls', '-s', 'store.toml', 'more'], ['nothing'], [], ['config']):
            self.errors(*words, code=2)
        self.assertIn('missing.toml', self.errors('ls', '-s', 'missing.toml'))
        self.errors('get', ABSENT, '-s', 'store.toml', '-o', 'nowhere/file')
        self.write('with_serializer.toml',
                   toml('file', {'store_dir': 'objects'}, more='serializer = "mine"'))
        self.assertIn('mine', self.errors('put', 'latin1', '-s', 'with_serializer.toml'))

    def test_a_full_disk_is_told(self):
        if not pathlib.Path('/dev/full').exists():
            self.skipTest('there is no /dev/full')
        key = self.put('text', '--text')
        for words in (['get', key], ['ls'], ['stat', key], ['ls', '--json']):
            done = subprocess.run(
                ['sh', '-c', 'exec "$@" > /dev/full', 'sh', PROGRAM, *words, '-s', 'store.toml'],
                cwd=self.folder, capture_output=True, timeout=60, check=False)
            self.assertEqual(done.returncode, 1, (words, done.stderr))
            self.assertIn(b'cannot write', done.stderr)

    def test_stores_of_a_process_have_nothing_to_list(self):
        for kind in ('local', 'null', 'mpi'):
            self.write('other.toml', toml(kind, {}))
            self.assertIn(kind, self.errors('ls', '-s', 'other.toml'))


class Multi(Stores):

    def test_round_trip(self):
        small = '["file", {store_dir = "small"}, {max_size_bytes = 100}]'
        large = '["file", {store_dir = "large"}, {min_size_bytes = 101}]'
        self.write('store.toml', 'name = "cli"\n[connector]\nkind = "multi"\n[connector.options]\n'
                   f'small = {small}\nlarge = {large}\n')
        self.round_trip()


class Hdf5(Stores):

    def test_round_trip(self):
        if 'hdf5' not in FEATURES:
            self.skipTest('this build has no HDF5')
        self.write('store.toml', toml('hdf5', {'store_dir': 'objects'}))
        self.round_trip()
        self.arrays_of_other_writers()
        self.what_is_no_object_hides_none()
        key = self.put(npy('<f4', '(2,)', bytes(8)), '--name', 'depth', '--units', 'm')
        self.assertEqual(self.json('stat', key, '-s', 'store.toml')['kind'], 'array')


class Redis(Stores):

    def setUp(self):
        super().setUp()
        if 'redis' not in FEATURES:
            self.skipTest('this build has no Redis')
        self.socket = self.folder / 'socket'
        self.server = subprocess.Popen(
            ['redis-server', '--port', '0', '--unixsocket', self.socket, '--save', '', '--dir',
             self.folder, '--requirepass', 'open sesame'], stdout=subprocess.DEVNULL)
        self.addCleanup(self.stop)
        for _ in range(500):
            if self.socket.exists():
                break
            time.sleep(0.02)
        self.write('password', 'open sesame\n')
        self.write('store.toml', toml('redis', {
            'unix_socket': str(self.socket), 'password_file': str(self.folder / 'password'),
            'prefix': 'cli:', 'part_size': 2000, 'clear': True}))

    def stop(self):
        self.server.kill()
        self.server.wait()

    def test_round_trip(self):
        self.round_trip()

    def test_open_and_errors(self):
        answer = self.json('config', 'check', 'store.toml', '--open')
        self.assertIs(answer['opened'], True)
        self.assertNotIn('open sesame', json.dumps(answer))
        self.assertEqual(self.json('ls', '-s', 'store.toml')['objects'], [])
        self.write('password', 'wrong\n')
        done = self.errors('ls', '-s', 'store.toml')
        self.assertNotIn('wrong', done)
        self.stop()
        answer = self.json('ls', '-s', 'store.toml', code=1)
        self.assertIn(str(self.socket), answer['error'])
        self.assertIs(self.json('config', 'check', 'store.toml')['valid'], True)


if __name__ == '__main__':
    main()
