// Package estimate holds the statistics behind the figures: a value with its
// 95 % interval, and quantiles of observed values. Everything in it is pure.
package estimate
