#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0
"""Makes one small summary of a kernel from what its guests left.
join.py NAME MACHINE DIR OUT: DIR has copies/, sizes/, 700/, 1000/ and java/, which may be missing."""
import json
import os
import sys

SIZES = ('sizes', '700', '1000', 'java')
PER_BYTE = {'cpu_copies': 'content_stored', 'cpu_reads': 'content_loaded'}


def load(*path):
    with open(os.path.join(*path), encoding='utf-8') as f:
        return json.load(f)


def key(row):
    return row['way'], row['device'], row['gather'], row['cold']


def per_kib(row, name):
    return round(row[name] * 1024 / row['bytes'], 1)


def named(row):
    """Which row it is"""
    return {n: row[n] for n in ('way', 'device', 'gather', 'cold', 'bytes')}


def timed(row):
    """What the pass without any counting measured, which cards do not have"""
    if not row:
        return {}
    return {'sender_per_kib': per_kib(row, 'ns_sender'),
            'machine_per_kib': per_kib(row, 'ns_busy'),
            'map_ns': row['ns_map'], 'unmap_ns': row['ns_unmap']}


def counted(row):
    """What the kernel counted"""
    names = ('syscalls', 'faults_user', 'faults_kernel', 'faults_major', 'tlb_flushes',
             'switches_own', 'switches_forced', 'switches_machine', 'referenced_bytes')
    have = {n: row[n] if row[n] >= 0 else None for n in names}
    have['faults'] = row['faults_minor'] + row['faults_major']
    have['crossings'] = 2 * (row['syscalls'] + row['faults_user'])
    have['pages_referenced'] = round(row['referenced_bytes'] / 4096)
    have['block_copies'] = round(row['block_bytes'] / row['bytes'], 2)
    have['net_copies'] = round(row['net_bytes'] / row['bytes'], 2)
    return have


def followed(row, seen, line):
    """What the plugin saw"""
    have = {n: round(seen[of] / row['bytes'], 3) for n, of in PER_BYTE.items()}
    have['traffic'] = round((seen['last_misses'] + seen['write_backs']) * line /
                            row['bytes'], 3)
    have['l1_traffic'] = round(seen['l1_misses'] * line / row['bytes'], 3)
    return have


def copies(directory):
    rows = load(directory, 'copies', 'copies.json')
    plugin = load(directory, 'copies', 'plugin.json')
    seen = {r['row']: r for r in plugin['rows']}
    parts = {p: {key(r): r for r in rows if r['pass'] == p}
             for p in ('time', 'count', 'plugin')}
    joined = [{**named(row), **timed(parts['time'].get(k)), **counted(parts['count'][k]),
               **followed(row, seen[row['mark']], plugin['line_bytes'])}
              for k, row in parts['plugin'].items()]
    return rows[0]['kernel'], plugin['caches'], joined


def sizes(directory, tables):
    rows = [r for t in tables for r in load(directory, t, 'sizes.json')]
    return rows[0]['kernel'], [
        {'way': r['way'], 'mb': r['bytes'] // 10**6, 'ms': round(r['ns_total'] / 1e6, 3),
         'rounds': r['rounds'], 'sender_per_kib': per_kib(r, 'ns_sender'),
         'total_per_kib': per_kib(r, 'ns_total')} for r in rows]


def main():
    name, machine, directory, out = sys.argv[1:]
    whole = {'name': name, 'ruler': {
        'machine': machine, 'caches': 'not simulated',
        'clock': "a nanosecond is an instruction of the guest's only CPU",
        'connection': 'sockets with the default options; the receiver does not preempt '
                      'the sender when it wakes up (SCHED_BATCH)',
        'string_copies': 'one instruction for 8 bytes: the CPU has neither ERMS nor FSRM'}}
    have = [t for t in ('copies', *SIZES)
            if os.path.exists(os.path.join(directory, t, 'kallsyms'))]
    if 'copies' in have:
        whole['kernel'], whole['ruler']['caches'], whole['copies'] = copies(directory)
    sized = [t for t in SIZES if t in have]
    if sized:
        whole['kernel'], whole['sizes'] = sizes(directory, sized)
    with open(out, 'w', encoding='utf-8') as f:
        json.dump(whole, f, indent=1)
        f.write('\n')


if __name__ == '__main__':
    main()
