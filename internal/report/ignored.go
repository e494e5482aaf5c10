package report

// SDKDisabled is the variable of the specification that switches the SDK off. Go's SDK
// does not read it, up to v1.47.
const SDKDisabled = "OTEL_SDK_DISABLED"
