# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
"""The manual page, the help and the completions have the same words."""

import os
import pathlib
import re
import shutil
import subprocess

from common import CliTest, main

MANUAL = pathlib.Path(os.environ['MANUAL'])
COMPLETIONS = pathlib.Path(os.environ['COMPLETIONS'])


def commands(text):
    """The subcommands that a help names."""
    part = text.split('Subcommands:\n')[1:]
    return re.findall(r'^  ([a-z]+) ', part[0], re.MULTILINE) if part else []


class Words(CliTest):

    def helps(self, path=()):
        """The help of each command, by the words that lead to it."""
        text = self.text(*path, '--help')
        yield path, text
        for name in commands(text):
            yield from self.helps((*path, name))

    def test_manual_has_each_command_and_option(self):
        page = MANUAL.read_text(encoding='utf-8')
        sections = {}
        for part in page.split('\n.Ss ')[1:]:
            sections[part.split('\n')[0].strip()] = part
        seen = 0
        for path, text in self.helps():
            if path and not commands(text):
                self.assertIn(' '.join(path), sections)
                for option in set(re.findall(r'(?<![\w-])--([a-z]+)', text)) - {'help', 'json'}:
                    if option == 'version':
                        continue
                    self.assertRegex(sections[' '.join(path)], r'\.(It )?Fl .*-' + option + r'\b',
                                     (path, option))
                    seen += 1
        self.assertGreater(seen, 15)
        self.assertIn('.It Fl -json', page)
        self.assertIn('.It Fl -version', page)

    def test_manual_is_well_formed(self):
        if shutil.which('mandoc'):
            done = subprocess.run(['mandoc', '-T', 'lint', '-W', 'warning', MANUAL],
                                  capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual((done.returncode, done.stdout), (0, ''))
        elif shutil.which('man'):
            done = subprocess.run(['man', '--warnings', '-l', MANUAL], capture_output=True, text=True,
                                  env={**os.environ, 'MANROFFSEQ': '', 'LC_ALL': 'C.UTF-8'},
                                  timeout=60, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ''))
        else:
            self.skipTest('there is neither mandoc nor man')

    def complete(self, *words):
        """What bash offers for the last of some words."""
        script = (f'source {COMPLETIONS}/proxystore.bash; COMP_WORDS=("$@"); '
                  'COMP_CWORD=$(($# - 1)); _proxystore; printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(['bash', '-c', script, 'bash', 'proxystore', *words], cwd=self.folder,
                              capture_output=True, text=True, timeout=60, check=True)
        self.assertEqual(done.stderr, '')
        return set(done.stdout.split())

    def test_bash_completes_each_command_and_option(self):
        for path, text in self.helps():
            expected = set(commands(text)) | set(re.findall(r'(?<![\w-])--[a-z]+', text.split(
                'Options:')[1].split('Subcommands:')[0])) if path else set(commands(text))
            self.assertLessEqual(expected - {'--store'}, self.complete(*path, '-') | self.complete(*path, ''),
                                 path)
        self.assertEqual(self.complete('con'), {'config'})
        self.assertEqual(self.complete('config', ''), {'check', '--help', '-h'} & self.complete('config', '')
                         | {'check'})
        self.assertEqual(self.complete('ls', '--li'), {'--limit'})
        self.assertEqual(self.complete('ls', '--limit', ''), set())
        self.assertEqual(self.complete('completion', 'z'), {'zsh'})

    def test_bash_completes_files(self):
        self.write('store.toml', '')
        self.assertEqual(self.complete('ls', '--store', 'st'), {'store.toml'})
        self.assertEqual(self.complete('config', 'check', 'st'), {'store.toml'})
        self.assertEqual(self.complete('stat', 'st'), set())

    def test_scripts_are_well_formed(self):
        for shell in ('bash', 'zsh', 'fish'):
            printed = self.text('completion', shell)
            self.assertEqual(printed, (COMPLETIONS / f'proxystore.{shell}').read_text())
            self.assertIn('evict', printed)
            if shutil.which(shell):
                subprocess.run([shell, '-n', COMPLETIONS / f'proxystore.{shell}'], check=True,
                               timeout=60)
        self.errors('completion', 'tcsh', code=2)


if __name__ == '__main__':
    main()
