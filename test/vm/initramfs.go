package main

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// writeInitramfs writes a directory as the kernel wants its first file system:
// a compressed cpio archive of the "newc" format, everything owned by root.
// Source: Documentation/driver-api/early-userspace/buffer-format.rst.
func writeInitramfs(to io.Writer, dir string) error {
	compressed, err := gzip.NewWriterLevel(to, gzip.BestSpeed)
	if err != nil {
		return err
	}
	archive := cpio{to: bufio.NewWriter(compressed)}
	err = filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == dir {
			return err
		}
		inside, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		return archive.add(name, filepath.ToSlash(inside), entry)
	})
	if err != nil {
		return fmt.Errorf("pack %s: %w", dir, err)
	}
	archive.entry("TRAILER!!!", 0, nil)
	if err := archive.to.Flush(); err != nil {
		return err
	}
	return compressed.Close()
}

// cpio writes an archive; an error shows when it is flushed.
type cpio struct {
	to    *bufio.Writer
	inode int
}

func (c *cpio) add(name, inside string, entry fs.DirEntry) error {
	const directory, file, link = 0o040755, 0o100755, 0o120777
	switch {
	case entry.IsDir():
		c.entry(inside, directory, nil)
	case entry.Type() == fs.ModeSymlink:
		to, err := os.Readlink(name)
		if err != nil {
			return err
		}
		c.entry(inside, link, []byte(to))
	default:
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		c.entry(inside, file, content)
	}
	return nil
}

// entry writes a header of fourteen numbers of eight hexadecimal digits, the
// name and the content, the last two padded to four bytes each.
func (c *cpio) entry(name string, mode int, content []byte) {
	c.inode++
	fmt.Fprintf(c.to, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
		c.inode, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name)+1, 0)
	const header = 110
	c.padded(append([]byte(name), 0), header)
	c.padded(content, 0)
}

func (c *cpio) padded(bytes []byte, before int) {
	_, _ = c.to.Write(bytes)
	_, _ = c.to.Write(make([]byte, -(before+len(bytes))&3))
}
