# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
"""config check: what is right and wrong, where, and what Python can read. And info."""

from common import FEATURES, CliTest, main, toml


class Check(CliTest):

    def check(self, *words, text=None, code=0):
        if text is not None:
            self.write('store.toml', text)
        return self.json('config', 'check', 'store.toml', *words, code=code)

    def test_right_one_with_defaults(self):
        answer = self.check(text=toml('File', {'store_dir': 'objects', 'fanout': 2}))
        self.assertIs(answer['valid'], True)
        self.assertEqual(answer['kind'], 'file')
        options = answer['config']['connector']['options']
        self.assertEqual((options['store_dir'], options['fanout'], options['read'], options['clear']),
                         ('objects', 2, 'auto', True))
        self.assertEqual(set(options) - {'store_dir', 'fanout'}, set(answer['defaults']))
        self.assertEqual(answer['config']['cache_size'], 16)
        self.assertFalse((self.folder / 'objects').exists(), 'nothing is made')

    def test_what_it_prints_is_a_configuration_itself(self):
        self.write('store.toml', toml('file', {'store_dir': 'objects'}, more='cache_size = 3'))
        printed = self.text('config', 'check', 'store.toml')
        begin = printed.index('name = ')
        self.write('printed.toml', printed[begin:printed.index('\n\nThe connector')])
        first = self.json('config', 'check', 'store.toml')['config']
        self.assertEqual(self.json('config', 'check', 'printed.toml')['config'], first)

    def wrong(self, text, line, what):
        answer = self.check(text=text, code=1)
        self.assertIs(answer['valid'], False)
        self.assertEqual(answer['line'], line, answer['error'])
        self.assertIn(what, answer['error'])
        place = 'store.toml:' + (f'{line}:' if line else '')
        self.assertIn(place, self.errors('config', 'check', 'store.toml'))

    def test_wrong_ones_say_what_and_where(self):
        good = 'name = "n"\n[connector]\nkind = "file"\n[connector.options]\nstore_dir = "d"\n'
        self.wrong(good + 'fanuot = 1\n', 6, 'fanuot')
        self.wrong(good + '# a comment\nfanout = 7\n', 7, '0 to 2')
        self.wrong(good + 'clear = "yes"\n', 6, 'boolean')
        self.wrong(good.replace('store_dir = "d"\n', ''), 4, 'store_dir')
        self.wrong('cache_size = "16"\n' + good, 1, 'cache_size')
        self.wrong('cash_size = 16\n' + good, 1, 'cash_size')
        self.wrong(good.replace('kind = "file"', 'kind = "fiel"'), 3, 'fiel')
        self.wrong(good.replace('kind = "file"', 'kind = "globus"'), 3, 'Python only')
        self.wrong(good.replace('name = "n"', 'name = ""'), 1, 'empty')
        self.wrong('name = "n"\n[connector\n', 2, 'TOML')
        self.wrong(good.replace('kind = "file"\n', ''), 2, 'kind')

    def test_wrong_child_of_a_multi_store(self):
        head = 'name = "n"\n[connector]\nkind = "multi"\n[connector.options]\n'
        one = 'files = ["file", {store_dir = "d"}, {min_size_bytes = 10}]\n'
        answer = self.check(text=head + one)
        files = answer['config']['connector']['options']['files']
        self.assertEqual((files[0], files[1]['fanout'], files[2]['min_size_bytes']), ('file', 0, 10))
        self.wrong(head + one + 'more = ["file", {store_dri = "d"}]\n', 6, 'store_dri')
        self.wrong(head + one + 'more = ["fiel", {}]\n', 6, 'fiel')
        self.wrong(head + one + 'more = ["file", {store_dir = "d"}, {max_size = 1}]\n', 6, 'max_size')
        self.wrong(head, 4, 'children')

    def test_no_file(self):
        self.assertIn('missing.toml', self.errors('config', 'check', 'missing.toml'))
        self.assertIs(self.json('config', 'check', 'missing.toml', code=1)['valid'], False)
        self.errors('config', 'check', code=2)
        self.errors('config', 'chekc', 'store.toml', code=2)

    def test_no_secret_is_shown(self):
        if 'redis' not in FEATURES:
            self.skipTest('this build has no Redis')
        for option in ('password', 'pass_word'):
            done = self.run_program(
                'config', 'check', self.write('store.toml', toml('redis', {option: 'sesame'})),
                '--json', code=1)
            self.assertNotIn(b'sesame', done.stdout + done.stderr)
        self.assertIn('password_env', self.errors('config', 'check', self.write(
            'store.toml', toml('redis', {'password': 'sesame'}))))

    def python(self, kind, options, more=''):
        return self.check(text=toml(kind, options, more=more))['python']

    def test_what_python_can_read(self):
        flat = self.python('file', {'store_dir': 'd', 'clear': False})
        self.assertEqual((flat['reads_file'], flat['reads_objects']), (True, True))
        self.assertFalse([note for note in flat['notes'] if 'removes' in note])
        clears = self.python('file', {'store_dir': 'd'})
        self.assertTrue([note for note in clears['notes'] if 'removes' in note])
        fanout = self.python('file', {'store_dir': 'd', 'fanout': 1})
        self.assertEqual((fanout['reads_file'], fanout['reads_objects']), (False, False))
        self.assertIn('fanout', fanout['why_not_objects'][0])
        ours = self.python('file', {'store_dir': 'd', 'fsync': True}, more='cache_bytes = 5')
        self.assertEqual((ours['reads_file'], ours['reads_objects']), (False, True))
        self.assertEqual(len(ours['why_not_file']), 2)
        named = self.python('file', {'store_dir': 'd'}, more='serializer = "mine"')
        self.assertEqual((named['reads_file'], named['reads_objects']), (False, False))
        if 'redis' in FEATURES:
            plain = self.python('redis', {'hostname': 'h', 'port': 1})
            self.assertEqual((plain['reads_file'], plain['reads_objects']), (True, True))
            self.assertTrue([note for note in plain['notes'] if '67108864' in note])
            prefix = self.python('redis', {'hostname': 'h', 'port': 1, 'prefix': 'p'})
            self.assertEqual((prefix['reads_file'], prefix['reads_objects']), (False, False))
        if 'hdf5' in FEATURES:
            self.assertIs(self.python('hdf5', {'store_dir': 'd'})['reads_objects'], False)
        if 'mpi' in FEATURES:
            self.assertIs(self.python('mpi', {})['reads_objects'], False)
        text = self.text('config', 'check', 'store.toml')
        self.assertIn("Python's ProxyStore can read the objects: no\n  - ", text)

    def test_open(self):
        self.write('store.toml', toml('file', {'store_dir': 'objects', 'clear': True}))
        self.assertIs(self.check('--open')['opened'], True)
        self.assertEqual(list((self.folder / 'objects').iterdir()), [])
        self.assertIn('put, got and evicted', self.text('config', 'check', 'store.toml', '--open'))
        self.write('store.toml', toml('null', {}))
        self.assertIn('no objects', self.check('--open', code=1)['error'])
        self.write('file', '')
        self.write('store.toml', toml('file', {'store_dir': 'file/objects'}))
        answer = self.check('--open', code=1)
        self.assertEqual((answer['valid'], answer['opened']), (True, False))


