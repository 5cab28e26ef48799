package connect_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/connect"
	"github.com/smmkit/smmkit/smm/connect/connecttest"
	"github.com/smmkit/smmkit/smm/sim"
)

func TestMemoryStore(t *testing.T) {
	connecttest.Run(t, func(*testing.T) connect.Store { return connect.NewMemoryStore(nil) })
}

func TestMemoryStoreIsBounded(t *testing.T) {
	clock := sim.NewClock(start, false)
	s := connect.NewMemoryStore(clock)
	put := func(id string) error { return s.Put(t.Context(), id, []byte("x"), clock.Now().Add(time.Minute)) }
	for i := range 10_000 {
		if err := put(fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	wantIs(t, put("one more"), smm.ErrUnavailable)
	if _, err := s.Take(t.Context(), "7"); err != nil {
		t.Fatal(err)
	}
	if err := put("one more"); err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Minute) // all are over: there is room again
	for i := range 10_000 {
		if err := put(fmt.Sprint("new", i)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.Take(t.Context(), "8")
	wantIs(t, err, smm.ErrNotFound)
}
