// SPDX-License-Identifier: GPL-2.0 OR MIT

//go:build linux && (amd64 || arm64 || riscv64)

package zcopy

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
)

const size = 6 << 20

func open(t *testing.T) *Device {
	t.Helper()
	d, err := Open()
	if os.IsNotExist(err) {
		t.Skip("there is no " + Path + " here")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// pair is a TCP connection with small buffers: near sends, far reads.
func pair(t *testing.T) (near, far *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	a, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	near, far = c.(*net.TCPConn), a.(*net.TCPConn)
	near.SetWriteBuffer(65536)
	far.SetReadBuffer(65536)
	t.Cleanup(func() { near.Close(); far.Close() })
	return near, far
}

func opened(t *testing.T) (*os.File, []byte) {
	t.Helper()
	b := content(size)
	f, err := os.Open(fileOf(t, b))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	time.Sleep(50 * time.Millisecond) // past the clock tick that hides a change
	return f, b
}

// expect reads what is wanted and the end, with a pause before each read.
func expect(t *testing.T, far io.Reader, want []byte, pause time.Duration) {
	t.Helper()
	buf := make([]byte, 1<<18)
	for at := 0; ; {
		time.Sleep(pause)
		n, err := far.Read(buf)
		if at+n > len(want) || !bytes.Equal(buf[:n], want[at:at+n]) {
			t.Fatalf("wrong bytes at %d", at)
		}
		at += n
		if err == io.EOF && at == len(want) {
			return
		}
		if err != nil {
			t.Fatalf("%v after %d bytes", err, at)
		}
	}
}

func TestSendIsExactToASlowPeer(t *testing.T) {
	d := open(t)
	f, b := opened(t)
	near, far := pair(t)
	want := bytes.Join([][]byte{[]byte("head"), b[7 : 3<<20], []byte("mid"), b, []byte("tail")}, nil)
	go func() {
		list := []Elem{Bytes([]byte("head")), Range(f, 7, 3<<20-7), Bytes([]byte("mid")),
			Range(f, 0, ToEnd), Bytes(nil), Bytes([]byte("tail"))}
		r, err := d.Send(context.Background(), near, list, &Options{End: EndShutdown})
		if err != nil || r.Status != Done || r.Bytes != uint64(len(want)) || r.BytesByRef < size {
			t.Errorf("%v: %+v", err, r)
		}
	}()
	expect(t, far, want, 2*time.Millisecond)
}

func TestSubmissionsKeepTheirOrder(t *testing.T) {
	d := open(t)
	f, b := opened(t)
	near, far := pair(t)
	var all []*Transfer
	var want []byte
	for i := int64(0); i < 4; i++ {
		tr, err := d.Submit(near, []Elem{Range(f, i, size/2)}, &Options{Until: UntilAcked})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, tr)
		want = append(want, b[i:i+size/2]...)
	}
	near.Close()
	f.Close()
	expect(t, far, want, 0)
	for _, tr := range all {
		<-tr.Done()
		if r, err := tr.Wait(context.Background()); err != nil || r.ID != tr.ID() {
			t.Errorf("%v: %+v", err, r)
		}
		if err := tr.Cancel(); err != nil {
			t.Error(err)
		}
	}
}

func TestManySlowPeersHoldNoThreads(t *testing.T) {
	d := open(t)
	f, b := opened(t)
	var wait sync.WaitGroup
	for i := 0; i < 40; i++ {
		near, far := pair(t)
		wait.Add(2)
		go func(off int64) {
			defer wait.Done()
			if _, err := d.Send(context.Background(), near, []Elem{Range(f, off, 1<<20)}, nil); err != nil {
				t.Error(err)
			}
			near.Close()
		}(int64(i))
		go func(off int) {
			defer wait.Done()
			expect(t, far, b[off:off+1<<20], time.Duration(off)*time.Millisecond/2)
		}(i)
	}
	time.Sleep(20 * time.Millisecond)
	if tasks, err := os.ReadDir("/proc/self/task"); err != nil || len(tasks) > 20 {
		t.Errorf("%v: %d threads", err, len(tasks))
	}
	wait.Wait()
}

func TestContextsCancel(t *testing.T) {
	d := open(t)
	f, b := opened(t)
	near, far := pair(t)
	ctx, stop := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer stop()
	r, err := d.Send(ctx, near, []Elem{Range(f, 0, ToEnd)}, nil)
	if !errors.Is(err, context.DeadlineExceeded) || r.Status != Cancelled || r.Bytes >= size {
		t.Errorf("%v: %+v", err, r)
	}
	if _, err = d.Send(ctx, near, []Elem{Range(f, 0, ToEnd)}, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	near.Close()
	expect(t, far, b[:r.Bytes], 0)
}

func TestErrorsWrapTheirErrno(t *testing.T) {
	d := open(t)
	f, _ := opened(t)
	near, far := pair(t)
	tr, err := d.Submit(near, []Elem{Range(f, 0, ToEnd)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	far.SetLinger(0)
	far.Close()
	_, err = tr.Wait(context.Background())
	var failed *TransferError
	if !errors.As(err, &failed) || failed.Result.Status != SocketError ||
		!errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
		t.Error(err)
	}
	near, _ = pair(t)
	for _, o := range []*Options{{Deadline: time.Millisecond}, {Idle: 50 * time.Millisecond}} {
		if _, err = d.Send(context.Background(), near, []Elem{Range(f, 0, ToEnd)}, o); !errors.Is(err, syscall.ETIMEDOUT) {
			t.Error(err)
		}
	}
	near, _ = pair(t)
	if _, err = d.Send(context.Background(), near, []Elem{Range(f, size-1, 2)}, nil); !errors.Is(err, syscall.ENODATA) {
		t.Error(err)
	}
}

func TestRefusalsSendNothing(t *testing.T) {
	d := open(t)
	f, _ := opened(t)
	near, far := pair(t)
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	shut, _ := pair(t)
	shut.CloseWrite()
	gone, _ := pair(t)
	gone.Close()
	for _, c := range []struct {
		conn syscall.Conn
		e    Elem
		o    *Options
		want error
	}{
		{near, Range(f, -1, 5), nil, syscall.EINVAL},
		{near, Range(f, 1, -5), nil, syscall.EINVAL},
		{near, Bytes(make([]byte, 65537)), nil, syscall.E2BIG},
		{near, Bytes([]byte("x")), &Options{Idle: -1}, syscall.EINVAL},
		{near, Bytes([]byte("x")), &Options{Flags: 1 << 4}, syscall.EINVAL},
		{near, Bytes([]byte("x")), &Options{Until: 3}, syscall.EINVAL},
		{f, Bytes([]byte("x")), nil, syscall.ENOTSOCK},
		{udp.(*net.UDPConn), Bytes([]byte("x")), nil, syscall.EOPNOTSUPP},
		{shut, Bytes([]byte("x")), nil, syscall.EPIPE},
		{gone, Bytes([]byte("x")), nil, net.ErrClosed},
	} {
		if _, err := d.Submit(c.conn, []Elem{c.e}, c.o); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v, not %v", c.e, err, c.want)
		}
	}
	if len(d.running) != 0 {
		t.Errorf("%d are left", len(d.running))
	}
	near.Close()
	expect(t, far, nil, 0)
}

func TestMemoryIsThatOfTheCaller(t *testing.T) {
	d := open(t)
	near, far := pair(t)
	stop := make(chan bool)
	defer close(stop)
	go func() {
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	}()
	var want []byte
	for i := 0; i < 300; i++ {
		var text [40]byte // on the stack, if the compiler may
		list := make([]Elem, 20)
		for j := range list {
			text[j] = byte(i + j)
			list[j] = Bytes(append([]byte(nil), text[:j+1]...))
			want = append(want, text[:j+1]...)
		}
		if _, err := d.Submit(near, list, nil); err != nil {
			t.Fatal(err)
		}
	}
	near.Close()
	expect(t, far, want, 0)
}

func TestCloseEndsTheWaiting(t *testing.T) {
	d := open(t)
	f, _ := opened(t)
	near, _ := pair(t)
	tr, err := d.Submit(near, []Elem{Range(f, 0, ToEnd)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	d.Close()
	if _, err = tr.Wait(context.Background()); err != os.ErrClosed {
		t.Error(err)
	}
	if _, err = d.Submit(near, []Elem{Range(f, 0, ToEnd)}, nil); err == nil {
		t.Error("a closed device takes transfers")
	}
}

func TestServeFileGoesThroughTheModule(t *testing.T) {
	d := open(t)
	f, b := opened(t)
	srv := start(t, f.Name(), d)
	defer srv.Close()
	for i := 0; i < 3; i++ {
		_, body, reused := get(t, srv, "GET", "Range: bytes=10-")
		if !bytes.Equal(body, b[10:]) || reused != (i > 0) {
			t.Errorf("request %d: %d bytes, connection used before: %v", i, len(body), reused)
		}
	}
}
