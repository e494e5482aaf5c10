package main

import (
	"context"
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

//go:embed draw.py
var drawPy string

// drawScreen draws text with ANSI sequences as SVG. Debian's module is for Debian's
// python.
func drawScreen(ctx context.Context, screen, path string) error {
	draw := exec.CommandContext(ctx, "/usr/bin/python3", "-c", drawPy, strconv.Itoa(columns), path)
	draw.Stdin = strings.NewReader(screen)
	_, err := output(draw)
	return err
}

// drawReport takes a picture of the beginning of a recording's report, as wide as on
// a laptop.
func drawReport(ctx context.Context, otwatch, recording, path string) error {
	html, err := output(exec.CommandContext(ctx, otwatch, "report", "--output", "html", recording))
	if err != nil {
		return err
	}
	page := filepath.Join(filepath.Dir(recording), "report.html")
	if err := os.WriteFile(page, []byte(html), 0o644); err != nil {
		return err
	}
	_, err = output(exec.CommandContext(ctx, "chromium-headless-shell", "--no-sandbox", "--hide-scrollbars",
		"--window-size=1280,1000", "--screenshot="+path, "file://"+page))
	return err
}
