// SPDX-License-Identifier: GPL-2.0 OR MIT

//go:build linux && (amd64 || arm64 || riscv64)

package zcopy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Taking the connection and giving it back costs more than shorter answers do.
const leastBody = 64 << 10

// ServeFile answers a request with a file, as http.ServeContent does: ranges, conditions
// and types are net/http's own. The header and the file are one transfer, for which the
// connection is taken from the server (http.Hijacker) and given back afterwards, so that
// it serves further requests. The server's WriteTimeout is the transfer's deadline.
//
// net/http sends what cannot be served so: TLS, HTTP/2 and HTTP/1.0, short answers, several
// ranges, writers that cannot be hijacked, and everything where there is no module; it
// moves the file's position.
func ServeFile(w http.ResponseWriter, r *http.Request, f *os.File) {
	dev, _ := Shared() // nil if there is none
	serve(w, r, f, dev)
}

// sender is *Device, or in tests what stands in for it.
type sender interface {
	Send(context.Context, syscall.Conn, []Elem, *Options) (Result, error)
}

func serve(w http.ResponseWriter, r *http.Request, f *os.File, dev sender) {
	st, err := f.Stat()
	if err != nil {
		http.Error(w, "the file cannot be read", http.StatusInternalServerError)
		return
	}
	if p := makePlan(w, r, f, st); p != nil && dev != (*Device)(nil) {
		if conn, rw, err := w.(http.Hijacker).Hijack(); err == nil {
			if rw.Reader.Buffered() > 0 {
				p.keep = nil // the client asks again what it asked in advance
			}
			p.run(r.Context(), conn, dev)
			return
		}
	}
	http.ServeContent(w, r, f.Name(), st.ModTime(), f)
}

// A plan is a http.ResponseWriter that notes the head, and the part of the file behind it.
type plan struct {
	file    *os.File
	content *io.SectionReader
	header  http.Header
	code    int
	off, n  int64
	keep    *http.Server // gets the connection back; nil: it is closed
	limit   time.Duration
}

func (p *plan) Header() http.Header       { return p.header }
func (p *plan) WriteHeader(code int)      { p.code = code }
func (p *plan) Write([]byte) (int, error) { return 0, http.ErrNotSupported }

// ReadFrom is called once, by io.CopyN, with the part of the content.
func (p *plan) ReadFrom(src io.Reader) (n int64, err error) {
	part, ok := src.(*io.LimitedReader)
	if !ok || part.R != io.Reader(p.content) {
		return 0, http.ErrNotSupported
	}
	p.n = part.N
	p.off, err = p.content.Seek(0, io.SeekCurrent)
	return p.n, err
}

// makePlan returns nil for what is left to net/http.
func makePlan(w http.ResponseWriter, r *http.Request, f *os.File, st os.FileInfo) *plan {
	if _, can := w.(http.Hijacker); !can || r.TLS != nil || r.ProtoMajor != 1 || r.ProtoMinor < 1 || r.Method != "GET" ||
		r.ContentLength != 0 || !st.Mode().IsRegular() {
		return nil
	}
	p := &plan{file: f, content: io.NewSectionReader(f, 0, st.Size()), header: w.Header().Clone()}
	http.ServeContent(p, r, f.Name(), st.ModTime(), p.content)
	if p.n < leastBody || p.header.Get("Content-Length") != strconv.FormatInt(p.n, 10) ||
		p.header["Trailer"] != nil || p.header["Transfer-Encoding"] != nil {
		return nil
	}
	if srv, ok := r.Context().Value(http.ServerContextKey).(*http.Server); ok {
		p.limit = srv.WriteTimeout
		if !r.Close && !strings.EqualFold(p.header.Get("Connection"), "close") {
			p.keep = srv
		}
	}
	return p
}

func (p *plan) head() string {
	var b strings.Builder
	if p.keep == nil {
		p.header.Set("Connection", "close")
	}
	if _, told := p.header["Date"]; !told {
		p.header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", p.code, http.StatusText(p.code))
	p.header.Write(&b)
	b.WriteString("\r\n")
	return b.String()
}

// run sends the answer over a hijacked connection, and gives that back.
func (p *plan) run(ctx context.Context, c net.Conn, dev sender) {
	head := p.head()
	err := error(&os.SyscallError{Err: syscall.ENOTSOCK})
	if sock, ok := c.(syscall.Conn); ok {
		list := []Elem{Bytes([]byte(head)), Range(p.file, p.off, p.n)}
		_, err = dev.Send(ctx, sock, list, &Options{Deadline: p.limit})
	}
	if refused := new(os.SyscallError); errors.As(err, &refused) { // nothing was sent
		if p.limit > 0 {
			c.SetWriteDeadline(time.Now().Add(p.limit))
		}
		_, err = io.Copy(c, io.MultiReader(strings.NewReader(head), io.LimitReader(p.content, p.n)))
	}
	if err != nil || p.keep == nil {
		c.Close()
		return
	}
	l := &once{make(chan net.Conn, 1), c.LocalAddr()}
	l.conn <- c
	p.keep.Serve(l)
}

// once is a listener that accepts one connection. It gives a server back its own.
type once struct {
	conn chan net.Conn
	addr net.Addr
}

func (l *once) Addr() net.Addr { return l.addr }

func (l *once) Accept() (net.Conn, error) {
	select {
	case c := <-l.conn:
		return c, nil
	default:
		return nil, net.ErrClosed
	}
}

// Close finds the connection if the server has been shut down.
func (l *once) Close() error {
	if c, err := l.Accept(); err == nil {
		return c.Close()
	}
	return nil
}
