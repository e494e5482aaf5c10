package agent

import (
	"context"
	"sync"
)

// turns bounds how many processes are worked on at once, in all and of one user, so
// that one user's processes that are slow to answer do not hold up the others'. Safe
// for concurrent use.
type turns struct {
	all  chan struct{} // a token for each turn that is taken
	each int

	mu sync.Mutex
	of map[uint32]*userTurns // of those who have one, or wait for one
}

type userTurns struct {
	taken chan struct{}
	users int // turns taken or waited for
}

// newTurns allows so many turns in all, and of each user but root.
func newTurns(all, each int) *turns {
	return &turns{all: make(chan struct{}, all), each: each, of: map[uint32]*userTurns{}}
}

// take waits for a turn on behalf of a user. Call release at its end.
func (t *turns) take(ctx context.Context, uid uint32) (release func(), err error) {
	user := t.enter(uid)
	select {
	case user.taken <- struct{}{}:
	case <-ctx.Done():
		t.leave(uid)
		return nil, ctx.Err()
	}
	select {
	case t.all <- struct{}{}:
	case <-ctx.Done():
		<-user.taken
		t.leave(uid)
		return nil, ctx.Err()
	}
	return func() {
		<-t.all
		<-user.taken
		t.leave(uid)
	}, nil
}

func (t *turns) enter(uid uint32) *userTurns {
	t.mu.Lock()
	defer t.mu.Unlock()
	user := t.of[uid]
	if user == nil {
		most := t.each
		if uid == 0 {
			most = cap(t.all)
		}
		user = &userTurns{taken: make(chan struct{}, most)}
		t.of[uid] = user
	}
	user.users++
	return user
}

func (t *turns) leave(uid uint32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of[uid].users--; t.of[uid].users == 0 {
		delete(t.of, uid)
	}
}
