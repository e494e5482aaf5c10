// Command image builds the container image from the released binaries, without a daemon: an
// OCI layout with an image for each architecture. An image has one layer with the binary and the
// certificate authorities, so it needs no base image. The same binaries give the same bytes.
//
// It is a module of its own, so that what it needs does not come into the product's go.mod.
package main
