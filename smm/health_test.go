package smm_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// checkup is a fake that also tells of its connection.
type checkup struct {
	*fake

	facts    smm.Facts
	factsErr error
	capsErr  error
}

func (c *checkup) ReadFacts(context.Context, smm.Ref) (smm.Facts, error) { return c.facts, c.factsErr }

func (c *checkup) Capabilities(ctx context.Context, ch smm.Ref) (smm.Capabilities, error) {
	if c.capsErr != nil {
		return smm.Capabilities{}, c.capsErr
	}
	return c.fake.Capabilities(ctx, ch)
}

func examine(t *testing.T, d smm.Driver, f *fake) (smm.Health, error) {
	t.Helper()
	c, err := smm.New([]smm.Driver{d}, smm.WithClock(sim.NewClock(start, true)))
	if err != nil {
		t.Fatal(err)
	}
	return c.Channel(f.channel()).Health(t.Context())
}

func TestHealthJoinsFactsAndCapabilities(t *testing.T) {
	f := newFake("x")
	f.limits.Text.Max = 500
	f.caps[smm.CapVideo] = smm.Support{State: smm.StatePlan, Cure: "take a larger plan"}
	f.caps[smm.CapHide] = smm.Support{}
	d := &checkup{fake: f, facts: smm.Facts{
		AccountType: "business", Plan: "basic", Audit: smm.AuditPending, Scopes: []string{"write"},
		Token: smm.TokenFactsOf(smm.Credential{RefreshToken: smm.NewSecret(canary), Obtained: start.Add(-time.Hour), Expires: start.Add(time.Hour)}),
	}}
	h, err := examine(t, d, f)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "state", h.State, smm.ConnectionWorks)
	wantEqual(t, "plan", h.Facts.Plan, "basic")
	wantEqual(t, "limit", h.Limits().Text.Max, 500)
	wantEqual(t, "age", h.Facts.Token.Age(h.AsOf), time.Hour)
	wantEqual(t, "age of a token of unknown origin", smm.TokenFacts{}.Age(h.AsOf), 0)
	wantEqual(t, "renews", h.Facts.Token.Renews, true)
	var lacking []smm.Capability
	for x, s := range h.Lacking() {
		lacking = append(lacking, x)
		wantEqual(t, "cure", s.Cure, "take a larger plan")
	}
	if !slices.Equal(lacking, []smm.Capability{smm.CapVideo}) {
		t.Fatalf("lacking: %v, want what a person can cure", lacking)
	}
	b, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), canary) {
		t.Fatal("a token stands in the report")
	}
	var back smm.Health
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "capabilities after JSON", back.Capabilities.Support(smm.CapVideo).Cure, "take a larger plan")
}

// TestHealthOfABrokenConnection: what is wrong with a connection is the answer.
func TestHealthOfABrokenConnection(t *testing.T) {
	wrap := func(err error) error { return &smm.Error{Platform: "x", Err: err} }
	for name, c := range map[string]struct {
		facts, caps error
		want        smm.ConnectionState
		cure        string
	}{
		"a token that is over":               {facts: wrap(smm.ErrUnauthorized), want: smm.ConnectionReconnect, cure: "connect the account again"},
		"a token that ends in between":       {caps: wrap(smm.ErrUnauthorized), want: smm.ConnectionReconnect, cure: "connect the account again"},
		"a lost key":                         {facts: wrap(smm.ErrSealed), want: smm.ConnectionReconnect, cure: "key"},
		"a platform that is down":            {facts: wrap(smm.ErrUnavailable), caps: wrap(smm.ErrUnavailable), want: smm.ConnectionUnreachable, cure: "wait"},
		"a platform that goes down":          {caps: wrap(smm.ErrUnavailable), want: smm.ConnectionUnreachable, cure: "wait"},
		"a platform that throttles":          {facts: wrap(&smm.RateLimitError{After: time.Minute}), want: smm.ConnectionUnreachable, cure: "wait"},
		"a platform that is down only first": {facts: wrap(smm.ErrUnavailable), want: smm.ConnectionUnreachable, cure: "wait"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake("x")
			h, err := examine(t, &checkup{fake: f, facts: smm.Facts{Server: "https://a.example"}, factsErr: c.facts, capsErr: c.caps}, f)
			if err != nil {
				t.Fatal(err)
			}
			wantEqual(t, "state", h.State, c.want)
			wantEqual(t, "what is known without the platform", h.Facts.Server, "https://a.example")
			if !strings.Contains(h.Cure, c.cure) {
				t.Fatalf("cure %q, want one about %q", h.Cure, c.cure)
			}
		})
	}
}

func TestHealthOfADriverThatTellsNothing(t *testing.T) {
	f := newFake("x")
	h, err := examine(t, f, f)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "state", h.State, smm.ConnectionWorks)
	wantEqual(t, "post", h.Capabilities.Has(smm.CapPost), true)
}

func TestHealthOfNoChannel(t *testing.T) {
	f := newFake("x")
	failed := errors.New("a bug")
	_, err := examine(t, &checkup{fake: f, factsErr: failed}, f)
	wantIs(t, err, failed)
	c, _ := newClient(t, nil, f)
	_, err = c.Channel(smm.Ref{Platform: "y", Kind: smm.KindChannel, ID: "1"}).Health(t.Context())
	wantIs(t, err, smm.ErrInvalid)
}