class Info(CliTest):

    def test_says_what_is_built_in(self):
        answer = self.json('info')
        kinds = {one['kind']: one for one in answer['connectors']}
        for kind in ('file', 'local', 'multi', 'null'):
            self.assertIs(kinds[kind]['built_in'], True)
        for kind in ('mpi', 'redis', 'hdf5'):
            self.assertIs(kinds[kind]['built_in'], kind in FEATURES)
            self.assertIs(answer[kind]['built_in'], kind in FEATURES)
            if kind not in FEATURES:
                self.assertIn('PROXYSTORE_ENABLE_' + kind.upper(), kinds[kind]['why_not'])
        self.assertIn('Python only', kinds['globus']['why_not'])
        self.assertRegex(answer['abi_namespace'], r'^proxystore::v\d+$')
        self.assertEqual(self.text('--version').strip(), answer['version'])
        text = self.text('info')
        self.assertIn(answer['compiler'], text)
        self.assertIn('built in', text)

    def test_without_mpi(self):
        if 'mpi' not in FEATURES:
            self.assertIn('PROXYSTORE_ENABLE_MPI', self.errors('info', '--mpi'))
        else:
            self.assertNotIn('ranks', self.json('info'))

    def test_of_a_folder(self):
        answer = self.json('info', '--folder', '/dev/shm')
        self.assertEqual(answer['file_system'], 'tmpfs')
        self.assertEqual(answer['visibility_timeout_ms'], 0)
        self.assertEqual(answer['mount']['type'], 'tmpfs')
        self.assertIs(answer['is_of_one_node'], True)
        text = self.text('info', '--folder', '/dev/shm')
        self.assertIn('tmpfs', text)
        self.assertIn('locks exclude other nodes', text)
        self.assertIn('no folder', self.errors('info', '--folder', '/nothing/there'))

    def test_help(self):
        text = self.text('--help')
        for word in ('info', 'config', 'ls', 'stat', 'get', 'put', 'evict', 'proxy', 'bench'):
            self.assertIn('\n  ' + word + ' ', text)
        self.assertIn('--store', self.text('get', '--help'))


if __name__ == '__main__':
    main()
