package whatif

import (
	"strconv"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// Env is a change of settings as environment variables of the SDK, without those that
// stay the same.
func Env(from, to snapshot.Settings) map[string]string {
	env := map[string]string{}
	if to.MaxQueueSize != from.MaxQueueSize {
		env["OTEL_BSP_MAX_QUEUE_SIZE"] = strconv.FormatUint(to.MaxQueueSize, 10)
	}
	if to.MaxExportBatchSize != from.MaxExportBatchSize {
		env["OTEL_BSP_MAX_EXPORT_BATCH_SIZE"] = strconv.FormatUint(to.MaxExportBatchSize, 10)
	}
	if to.BatchTimeout != from.BatchTimeout {
		env["OTEL_BSP_SCHEDULE_DELAY"] = strconv.FormatInt(to.BatchTimeout.Milliseconds(), 10)
	}
	return env
}
