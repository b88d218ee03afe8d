# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
"""What is installed: a program that runs wherever it was moved to, its manual and its completions."""

import os
import subprocess

from common import CliTest, main


class Install(CliTest):

    def test_installed_program_runs_elsewhere(self):
        prefix = self.folder / 'prefix'
        subprocess.run([os.environ['CMAKE'], '--install', os.environ['BUILD'], '--prefix', prefix],
                       check=True, capture_output=True, timeout=100)
        moved = self.folder / 'moved'
        prefix.rename(moved)
        environment = {name: value for name, value in os.environ.items() if name != 'LD_LIBRARY_PATH'}
        said = subprocess.run([moved / 'bin' / 'proxystore', '--version'], env=environment, check=True,
                              capture_output=True, timeout=60).stdout
        self.assertEqual(said, self.run_program('--version').stdout)
        for name in ('man/man1/proxystore.1', 'bash-completion/completions/proxystore',
                     'zsh/site-functions/_proxystore', 'fish/vendor_completions.d/proxystore.fish'):
            self.assertGreater((moved / 'share' / name).stat().st_size, 500, name)


if __name__ == '__main__':
    main()
