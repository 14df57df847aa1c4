# SPDX-License-Identifier: GPL-2.0
"""What the articles on zero copy say, and why the measurement says the same or not.
The numbers are those that are printed again and again, without a source."""

# Of the ways: the title, and the published copies by the CPU, copies by DMA, and
# switches between user and kernel, for a file that one call moves
WAYS = {
    'read_write': ('read + write, 64 KiB', 2, 2, 4),
    'read_write_4k': ('read + write, 4 KiB', 2, 2, 4),
    'mmap_write': ('mmap + write', 1, 2, 4),
    'mmap_populate_write': ('mmap (populated) + write', None, None, None),
    'sendfile': ('sendfile', 0, 2, 2),
    'splice': ('splice through a pipe', 0, 2, 0),
    'tee': ('splice + tee + splice', None, None, None),
    'vmsplice': ('mmap + vmsplice + splice', None, None, None),
    'uring_splice': ('io_uring, chains of splice', None, None, None),
    'msg_zerocopy': ('mmap + send, MSG_ZEROCOPY', None, None, None),
    'interposed': ('sendfile, interposed', None, None, None),
    'zcopy_send': ('zcopy, SEND', None, None, None),
    'zcopy_submit': ('zcopy, SUBMIT and WAIT', None, None, None),
    'zcopy_ring': ("zcopy, io_uring's command", None, None, None),
    'zcopy_netlink': ('zcopy, netlink', None, None, None),
}
# The programs in Java, which only the table of 2008 has
JAVA = {
    'java_read_write': 'Java, read + write',
    'java_transfer_to': 'Java, transferTo',
    'java_read_write_interposed': 'Java, read + write, interposed',
    'java_transfer_to_interposed': 'Java, transferTo, interposed',
}

# Without scatter/gather on the device
NO_GATHER = {'sendfile': (1, 2, 2)}

WHY = {
    'read_write': 'Two copies, as published. Four switches are those of one pair of calls: '
                  'a file that is larger than the buffer takes a pair for each piece.',
    'read_write_4k': 'As above, with the buffer of the programs of 2008: sixteen times as '
                     'many calls.',
    'mmap_write': 'One copy, as published. One write sends all of a mapping, so there are '
                  'few switches. The page faults happen inside write, in the kernel, where '
                  'no table counts them.',
    'mmap_populate_write': 'MAP_POPULATE maps all pages at once. That saves the faults and '
                           'not the work.',
    'sendfile': 'No copy, as published for a device with scatter/gather. One call moves the '
                'file, so there are two switches, whatever its size.',
    'splice': 'No copy, as published. Zero switches is wrong: two calls fill and empty the '
              'pipe for each piece of its size. (sendfile is made of the same parts since '
              'Linux 2.6.23, with a pipe inside the kernel.)',
    'tee': 'tee copies references, not bytes; the second reader costs calls.',
    'vmsplice': 'No copy, but a mapping: the pages are pinned one by one, so that the '
                'faults of mmap come back.',
    'uring_splice': 'No copy. One call submits a whole chain; threads of the ring do the '
                    'splicing, and the process sleeps meanwhile.',
    'msg_zerocopy': 'Called zero copy, but a receiver on the same machine gets a copy: the '
                    "sender's buffer may change, so the kernel copies what it delivers to "
                    'itself. To another machine there is none. The program must wait for '
                    'messages that give the memory back.',
    'interposed': 'An unmodified program: its sendfile is one transfer of zcopy.',
    'zcopy_send': 'No copy, one call.',
    'zcopy_submit': 'No copy; a second call collects the completion, and a thread of the '
                    'module sends.',
    'zcopy_ring': 'No copy; one call submits and collects.',
    'zcopy_netlink': 'No copy; messages to the kernel and back instead of one call.',
}
WHY_NO_GATHER = (
    'Without scatter/gather the socket still takes references, and the copy is made later: '
    'the device layer copies each packet into one piece of memory, since the device could '
    'not collect it. So every way has a copy more, also those that had copied already; only '
    'that of MSG_ZEROCOPY is the one that delivery to the same machine would have made. The '
    'books charge that copy to sendfile alone.')

# ms of the table of 2008: the traditional program, and the one with sendfile
SIZES = (7, 21, 63, 98, 200, 350, 700, 1000)
TRADITIONAL_2008 = dict(zip(SIZES, (156, 337, 843, 1320, 2124, 3631, 13498, 18399)))
ZERO_COPY_2008 = dict(zip(SIZES, (45, 128, 387, 617, 1150, 1762, 4422, 8537)))
