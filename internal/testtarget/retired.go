package testtarget

// Retired is the function of the probes' catalogue that no target has which is built
// with the newest SDK: v1.16.0 is the last with it.
const Retired = "go.opentelemetry.io/otel/exporters/otlp/internal/retry.wait"
