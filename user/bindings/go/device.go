// SPDX-License-Identifier: GPL-2.0 OR MIT

//go:build linux && (amd64 || arm64 || riscv64)

// Package zcopy sends files to TCP sockets inside the kernel, by the zcopy module. A
// slow peer or a cold disk holds no thread: the goroutine that waits is parked by the Go
// scheduler. The manual pages zcopy(7) and zcopy(4) say what a transfer does.
package zcopy

import (
	"os"
	"sync"
	"syscall"
	"unsafe"
)

// Path of the device.
const Path = "/dev/zcopy"

// A Device is an open /dev/zcopy, which owns the transfers that it starts. Several
// goroutines may use it at a time.
type Device struct {
	file    *os.File
	mu      sync.Mutex
	running map[uint64]*Transfer // by cookie
	cookie  uint64
}

// Open opens the device.
func Open() (*Device, error) {
	// O_NONBLOCK: the runtime's poller waits, not a thread.
	f, err := os.OpenFile(Path, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	d := &Device{file: f, running: make(map[uint64]*Transfer)}
	go d.collect()
	return d, nil
}

var shared struct {
	once sync.Once
	dev  *Device
	err  error
}

// Shared returns a device that the process opens at the first call and never closes.
func Shared() (*Device, error) {
	shared.once.Do(func() { shared.dev, shared.err = Open() })
	return shared.dev, shared.err
}

// Close cancels all transfers; those who wait for them get os.ErrClosed.
func (d *Device) Close() error { return d.file.Close() }

// do calls a verb. Signals of the Go scheduler interrupt it before anything is done.
func (d *Device) do(verb uintptr, arg unsafe.Pointer) error {
	return withFd(d.file, func(fd int32) error {
		for {
			_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), verb, uintptr(arg))
			if errno == 0 {
				return nil
			} else if errno != syscall.EINTR {
				return errno
			}
		}
	})
}

// withFd calls f with a descriptor, which cannot be closed meanwhile.
func withFd(c syscall.Conn, f func(fd int32) error) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err = raw.Control(func(fd uintptr) { inner = f(int32(fd)) }); err != nil {
		return err
	}
	return inner
}

// collect hands completions to those who wait for them, until the device is closed. The
// poller reports edges: it is asked again only after a read that found nothing.
func (d *Device) collect() {
	var results [32]Result
	raw, err := d.file.SyscallConn()
	buf := unsafe.Slice((*byte)(unsafe.Pointer(&results)), unsafe.Sizeof(results))
	for err == nil {
		n := 0
		err = raw.Read(func(fd uintptr) bool {
			failed := error(syscall.EINTR)
			for failed == syscall.EINTR {
				n, failed = syscall.Read(int(fd), buf)
			}
			// 0 bytes: no transfer is live; the next one may bring a completion.
			return n > 0 || failed != nil && failed != syscall.EAGAIN
		})
		if n < 0 {
			break
		}
		for _, r := range results[:n/resultSize] {
			if t := d.forget(r.cookie); t != nil {
				t.end(r, r.Err())
			}
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, t := range d.running {
		t.end(Result{}, os.ErrClosed)
	}
	d.running = map[uint64]*Transfer{}
}

// remember gives a transfer its cookie, by which its completion is known.
func (d *Device) remember(t *Transfer) uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cookie++
	d.running[d.cookie] = t
	return d.cookie
}

func (d *Device) forget(cookie uint64) *Transfer {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.running[cookie]
	delete(d.running, cookie)
	return t
}
