# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
"""bench: results as table, JSON and picture. A stand-in takes the place of the benchmark program; that
runs elsewhere, with `ctest -L benchmark`."""

import json
import xml.etree.ElementTree as xml

from common import CliTest, main

ROWS = [
    {'name': 'get vs memcpy', 'size': 1024, 'ours': 1e-6, 'reference': 2e-6, 'ratio': 0.5,
     'budget': 1.3, 'better': 'lower', 'unit': 'seconds'},
    {'name': 'put <small> & "quick"', 'size': 0, 'ours': 3.0, 'reference': 2.0, 'ratio': 1.5,
     'budget': 1.1, 'better': 'lower', 'unit': 'seconds'},
    {'name': 'throughput', 'size': 1 << 20, 'ours': 300, 'reference': 1, 'ratio': 300,
     'budget': None, 'better': 'higher', 'unit': 'bytes'},
]
STAND_IN = '''#!/bin/sh
echo "$@" >> words
case " $* " in
  *" --list "*) echo core; echo mpi ;;
  *broken*) echo '[' ;;
  *failing*) exit 3 ;;
  *) cat rows.json ;;
esac
'''
SVG = '{http://www.w3.org/2000/svg}'


class Bench(CliTest):

    def setUp(self):
        super().setUp()
        self.write('rows.json', json.dumps(ROWS))
        self.write('bench', STAND_IN).chmod(0o755)

    def test_runs_groups(self):
        answer = self.json('bench', 'core', '--program', './bench', '--quick', '--mpirun', "a 'b'")
        self.assertEqual([group['name'] for group in answer['groups']], ['core'])
        self.assertEqual([row['missed'] for row in answer['groups'][0]['rows']], [False, True, False])
        self.assertEqual((self.folder / 'words').read_text(),
                         "--json --quick --mpirun a 'b' core\n")
        answer = self.json('bench', '--program', './bench')
        self.assertEqual([group['name'] for group in answer['groups']], ['core', 'mpi'])
        text = self.text('bench', 'core', '--program', './bench')
        self.assertIn('MISSED', text)
        self.assertIn('<= 1.3', text)
        self.assertIn('300 B', text)

    def test_reads_saved_results_of_both_programs(self):
        saved = self.json('bench', '--program', './bench')
        self.write('saved.json', json.dumps(saved))
        self.assertEqual(self.json('bench', '--from', 'saved.json'), saved)
        self.assertEqual(self.json('bench', 'mpi', '--from', 'saved.json')['groups'],
                         saved['groups'][1:])
        answer = self.json('bench', '--from', 'rows.json')
        self.assertEqual(answer['groups'][0]['name'], 'rows')

    def test_plot(self):
        self.run_program('bench', '--from', 'rows.json', '--plot', 'plot.svg')
        root = xml.parse(self.folder / 'plot.svg').getroot()
        self.assertEqual(root.tag, SVG + 'svg')
        texts = [''.join(text.itertext()) for text in root.iter(SVG + 'text')]
        for row in ROWS:
            self.assertTrue(any(row['name'] in text for text in texts), row)
        for word in ('0.5', '≤ 1.3', '300', '1 MiB', 'within its budget', 'budget missed'):
            self.assertIn(word, texts)
        width = float(root.get('width'))
        colours = set()
        for box in root.iter(SVG + 'rect'):
            if box.get('x') is None:
                continue
            self.assertGreaterEqual(float(box.get('x')), 0)
            self.assertLess(float(box.get('x')) + float(box.get('width')), width)
            colours.add(box.get('fill'))
        self.assertEqual(len(colours), 4, 'within, missed, without a budget, and bands behind')
        printed = self.run_program('bench', '--from', 'rows.json', '--plot', '-').stdout
        self.assertEqual(printed, (self.folder / 'plot.svg').read_bytes())

    def test_bad_input(self):
        self.write('none.json', '{}')
        self.write('zero.json', json.dumps([{**ROWS[0], 'ratio': 0}]))
        self.write('less.json', json.dumps([{'name': 'x'}]))
        for name in ('none.json', 'zero.json', 'less.json', 'bench', 'missing.json'):
            self.errors('bench', '--from', name)
        self.errors('bench', 'broken', '--program', './bench')
        self.errors('bench', 'failing', '--program', './bench')
        self.errors('bench', 'core', '--program', './missing')
        self.errors('bench', '--from', 'rows.json', '--plot', 'nowhere/plot.svg')
        for words in (['--plot', 'plot.png'], ['--quick'], ['other'], ['--plot', '-', '--json']):
            self.errors('bench', '--from', 'rows.json', *words, code=2)


if __name__ == '__main__':
    main()
