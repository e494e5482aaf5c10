// Package estimate has the statistics behind the figures: values with 95 % intervals, and
// quantiles of observed values. It is pure.
package estimate
