package sick

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/otwatch/otwatch/internal/testtarget"
)

// drawn is what a row was run with.
type drawn struct {
	Seed     uint64   `json:"seed"`
	Args     string   `json:"args"`             // of the program
	Env      []string `json:"env,omitempty"`    // variables of the program
	Quota    float64  `json:"quota,omitempty"`  // CPUs that its cgroup may use; 0: it has none of its own
	Probed   string   `json:"probed,omitempty"` // function with a uprobe of another tool
	Receiver receiver `json:"receiver"`
}

// receiver is how exports are answered.
type receiver struct {
	After       time.Duration `json:"after"`
	RefuseEvery uint64        `json:"refuse_every"` // 0: none
	Away        bool          `json:"away,omitempty"`
}

func (r receiver) String() string {
	if r.Away {
		return "is away"
	}
	said := "answers at once"
	if r.After > 0 {
		said = fmt.Sprintf("answers after %v", r.After)
	}
	switch {
	case r.RefuseEvery == 1:
		return said + ", refuses all"
	case r.RefuseEvery > 0:
		return fmt.Sprintf("%s, refuses one of %d", said, r.RefuseEvery)
	}
	return said
}

// listen returns the address of a receiver, which ends with the test, or one at which
// nobody listens.
func (r receiver) listen(t *testing.T) string {
	t.Helper()
	if !r.Away {
		return testtarget.Receive(t, r.answer())
	}
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listen.Close()
	return listen.Addr().String()
}

func (r receiver) answer() testtarget.Answer {
	return func(ctx context.Context, n uint64) (int64, error) {
		select {
		case <-time.After(r.After):
		case <-ctx.Done():
		}
		if r.RefuseEvery > 0 && n%r.RefuseEvery == 0 {
			return 0, status.Error(codes.InvalidArgument, "refused")
		}
		return 0, nil
	}
}

// dice draw a row's parameters; the same seed draws the same for each row.
type dice struct{ *rand.Rand }

func newDice(seed uint64, row string) dice {
	name := fnv.New64()
	name.Write([]byte(row))
	return dice{rand.New(rand.NewPCG(seed, name.Sum64()))}
}

// between draws from low to high, both included.
func (d dice) between(low, high int) int { return low + d.IntN(high-low+1) }

// ms draws milliseconds.
func (d dice) ms(low, high int) time.Duration {
	return time.Duration(d.between(low, high)) * time.Millisecond
}

// flags are arguments of the program: names and values in turn; true for one
// that takes none.
func flags(pairs ...any) string {
	var args []string
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == true {
			args = append(args, fmt.Sprintf("-%v", pairs[i]))
		} else {
			args = append(args, fmt.Sprintf("-%v %v", pairs[i], pairs[i+1]))
		}
	}
	return strings.Join(args, " ")
}
