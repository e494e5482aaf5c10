// Package docs embeds the JSON Schema of the report, so that tests find it wherever they run.
package docs

import _ "embed"

// ReportSchema is the JSON Schema of otwatch.report/v1.
//
//go:embed report.schema.json
var ReportSchema []byte
