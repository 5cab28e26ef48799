package smmtest

import (
	"errors"

	"github.com/smmkit/smmkit/smm"
)

// tenants calls a driver that just served one tenant on behalf of another,
// which has no credential for the channel.
func tenants(t tester, s *suite) {
	for _, op := range append(readOps(), writeOps()...) {
		s.sub(t, "tenants", op.name, func(t tester) { s.otherTenant(t, op) })
	}
	s.sub(t, "tenants", "publish", func(t tester) {
		l := s.lab(t)
		p, mark := l.post(s.text(t))
		c := l.client()
		if _, err := l.channel(c).Capabilities(l.ctx); err != nil {
			t.Fatalf("Capabilities: %v", err)
		}
		before := requests(l.h.World, allClasses[:]...)
		_, err := l.channel(c.ForTenant("another-tenant")).Publish(l.ctx, p, &smm.PublishOptions{SkipValidation: true})
		if err == nil {
			t.Error("for another tenant: published")
		}
		l.unasked(before)
		if !l.counts() {
			return
		}
		if n := len(l.items(mark)); n != 0 {
			t.Errorf("%d items published with another tenant's credential", n)
		}
	})
}

func (s *suite) otherTenant(t tester, op operation) {
	l := s.lab(t)
	c := l.client()
	l.need(c, op.cap)
	target := op.target(l)
	if err := op.call(l, l.channel(c), target); err != nil { // the driver is warm
		t.Fatalf("%s for the tenant that owns the channel: %v", op.name, err)
	}
	before := requests(l.h.World, allClasses[:]...)
	l.stranger(op.call(l, l.channel(c.ForTenant("another-tenant")), target), before)
}

// stranger checks the answer to a tenant without a credential.
func (l *lab) stranger(err error, before int) {
	l.t.Helper()
	if !errors.Is(err, smm.ErrNotFound) && !errors.Is(err, smm.ErrUnauthorized) {
		l.t.Errorf("for another tenant: %v, want ErrNotFound or ErrUnauthorized", err)
	}
	l.unasked(before)
}

func (l *lab) unasked(before int) {
	l.t.Helper()
	if n := requests(l.h.World, allClasses[:]...) - before; n != 0 {
		l.t.Errorf("for another tenant: %d requests were sent", n)
	}
}
