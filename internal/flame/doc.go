// Package flame makes flame graphs of the stacks that were sampled of one target. A graph
// keeps the functions with the most samples, within a bound of nodes and bytes, and counts
// what it leaves out. Drawing it is package view's work. It is pure.
package flame
