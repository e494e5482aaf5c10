// Command pictures takes the pictures in docs/images: the live view of a service that
// is watched while its collector falters, and the HTML report of the same run. It
// needs root, tmux, Debian's python3-rich and chromium-headless-shell.
package main
