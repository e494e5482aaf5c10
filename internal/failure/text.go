package failure

import (
	"fmt"
	"strconv"
	"strings"
	"syscall"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// Limit bounds the text of an error, in bytes.
const Limit = 1 << 10

// Level is one error of a chain, as it was copied from a process.
type Level struct {
	Method string // its method Error, which shows the type; empty if it is not known
	Text   string // the string that it holds, cut off if it is long
	Value  uint64 // the number that it holds
	Read   bool   // what its type holds was read
}

// Describe writes the text of an error from its chain, the outermost error first, or says why
// it cannot be read. The text is clean, and without credentials.
func Describe(chain []Level) (text, unread string) {
	text, unread = describe(chain)
	if unread != "" {
		return "", untrusted.Text(unread, untrusted.MaxName)
	}
	return Clean(text), ""
}

func describe(chain []Level) (text, unread string) {
	if len(chain) == 0 {
		return "", "the chain of errors is too long"
	}
	own := chain[0]
	shape, known := shapeOf(own.Method)
	switch {
	case own.Method == "":
		return "", "the error's type could not be read"
	case !known:
		return "", "errors of its type are not known: " + strings.TrimSuffix(own.Method, ".Error")
	case !own.Read:
		return "", "the memory of the error could not be read"
	case shape.Holds == Status && own.Value == 0:
		return "", "the status of gRPC could not be read"
	}
	wrapped := ""
	if shape.Holds == Wrapped || shape.Holds == Both || shape.Holds == List {
		if wrapped, unread = describe(chain[1:]); unread != "" && shape.Holds != Both {
			return "", unread
		}
		if unread != "" { // what is known of it says more than nothing
			wrapped = "(" + unread + ")"
		}
	}
	return shape.says(own, wrapped), ""
}

func shapeOf(method string) (Shape, bool) {
	for _, s := range Shapes {
		if s.Method == method {
			return s, true
		}
	}
	return Shape{}, false
}

// errno names an error of the operating system.
func errno(own Level, _ string) string { return syscall.Errno(own.Value).Error() }

// codeNames are those of gRPC, by number. Source: google.golang.org/grpc/codes/code_string.go.
var codeNames = []string{"OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists", "PermissionDenied",
	"ResourceExhausted", "FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented", "Internal", "Unavailable", "DataLoss", "Unauthenticated"}

// status writes a status of gRPC as its method Error does. No error has the code OK: memory that
// reads so is not laid out as it is known.
func status(own Level, _ string) string {
	code := "Code(" + strconv.FormatUint(own.Value, 10) + ")"
	if own.Value < uint64(len(codeNames)) {
		code = codeNames[own.Value]
	}
	return fmt.Sprintf("rpc error: code = %s desc = %s", code, own.Text)
}
