package field

import "slices"

// rows is the table. Rows of one program stand together, since it is built once for all
// that are tried on a day.
var rows = slices.Concat(exportRows, spanRows, olderRows, instrumentationRows, endpointRows, wiringRows)
