// What flame.js uses of the library; make flamegraph bundles it into library.min.js.
export { default as flamegraph } from "d3-flame-graph";
export { select } from "d3-selection";
