// Package testtarget builds and drives the traced program of
// testdata/targets/reference, and receives what it exports, for the tests of
// other packages. Everything it starts ends with the test.
package testtarget
