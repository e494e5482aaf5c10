// Package golden compares what a test has made with a file that is committed.
// `go test PACKAGE -update` writes the files anew; git then shows what changed.
package golden
