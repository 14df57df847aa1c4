// SPDX-License-Identifier: GPL-2.0 OR MIT

//go:build linux && (amd64 || arm64 || riscv64)

package zcopy

import (
	"time"
	"unsafe"
)

// The structs and numbers of <linux/zcopy.h>, as abi_test.go checks. Pointers are as wide
// as the interface's addresses, so that the garbage collector sees them.

const (
	iocSubmit  = 0xBB02 // _IO(0xBB, n): no direction and no size in it
	iocCancel  = 0xBB04
	elemFile   = 1
	elemMemory = 2
)

// Until says when a transfer counts as complete: when the socket has taken all bytes, the
// peer has acknowledged them, or the network stack holds no page of the files any more.
type Until uint32

// End says what is done to the socket after the last byte: nothing, a partial segment is
// held back for what follows, or the sending side is shut down.
type End uint32

// Levels of completion, and end actions.
const (
	UntilQueued Until = iota
	UntilAcked
	UntilReleased

	EndKeep End = iota - 3
	EndCork
	EndShutdown
)

// Flags says what a transfer does beside sending; zcopy(4) describes them.
type Flags uint32

// The other flags of zcopy(4) are for what this package does not do.
const (
	Stable     Flags = 1 << 0
	DropBehind Flags = 1 << 1
	NoWait     Flags = 1 << 2
	More       Flags = 1 << 6
	AsRead     Flags = 1 << 8
	AnyPID     Flags = 1 << 9
	allFlags         = Stable | DropBehind | NoWait | More | AsRead | AnyPID
)

// Status says how a transfer ended.
type Status uint32

// Done and Changed: all bytes were sent.
const (
	Done Status = iota
	Changed
	Truncated
	Cancelled
	Again
	SocketError
	FileError
	NoMemory
	Deadline
	Idle
)

var statusNames = [...]string{"done", "changed", "truncated", "cancelled", "again",
	"socket_error", "file_error", "no_memory", "deadline", "idle"}

func (s Status) String() string {
	if int(s) >= len(statusNames) {
		return "unknown"
	}
	return statusNames[s]
}

type elem struct {
	kind          uint32
	fd            int32
	off, len      uint64
	flags, record uint32
}

type sink struct {
	fd       int32
	flags    uint32
	rate     uint64
	reserved [2]uint64
}

type send struct {
	size                  uint32
	flags                 Flags
	elems                 *elem
	nrElems, elemSize     uint32
	sinks                 *sink
	nrSinks, sinkSize     uint32
	cookie                uint64
	until                 Until
	end                   End
	rate                  uint64
	deadlineNs, idleNs    time.Duration
	readahead             uint64
	results               uint64
	resultSize, reserved0 uint32
	id                    uint64
	reserved              [4]uint64
}

// Result says how a transfer ended; times are since its submission.
type Result struct {
	size, Sink                                    uint32
	ID, cookie                                    uint64
	Status                                        Status
	error                                         uint32
	BytesAsked, Bytes, BytesByRef, BytesCopied    uint64
	copied                                        [8]uint64
	CacheHitBytes, CacheMissBytes                 uint64
	SocketWaits, DiskWaits, Retrans, reserved0    uint32
	QueuedNs, FirstByteNs, LastByteNs, DurationNs time.Duration
	copiedSmall, copiedPolicy                     uint64
}

const resultSize = int(unsafe.Sizeof(Result{})) // read(2) has it so, too

type cancel struct {
	size, flags      uint32
	id               uint64
	count, reserved0 uint32
	reserved         [2]uint64
}
