// SPDX-License-Identifier: GPL-2.0 OR MIT

// server is a static file server on net/http, whose bodies the zcopy module sends.
//
//	server PORT [DIRECTORY]
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path"
	"syscall"
	"time"

	"zcopy.example/zcopy"
)

// files serves the regular files under a directory.
type files struct{ root http.Dir }

func (h files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// http.Dir opens nothing outside its directory.
	f, err := h.root.Open(path.Clean("/" + r.URL.Path))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer f.Close()
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() {
		http.NotFound(w, r)
		return
	}
	zcopy.ServeFile(w, r, f.(*os.File))
}

func main() {
	if len(os.Args) != 2 && len(os.Args) != 3 {
		fmt.Fprintf(os.Stderr, "usage: %s PORT [DIRECTORY]\n", os.Args[0])
		os.Exit(2)
	}
	root := "."
	if len(os.Args) == 3 {
		root = os.Args[2]
	}
	if _, err := zcopy.Shared(); err != nil {
		log.Printf("%v: net/http sends everything", err)
	}
	srv := &http.Server{
		Addr:              net.JoinHostPort("", os.Args[1]),
		Handler:           files{http.Dir(root)},
		ReadHeaderTimeout: 10 * time.Second,
		WriteTimeout:      10 * time.Minute,
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		srv.Shutdown(context.Background())
	}()
	if err := srv.ListenAndServe(); err != http.ErrServerClosed {
		log.Fatal(err)
	}
}
