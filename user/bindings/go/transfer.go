// SPDX-License-Identifier: GPL-2.0 OR MIT

//go:build linux && (amd64 || arm64 || riscv64)

package zcopy

import (
	"context"
	"os"
	"syscall"
	"time"
	"unsafe"
)

// An Elem is one piece of what is sent: memory, or a part of a file.
type Elem struct {
	file   *os.File
	data   []byte
	off, n int64
}

// ToEnd is the length of a range that ends where the file ends at submission.
const ToEnd = -1

// Bytes is memory, which the submission copies.
func Bytes(b []byte) Elem { return Elem{data: b} }

// Range is a part of a file, whose own position is neither used nor moved.
func Range(f *os.File, off, n int64) Elem { return Elem{file: f, off: off, n: n} }

// Options of a transfer; nil is the zero value. A time of 0 is no limit: Deadline is
// counted from the submission, Idle without progress.
type Options struct {
	Until          Until
	End            End
	Flags          Flags
	Rate           uint64 // bytes a second
	Deadline, Idle time.Duration
	ReadAhead      uint64 // most bytes
}

// A Transfer is a submission that the device works on or has ended.
type Transfer struct {
	dev    *Device
	id     uint64
	list   []Elem
	done   chan struct{}
	result Result
	err    error
}

// A TransferError tells of a transfer that did not send all its bytes. It wraps an errno.
type TransferError struct{ Result Result }

func (e *TransferError) Error() string {
	return "zcopy: " + e.Result.Status.String() + ": " + e.Unwrap().Error()
}

func (e *TransferError) Unwrap() error { return syscall.Errno(e.Result.error) }

// Err is nil if all bytes were sent, otherwise a *TransferError.
func (r Result) Err() error {
	if r.Status == Done || r.Status == Changed {
		return nil
	}
	return &TransferError{r}
}

func (t *Transfer) end(r Result, err error) {
	t.result, t.err = r, err
	close(t.done)
}

// Submit starts a transfer to a connected TCP socket, and returns at once. Connection
// and files may be closed afterwards; deadlines of the connection do not count.
func (d *Device) Submit(conn syscall.Conn, list []Elem, o *Options) (*Transfer, error) {
	if o == nil {
		o = &Options{}
	}
	if o.Deadline < 0 || o.Idle < 0 || o.Flags&^allFlags != 0 {
		return nil, os.NewSyscallError("zcopy submit", syscall.EINVAL)
	}
	// The heap refers to the list until the kernel has read it: what is on a stack moves.
	t := &Transfer{dev: d, list: list, done: make(chan struct{})}
	elems, to := make([]elem, len(list)+1), sink{}
	req := send{
		size: uint32(unsafe.Sizeof(send{})), flags: o.Flags,
		elems: &elems[0], nrElems: uint32(len(list)), elemSize: uint32(unsafe.Sizeof(elem{})),
		sinks: &to, nrSinks: 1, sinkSize: uint32(unsafe.Sizeof(sink{})),
		cookie: d.remember(t), until: o.Until, end: o.End, rate: o.Rate,
		deadlineNs: o.Deadline, idleNs: o.Idle, readahead: o.ReadAhead,
	}
	err := withFd(conn, func(fd int32) error {
		to.fd = fd
		return fill(elems, list, func() error {
			return d.do(iocSubmit, unsafe.Pointer(&req))
		})
	})
	t.list, t.id = nil, req.id
	if err != nil {
		d.forget(req.cookie)
		return nil, os.NewSyscallError("zcopy submit", err)
	}
	return t, nil
}

// fill translates a list, and calls then while its files cannot be closed.
func fill(elems []elem, list []Elem, then func() error) error {
	for i, e := range list {
		if e.file != nil {
			return withFd(e.file, func(fd int32) error {
				elems[i] = elem{kind: elemFile, fd: fd, off: uint64(e.off), len: uint64(e.n)}
				return fill(elems[i+1:], list[i+1:], then)
			})
		}
		elems[i] = elem{kind: elemMemory, len: uint64(len(e.data))}
		if len(e.data) > 0 {
			elems[i].off = uint64(uintptr(unsafe.Pointer(&e.data[0])))
		}
	}
	return then()
}

// ID is the transfer's number, which zcctl and the module's listings show.
func (t *Transfer) ID() uint64 { return t.id }

// Done is closed when the transfer has ended.
func (t *Transfer) Done() <-chan struct{} { return t.done }

// Cancel tells the transfer to stop. What the socket has taken is still sent.
func (t *Transfer) Cancel() error {
	c := cancel{size: uint32(unsafe.Sizeof(cancel{})), id: t.id}
	if err := t.dev.do(iocCancel, unsafe.Pointer(&c)); err != syscall.ENOENT {
		return os.NewSyscallError("zcopy cancel", err)
	}
	return nil // it has ended
}

// Wait waits for the end. The error is a *TransferError if not all bytes were sent. If the
// context ends first, Wait cancels the transfer, and the error is the context's.
func (t *Transfer) Wait(ctx context.Context) (Result, error) {
	select {
	case <-t.done:
		return t.result, t.err
	case <-ctx.Done():
	}
	t.Cancel()
	if <-t.done; t.err == nil {
		return t.result, nil
	}
	return t.result, ctx.Err()
}

// Send is Submit and Wait.
func (d *Device) Send(ctx context.Context, conn syscall.Conn, list []Elem, o *Options) (Result, error) {
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	t, err := d.Submit(conn, list, o)
	if err != nil {
		return Result{}, err
	}
	return t.Wait(ctx)
}
