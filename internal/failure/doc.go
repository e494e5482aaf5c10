// Package failure says why an export failed, from the error that it returned: which types of
// errors are known and what they hold, how the chain of them reads as text, without
// credentials, and which class of failure the text is of. It is pure. Copying errors out of a
// process is package probes' work, advice package findings'.
package failure
