// SPDX-License-Identifier: GPL-2.0 OR MIT

//go:build linux && (amd64 || arm64 || riscv64)

package zcopy

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"math/rand"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// content has no equal parts.
func content(size int) []byte {
	b := make([]byte, size)
	rand.New(rand.NewSource(1)).Read(b)
	return b
}

func fileOf(t *testing.T, b []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file.bin")
	if err := os.WriteFile(name, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// copier stands in for the device: it copies, or fails.
type copier struct {
	calls int32
	after int // bytes of a transfer that fails
	err   error
}

func (c *copier) Send(_ context.Context, conn syscall.Conn, list []Elem, _ *Options) (Result, error) {
	atomic.AddInt32(&c.calls, 1)
	var all []byte
	for _, e := range list {
		part := e.data
		if e.file != nil {
			part = make([]byte, e.n)
			if _, err := e.file.ReadAt(part, e.off); err != nil {
				return Result{}, err
			}
		}
		all = append(all, part...)
	}
	if c.err != nil {
		all = all[:c.after]
	}
	conn.(net.Conn).Write(all)
	return Result{}, c.err
}

func start(t *testing.T, name string, dev sender) *httptest.Server {
	return httptest.NewServer(handler(t, name, dev))
}

func handler(t *testing.T, name string, dev sender) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f, err := os.Open(name)
		if err != nil {
			t.Error(err)
			return
		}
		defer f.Close()
		w.Header().Set("Etag", `"e"`)
		serve(w, r, f, dev)
	}
}

// get asks with header fields "Name: value", and says whether the connection was used
// before.
func get(t *testing.T, srv *httptest.Server, method string, fields ...string) (*http.Response, []byte, bool) {
	t.Helper()
	reused := false
	trace := &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { reused = i.Reused }}
	ctx := httptrace.WithClientTrace(context.Background(), trace)
	req, err := http.NewRequestWithContext(ctx, method, srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		req.Header.Add(name, value)
	}
	res, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, body, reused
}

func TestAnswersAreThoseOfNetHTTP(t *testing.T) {
	name := fileOf(t, content(1<<20))
	ours := &copier{}
	by, plain := start(t, name, ours), start(t, name, (*Device)(nil))
	defer by.Close()
	defer plain.Close()
	for _, c := range []struct {
		method, field string
		taken         int32
	}{
		{"GET", "Accept: */*", 1},
		{"GET", "Range: bytes=1000-500000", 1},
		{"GET", "Range: bytes=900000-", 1},
		{"GET", "Range: bytes=-100000", 1},
		{"GET", "If-Range: \"e\"", 1},
		{"GET", "If-None-Match: \"f\"", 1},
		{"GET", "Range: bytes=0-99", 0},
		{"GET", "Range: bytes=2000000-", 0},
		{"GET", "Range: nonsense", 0},
		{"GET", "Range: bytes=0-99999,200000-399999", 0},
		{"GET", "If-None-Match: \"e\"", 0},
		{"GET", "If-Match: \"f\"", 0},
		{"HEAD", "Accept: */*", 0},
	} {
		before := ours.calls
		got, body, _ := get(t, by, c.method, c.field)
		want, wanted, _ := get(t, plain, c.method, c.field)
		if mark := strings.Index(want.Header.Get("Content-Type"), "boundary="); mark >= 0 {
			body, wanted = body[70:80], wanted[70:80] // the boundary differs
			want.Header.Del("Content-Type")
			got.Header.Del("Content-Type")
		}
		if got.StatusCode != want.StatusCode || !bytes.Equal(body, wanted) {
			t.Errorf("%s %s: %s and %d bytes, not %s and %d", c.method, c.field,
				got.Status, len(body), want.Status, len(wanted))
		}
		for key := range want.Header {
			if a, b := got.Header.Get(key), want.Header.Get(key); a != b && key != "Date" {
				t.Errorf("%s %s: %s is %q, not %q", c.method, c.field, key, a, b)
			}
		}
		if len(got.Header) != len(want.Header) || got.Header.Get("Date") == "" {
			t.Errorf("%s %s: %v, not %v", c.method, c.field, got.Header, want.Header)
		}
		if ours.calls-before != c.taken {
			t.Errorf("%s %s: %d transfers", c.method, c.field, ours.calls-before)
		}
	}
}

