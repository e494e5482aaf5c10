package agent

import (
	"context"
	"sync"
)

// semaphore bounds how many processes are worked on at once, in all and of one user, so
// that processes of one user that are slow to answer do not hold up those of others. Safe
// for concurrent use.
type semaphore struct {
	all     chan struct{} // a token for each acquisition
	perUser int

	mu    sync.Mutex
	users map[uint32]*userTokens // by uid, of those who have a token or wait for one
}

type userTokens struct {
	tokens  chan struct{}
	waiters int // goroutines that have a token or wait for one
}

// newSemaphore has so many tokens in all, and for each user but root.
func newSemaphore(all, perUser int) *semaphore {
	return &semaphore{all: make(chan struct{}, all), perUser: perUser, users: map[uint32]*userTokens{}}
}

// acquire waits for a token on behalf of a user. Call release to return it.
func (s *semaphore) acquire(ctx context.Context, uid uint32) (release func(), err error) {
	user := s.enter(uid)
	select {
	case user.tokens <- struct{}{}:
	case <-ctx.Done():
		s.leave(uid)
		return nil, ctx.Err()
	}
	select {
	case s.all <- struct{}{}:
	case <-ctx.Done():
		<-user.tokens
		s.leave(uid)
		return nil, ctx.Err()
	}
	return func() {
		<-s.all
		<-user.tokens
		s.leave(uid)
	}, nil
}

func (s *semaphore) enter(uid uint32) *userTokens {
	s.mu.Lock()
	defer s.mu.Unlock()
	user := s.users[uid]
	if user == nil {
		most := s.perUser
		if uid == 0 {
			most = cap(s.all)
		}
		user = &userTokens{tokens: make(chan struct{}, most)}
		s.users[uid] = user
	}
	user.waiters++
	return user
}

func (s *semaphore) leave(uid uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users[uid].waiters--; s.users[uid].waiters == 0 {
		delete(s.users, uid)
	}
}
