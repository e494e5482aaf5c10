package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestOutletKeepsOrder expects everything to be written, in order.
func TestOutletKeepsOrder(t *testing.T) {
	var got, want bytes.Buffer
	o := newOutlet(&got)
	for i := range 1000 {
		line := fmt.Sprintln(i, strings.Repeat("x", i*i%5000))
		want.WriteString(line)
		if _, err := io.WriteString(o, line); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.last([]byte("end\n")); err != nil {
		t.Fatal(err)
	}
	if want.WriteString("end\n"); got.String() != want.String() {
		t.Errorf("%d bytes are written, of %d, or in another order", got.Len(), want.Len())
	}
}

// blockedPipe is a pipe that nobody reads.
func blockedPipe(t *testing.T) (reader, writer *os.File) {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { reader.Close(); writer.Close() })
	if _, err := unix.FcntlInt(writer.Fd(), unix.F_SETPIPE_SZ, os.Getpagesize()); err != nil {
		t.Fatal(err)
	}
	return reader, writer
}

// TestOutletDoesNotWait has no reader: the outlet holds outletRoom bytes, leaves the
// rest out, and goes on with whole writes when there is a reader again.
func TestOutletDoesNotWait(t *testing.T) {
	reader, writer := blockedPipe(t)
	o, line := newOutlet(writer), []byte(strings.Repeat("x", 1<<16-1)+"\n")
	const lines = 3 * outletRoom / (1 << 16)
	for range lines {
		if _, err := o.Write(line); err != nil && !errors.Is(err, errNoRoom) {
			t.Fatal(err)
		}
	}
	if held, _ := o.state(); held > outletRoom+len(line) || !o.full() {
		t.Errorf("it holds %d bytes, want %d", held, outletRoom)
	}
	if err := o.flush(); !errors.Is(err, errNoRoom) {
		t.Errorf("got %v, want that nobody takes it", err)
	}
	read := make(chan []byte)
	go func() {
		all, _ := io.ReadAll(reader)
		read <- all
	}()
	if err := o.last([]byte("end\n")); err != nil {
		t.Fatal(err)
	}
	writer.Close()
	all := <-read
	if want := (lines - int(o.missed())) * len(line); o.missed() == 0 || len(all) != want+len("end\n") || !bytes.HasSuffix(all, []byte("x\nend\n")) {
		t.Errorf("%d lines are left out and %d bytes read, want %d", o.missed(), len(all), want)
	}
}

// TestOutletWaitsForASlowReader waits as long as the reader takes anything.
func TestOutletWaitsForASlowReader(t *testing.T) {
	reader, writer := blockedPipe(t)
	o, text := newOutlet(writer), make([]byte, 20*outletPiece)
	read := make(chan int)
	go func() {
		n := 0
		for n < len(text) {
			got, err := reader.Read(make([]byte, outletPiece))
			if err != nil {
				break
			}
			n += got
			time.Sleep(stalled / 100)
		}
		read <- n
	}()
	if err := o.last(text); err != nil {
		t.Error(err)
	}
	if n := <-read; n != len(text) {
		t.Errorf("%d bytes are read, want %d", n, len(text))
	}
}

// TestOutletFails expects every caller to get the error of the failed write.
func TestOutletFails(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	o := newOutlet(full)
	if _, err := o.Write([]byte("x")); err != nil {
		t.Error(err)
	}
	<-o.failed
	for what, err := range map[string]error{"flush": o.flush(), "last": o.last([]byte("y")), "write": func() error { _, err := o.Write([]byte("z")); return err }()} {
		if !errors.Is(err, unix.ENOSPC) {
			t.Errorf("%s: got %v, want %v", what, err, unix.ENOSPC)
		}
	}
}
