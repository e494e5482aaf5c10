// Command foreign attaches otwatch to programs that carry the SDK and that nobody
// here wrote, from the Go module proxy: they are built, put under a load,
// watched, and must be alive and well afterwards, with no finding but those that
// their way of working explains. It writes what came of it into docs/proof.md.
//
//	make foreign
//
// It needs root, and minutes for the builds. PROGRAM=caddy chooses.
package main
