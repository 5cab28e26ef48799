package smmtest

import (
	"encoding/json"
	"fmt"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// health checks that a connection is told of as it is: as working only after
// asking, and as broken only for what a person must mend.
func health(t tester, s *suite) {
	s.sub(t, "health", "works", func(t tester) { s.healthy(t) })
	for _, c := range []struct {
		name  string
		fault sim.Fault
		want  smm.ConnectionState
	}{
		{"expired", sim.Fault{Kind: sim.Expire, Class: sim.Read, Times: -1}, smm.ConnectionReconnect},
		{"down", sim.Fault{Kind: sim.ErrorBefore, Status: 503, Times: -1}, smm.ConnectionUnreachable},
		{"cut", sim.Fault{Kind: sim.CutBefore, Times: -1}, smm.ConnectionUnreachable},
		{"throttled", sim.Fault{Kind: sim.Throttle, Class: sim.Read, Times: -1}, smm.ConnectionUnreachable},
		{"garbage", sim.Fault{Kind: sim.Garbage, Class: sim.Read, Times: -1}, smm.ConnectionUnreachable},
	} {
		s.sub(t, "health", c.name, func(t tester) { s.ailing(t, c.fault, c.want) })
	}
}

// facts skips a driver that tells nothing of its connections.
func (l *lab) facts() {
	l.t.Helper()
	if _, ok := l.h.NewDriver(l.t).(smm.HealthReader); !ok {
		l.t.Skip("the driver is no HealthReader: it tells nothing of its connections")
	}
}

func (s *suite) healthy(t tester) {
	l := s.lab(t)
	l.facts()
	before := 0
	if s.faulty {
		before = requests(l.h.World, allClasses[:]...)
	}
	d, ok := l.h.NewDriver(t).(smm.HealthReader)
	if !ok {
		t.Fatal("a HealthReader before and none now")
	}
	facts, err := d.ReadFacts(l.ctx, l.h.Channel)
	if err != nil {
		t.Fatalf("ReadFacts: %v", err)
	}
	if s.faulty && requests(l.h.World, allClasses[:]...) == before {
		t.Error("it says that the connection works, but made no request")
	}
	l.checkSecrets("the facts", fmt.Sprintf("%+v", facts))
	h, err := l.channel(l.client()).Health(l.ctx)
	if err != nil {
		t.Fatalf("Health: %v", err)
	}
	if h.State != smm.ConnectionWorks || h.Cure != "" {
		t.Errorf("the connection %s (%s), want that it works", h.State, h.Cure)
	}
	for x, support := range h.Lacking() {
		if support.Cure == "" {
			t.Errorf("%s is not granted (%s), and nothing says what to do", x, support.State)
		}
	}
	b, err := json.Marshal(h)
	if err != nil {
		t.Fatalf("a Health as JSON: %v", err)
	}
	l.checkSecrets("the JSON of a Health", string(b))
}

func (s *suite) ailing(t tester, f sim.Fault, want smm.ConnectionState) {
	s.needFaults(t)
	l := s.lab(t)
	l.facts()
	c := l.client()
	l.h.World.Faults.Add(f)
	h, err := l.channel(c).Health(l.ctx)
	if err != nil {
		t.Fatalf("Health: %v, want a state", err)
	}
	if h.State != want || h.Cure == "" {
		t.Errorf("the connection is %q (cure %q), want %q with a cure", h.State, h.Cure, want)
	}
	b, err := json.Marshal(h)
	if err != nil {
		t.Fatalf("a Health as JSON: %v", err)
	}
	l.checkSecrets("the JSON of a Health", string(b))
}
