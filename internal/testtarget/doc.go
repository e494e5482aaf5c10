// Package testtarget builds and drives the traced programs of testdata/targets, mostly
// the reference program, and receives what they export, for the tests of other packages.
// Everything that it starts ends with the test.
package testtarget
