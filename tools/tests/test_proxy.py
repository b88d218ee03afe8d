# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
"""proxy show: of proxies of this library and of Python's, and of what is none."""

import os
import subprocess

from common import UUID, CliTest, main, toml


class Show(CliTest):

    def setUp(self):
        super().setUp()
        made = subprocess.run([os.environ['MAKE_PROXIES'], self.folder], check=True,
                              capture_output=True, timeout=60)
        self.parts = made.stdout.decode().strip()

    def test_plain(self):
        shown = self.json('proxy', 'show', 'plain')
        self.assertEqual(shown['form'], 'proxystore')
        self.assertRegex(shown['key']['id'], UUID)
        self.assertEqual(shown['key']['size'], 128 + 24)
        self.assertEqual(shown['size'], (self.folder / 'plain').stat().st_size)
        self.assertEqual((shown['store']['name'], shown['store']['kind']), ('proxies', 'file'))
        self.assertEqual(shown['store']['options']['store_dir'], str(self.folder / 'objects'))
        self.assertIs(shown['evict'], False)
        self.assertRegex(shown['type']['fingerprint'], '^[0-9a-f]{16}$')
        self.assertEqual(shown['type']['name'], 'vector<f8>')
        self.assertNotIn('polling', shown)
        text = self.text('proxy', 'show', 'plain')
        self.assertIn(shown['key']['id'], text)
        self.assertIn('store_dir', text)

    def test_nothing_is_resolved(self):
        before = sorted((self.folder / 'objects').iterdir())
        self.assertIs(self.json('proxy', 'show', 'evict')['evict'], True)
        self.assertEqual(sorted((self.folder / 'objects').iterdir()), before)
        for path in before:
            path.unlink()
        (self.folder / 'objects').rmdir()
        self.assertIs(self.json('proxy', 'show', 'evict')['evict'], True)
        self.assertFalse((self.folder / 'objects').exists())

    def test_future(self):
        shown = self.json('proxy', 'show', 'future')
        self.assertIs(shown['key']['versioned'], True)
        self.assertGreater(shown['polling']['timeout_ms'], 0)

    def test_box(self):
        self.assertEqual(self.json('proxy', 'show', 'box')['box'],
                         {'offset': [2], 'shape': [3], 'stride': [2]})
        self.assertIn('[2:', self.text('proxy', 'show', 'box'))

    def test_array_in_parts_goes_with_them(self):
        self.write('store.toml', toml('file', {'store_dir': 'objects'}))
        shown = self.json('stat', self.parts, '-s', 'store.toml')
        self.assertEqual((shown['kind'], shown['dtype'], shown['shape']), ('array', '<f8', [4]))
        self.assertIn('2 parts', shown['note'])
        self.errors('get', self.parts, '-s', 'store.toml')
        before = self.json('ls', '-s', 'store.toml')['count']
        self.assertEqual(self.json('evict', self.parts, '-s', 'store.toml')['evicted'], [self.parts])
        self.assertEqual(self.json('ls', '-s', 'store.toml')['count'], before - 3)

    def test_pickle(self):
        shown = self.json('proxy', 'show', 'pickle')
        self.assertEqual(shown['form'], 'pickle')
        self.assertEqual(shown['key']['id'], self.json('proxy', 'show', 'evict')['key']['id'])
        self.assertEqual(shown['store']['name'], 'proxies')
        self.assertIn('Python', self.text('proxy', 'show', 'pickle'))

    def test_standard_input(self):
        plain = (self.folder / 'plain').read_bytes()
        self.assertEqual(self.json('proxy', 'show', '-', stdin=plain),
                         self.json('proxy', 'show', 'plain'))

    def test_sections_of_later_versions(self):
        plain = (self.folder / 'plain').read_bytes()
        self.write('later', plain + b'\xc8\x03abc' + b'\x63\x02xy')
        self.assertEqual(self.json('proxy', 'show', 'later')['unknown_sections'],
                         [{'tag': 200, 'size': 3, 'critical': False},
                          {'tag': 99, 'size': 2, 'critical': True}])
        self.assertIn('section 99', self.text('proxy', 'show', 'later'))

    def test_damage_is_told(self):
        for name in ('plain', 'pickle'):
            whole = (self.folder / name).read_bytes()
            for length in range(1, len(whole), 5):
                self.write('part', whole[:length])
                self.errors('proxy', 'show', 'part')
        self.write('part', (self.folder / 'future').read_bytes()[:-1])
        self.errors('proxy', 'show', 'part')
        self.write('nothing', b'')
        self.assertIn('empty', self.errors('proxy', 'show', 'nothing'))
        self.write('noise', os.urandom(300))
        self.errors('proxy', 'show', 'noise')
        self.errors('proxy', 'show', 'nowhere')
        self.errors('proxy', 'show', 'objects')  # a folder
        self.assertIn('error', self.json('proxy', 'show', 'part', code=1))
        self.errors('proxy', 'show', code=2)

    def test_secrets_and_control_characters_are_not_printed(self):
        for words in (['hostile'], ['hostile', '--json']):
            done = self.run_program('proxy', 'show', *words)
            for sign in (b'\x1b', b'\xc2\x9b', b'sesame'):
                self.assertNotIn(sign, done.stdout, words)
        options = self.json('proxy', 'show', 'hostile')['store']['options']
        self.assertEqual((options['password'], options['password_env']), ('(not shown)', 'VARIABLE'))
        self.assertIn('\\x1b[2Jcleared', self.text('proxy', 'show', 'hostile'))


if __name__ == '__main__':
    main()