func TestConnectionsAreGivenBack(t *testing.T) {
	want := content(1 << 20)
	ours := &copier{}
	srv := start(t, fileOf(t, want), ours)
	defer srv.Close()
	for i := 0; i < 5; i++ {
		_, body, reused := get(t, srv, "GET")
		if !bytes.Equal(body, want) || reused != (i > 0) {
			t.Errorf("request %d: %d bytes, connection used before: %v", i, len(body), reused)
		}
	}
	if res, _, _ := get(t, srv, "GET", "Connection: close"); !res.Close {
		t.Error("the answer to Connection: close does not say so")
	}
	if ours.calls != 6 {
		t.Errorf("%d transfers", ours.calls)
	}
}

func TestRefusedTransfersAreCopied(t *testing.T) {
	want := content(1 << 20)
	srv := start(t, fileOf(t, want), &copier{err: os.NewSyscallError("zcopy submit", syscall.EDQUOT)})
	defer srv.Close()
	for i := 0; i < 2; i++ {
		_, body, reused := get(t, srv, "GET", "Range: bytes=5-")
		if !bytes.Equal(body, want[5:]) || reused != (i > 0) {
			t.Errorf("request %d: %d bytes, connection used before: %v", i, len(body), reused)
		}
	}
}

func TestBrokenTransfersCloseTheConnection(t *testing.T) {
	broken := (&Result{Status: FileError, error: uint32(syscall.EIO)}).Err()
	srv := start(t, fileOf(t, content(1<<20)), &copier{after: 5000, err: broken})
	defer srv.Close()
	res, err := (&http.Client{Timeout: time.Minute}).Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.ReadAll(res.Body); err != io.ErrUnexpectedEOF {
		t.Error(err)
	}
	if broken.Error() != "zcopy: file_error: input/output error" {
		t.Error(broken)
	}
}

func TestPipelinedRequestsAreAskedAgain(t *testing.T) {
	want := content(1 << 20)
	srv := start(t, fileOf(t, want), &copier{})
	defer srv.Close()
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	io.WriteString(conn, strings.Repeat("GET / HTTP/1.1\r\nHost: h\r\n\r\n", 3))
	r := bufio.NewReader(conn)
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil || !bytes.Equal(body, want) || !res.Close {
		t.Errorf("%v, %d bytes, close: %v", err, len(body), res.Close)
	}
	if rest, _ := io.ReadAll(r); len(rest) > 0 {
		t.Errorf("%d bytes behind", len(rest))
	}
}

func TestOthersAreLeftToNetHTTP(t *testing.T) {
	want := content(1 << 20)
	ours := &copier{}
	srv := httptest.NewTLSServer(handler(t, fileOf(t, want), ours))
	defer srv.Close()
	if _, body, _ := get(t, srv, "GET"); !bytes.Equal(body, want) {
		t.Errorf("TLS: %d bytes", len(body))
	}
	rec := httptest.NewRecorder()
	handler(t, fileOf(t, want), ours)(rec, httptest.NewRequest("GET", "/", nil))
	if !bytes.Equal(rec.Body.Bytes(), want) {
		t.Errorf("no hijacker: %d bytes", rec.Body.Len())
	}
	if ours.calls != 0 {
		t.Errorf("%d transfers", ours.calls)
	}
}

func TestAServerThatIsShutDownClosesTheConnection(t *testing.T) {
	near, far := net.Pipe()
	l := &once{make(chan net.Conn, 1), near.LocalAddr()}
	l.conn <- near
	srv := &http.Server{}
	srv.Close()
	if err := srv.Serve(l); err != http.ErrServerClosed {
		t.Error(err)
	}
	if _, err := far.Read(make([]byte, 1)); err != io.EOF {
		t.Error(err)
	}
}

func TestWithoutADeviceOpenSaysSo(t *testing.T) {
	if _, err := os.Stat(Path); err == nil {
		t.Skip("there is a device")
	}
	if d, err := Open(); d != nil || !os.IsNotExist(err) {
		t.Error(d, err)
	}
}
