package smmtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/smmtest/internal/reference"
)

type bug struct {
	name  string
	class smm.Class
	topic string // that must notice
	says  string // what it must say, since several checks may notice
	wrap  func(*reference.Driver) smm.Driver
}

func publisherBugs() []bug {
	return []bug{
		{"retries a commit", smm.ClassReadBack, "faults", "2 public items", func(d *reference.Driver) smm.Driver {
			return &badPublisher{Driver: d, commit: func(ctx context.Context, r *smm.PublishRequest, p smm.Prepared, a smm.Attempt) (smm.Outcome, error) {
				o, err := d.Commit(ctx, r, p, a)
				if o.State == smm.OutcomeUnknown {
					return d.Commit(ctx, r, p, a)
				}
				return o, err
			}}
		}},
		{"settles without looking: absent", smm.ClassReadBack, "faults", "2 public items", func(d *reference.Driver) smm.Driver {
			return &badPublisher{Driver: d, settle: func(context.Context, *smm.PublishRequest, smm.Prepared, smm.Attempt) (smm.Outcome, error) {
				return smm.Outcome{State: smm.OutcomeAbsent}, nil
			}}
		}},
		{"settles without looking: published", smm.ClassKey, "faults", "yet nothing is public", func(d *reference.Driver) smm.Driver {
			return &badPublisher{Driver: d, settle: func(_ context.Context, r *smm.PublishRequest, _ smm.Prepared, _ smm.Attempt) (smm.Outcome, error) {
				return smm.Outcome{State: smm.OutcomePublished, Post: r.Channel.WithKind(smm.KindPost, r.ID), Evidence: smm.EvidenceKey}, nil
			}}
		}},
		{"settles by sending", smm.ClassKey, "faults", "settling sent", func(d *reference.Driver) smm.Driver {
			return &badPublisher{Driver: d, settle: d.Commit}
		}},
		{"settles with a question to a person", smm.ClassHandle, "faults", "a person is asked", func(d *reference.Driver) smm.Driver {
			return &badPublisher{Driver: d, settle: func(context.Context, *smm.PublishRequest, smm.Prepared, smm.Attempt) (smm.Outcome, error) {
				return smm.Outcome{}, nil
			}}
		}},
		{"takes any trouble for a refusal", smm.ClassKey, "faults", "yet this is public", func(d *reference.Driver) smm.Driver {
			return &badPublisher{Driver: d, commit: func(ctx context.Context, r *smm.PublishRequest, p smm.Prepared, a smm.Attempt) (smm.Outcome, error) {
				o, err := d.Commit(ctx, r, p, a)
				if o.State == smm.OutcomeUnknown {
					o.State = smm.OutcomeRefused
				}
				return o, err
			}}
		}},
		{"a new key for every attempt", smm.ClassKey, "faults", "2 public items", func(d *reference.Driver) smm.Driver {
			return &badPublisher{Driver: d, commit: func(ctx context.Context, r *smm.PublishRequest, p smm.Prepared, a smm.Attempt) (smm.Outcome, error) {
				p.State = json.RawMessage(strings.Replace(string(p.State), r.ID, fmt.Sprint(r.ID, a.N), 1))
				return d.Commit(ctx, r, p, a)
			}}
		}},
		{"a key that dies with the process", smm.ClassKey, "crashes", "2 public items", func(d *reference.Driver) smm.Driver {
			return &badPublisher{Driver: d, commit: func(ctx context.Context, r *smm.PublishRequest, p smm.Prepared, a smm.Attempt) (smm.Outcome, error) {
				p.State = json.RawMessage(strings.Replace(string(p.State), r.ID, fmt.Sprintf("%p", d), 1))
				return d.Commit(ctx, r, p, a)
			}}
		}},
		{"forgets the Ref", smm.ClassKey, "publish", "published without a Ref", func(d *reference.Driver) smm.Driver {
			return &badPublisher{Driver: d, commit: func(ctx context.Context, r *smm.PublishRequest, p smm.Prepared, a smm.Attempt) (smm.Outcome, error) {
				o, err := d.Commit(ctx, r, p, a)
				o.Post = smm.Ref{}
				return o, err
			}}
		}},
		{"publishes in Prepare", smm.ClassKey, "publish", "public before the commit", func(d *reference.Driver) smm.Driver {
			return &badPublisher{Driver: d, prepare: func(ctx context.Context, r *smm.PublishRequest, last smm.Prepared) (smm.Prepared, error) {
				p, err := d.Prepare(ctx, r, last)
				if err == nil && p.Ready {
					_, err = d.Commit(ctx, r, p, smm.Attempt{})
				}
				return p, err
			}}
		}},
		{"keeps uploads in memory", smm.ClassKey, "publish", "want published", inMemory},
		{"looks at files only when asked for findings", smm.ClassKey, "media", "Publish without validation: outcome", func(d *reference.Driver) smm.Driver {
			d.Careless = true
			return d
		}},
		{"promises another class", smm.ClassReadBack, "publish", "guarantee class", func(d *reference.Driver) smm.Driver {
			return &badPublisher{Driver: d, prepare: func(ctx context.Context, r *smm.PublishRequest, last smm.Prepared) (smm.Prepared, error) {
				p, err := d.Prepare(ctx, r, last)
				p.Guarantee.Class = smm.ClassKey
				return p, err
			}}
		}},
		{"ignores the context", smm.ClassKey, "cancel", "did not return within", func(d *reference.Driver) smm.Driver {
			return &badPublisher{Driver: d,
				prepare: func(ctx context.Context, r *smm.PublishRequest, last smm.Prepared) (smm.Prepared, error) {
					return d.Prepare(context.WithoutCancel(ctx), r, last)
				},
				commit: func(ctx context.Context, r *smm.PublishRequest, p smm.Prepared, a smm.Attempt) (smm.Outcome, error) {
					return d.Commit(context.WithoutCancel(ctx), r, p, a)
				},
			}
		}},
		{"takes its own impatience for a refusal", smm.ClassReadBack, "cancel", "the deadline passed without an answer", func(d *reference.Driver) smm.Driver {
			return &badPublisher{Driver: d, commit: func(ctx context.Context, r *smm.PublishRequest, p smm.Prepared, a smm.Attempt) (smm.Outcome, error) {
				o, err := d.Commit(ctx, r, p, a)
				if ctx.Err() != nil {
					o.State = smm.OutcomeNotSent
				}
				return o, err
			}}
		}},
		{"takes nonsense for a refusal", smm.ClassReadBack, "answers", "the answer to the commit was nonsense", func(d *reference.Driver) smm.Driver {
			return &badPublisher{Driver: d, commit: func(ctx context.Context, r *smm.PublishRequest, p smm.Prepared, a smm.Attempt) (smm.Outcome, error) {
				o, err := d.Commit(ctx, r, p, a)
				if o.State == smm.OutcomeUnknown {
					o.State = smm.OutcomeRefused
				}
				return o, err
			}}
		}},
		{"takes nonsense for absence", smm.ClassReadBack, "answers", "yet this is public", func(d *reference.Driver) smm.Driver {
			return &badPublisher{Driver: d, settle: func(ctx context.Context, r *smm.PublishRequest, p smm.Prepared, a smm.Attempt) (smm.Outcome, error) {
				o, err := d.Settle(ctx, r, p, a)
				if errors.Is(err, smm.ErrUnavailable) {
					return smm.Outcome{State: smm.OutcomeAbsent}, nil
				}
				return o, err
			}}
		}},
		{"takes a lost account for bad weather", smm.ClassKey, "revoked", "advice to connect again", func(d *reference.Driver) smm.Driver {
			return &badPublisher{Driver: d, commit: func(ctx context.Context, r *smm.PublishRequest, p smm.Prepared, a smm.Attempt) (smm.Outcome, error) {
				o, err := d.Commit(ctx, r, p, a)
				if smm.NeedsReconnect(err) {
					return smm.Outcome{State: smm.OutcomeRefused}, &smm.Error{Op: "commit", Platform: reference.Platform, Err: smm.ErrRejected}
				}
				return o, err
			}}
		}},
		{"goes on without access", smm.ClassHandle, "revoked", "requests that write were sent without access", func(d *reference.Driver) smm.Driver {
			return &badPublisher{Driver: d, prepare: func(ctx context.Context, r *smm.PublishRequest, last smm.Prepared) (smm.Prepared, error) {
				p, err := d.Prepare(ctx, r, last)
				if smm.NeedsReconnect(err) {
					return d.Prepare(ctx, r, last)
				}
				return p, err
			}}
		}},
		{"one account fits all", smm.ClassKey, "channels", "the bad channel gives no error", func(d *reference.Driver) smm.Driver {
			accounts, _ := d.Credentials.Accounts(context.Background(), "", reference.Platform)
			d.Credentials = single{d.Credentials, accounts[0]}
			return &badReader{Driver: d, capabilities: func(ctx context.Context, _ smm.Ref) (smm.Capabilities, error) {
				return d.Capabilities(ctx, accounts[0])
			}}
		}},
	}
}

func readerBugs() []bug {
	return []bug{
		{"a cursor that leads back", smm.ClassKey, "pages", "returned to a page", func(d *reference.Driver) smm.Driver {
			return &badReader{Driver: d, comments: func(ctx context.Context, ch, post smm.Ref, r smm.PageRequest) (smm.Page[smm.Message], error) {
				p, err := d.ListComments(ctx, ch, post, r)
				if p.Next == "" && r.Cursor != "" {
					p.Next = r.Cursor
				}
				return p, err
			}}
		}},
		{"takes nonsense for an empty list", smm.ClassKey, "answers", "no error", func(d *reference.Driver) smm.Driver {
			return &badReader{Driver: d, posts: func(ctx context.Context, ch smm.Ref, r smm.PageRequest) (smm.Page[smm.PublishedPost], error) {
				p, err := d.ListPosts(ctx, ch, r)
				if errors.Is(err, smm.ErrUnavailable) {
					return smm.Page[smm.PublishedPost]{}, nil
				}
				return p, err
			}}
		}},
		{"pages that lose their last item", smm.ClassKey, "pages", "not in the list exactly once", func(d *reference.Driver) smm.Driver {
			return &badReader{Driver: d, posts: func(ctx context.Context, ch smm.Ref, r smm.PageRequest) (smm.Page[smm.PublishedPost], error) {
				p, err := d.ListPosts(ctx, ch, r)
				if n := len(p.Items); n > 1 && p.Next != "" {
					p.Items = p.Items[:n-1]
				}
				return p, err
			}}
		}},
		{"an expired token is bad weather", smm.ClassKey, "errors", "want one that matches", func(d *reference.Driver) smm.Driver {
			return &badReader{Driver: d, posts: func(ctx context.Context, ch smm.Ref, r smm.PageRequest) (smm.Page[smm.PublishedPost], error) {
				p, err := d.ListPosts(ctx, ch, r)
				if smm.NeedsReconnect(err) {
					err = &smm.Error{Op: "list", Platform: reference.Platform, Err: smm.ErrUnavailable}
				}
				return p, err
			}}
		}},
		{"a token in an error", smm.ClassKey, "errors", "a credential stands in an error", func(d *reference.Driver) smm.Driver {
			return &badReader{Driver: d, posts: func(ctx context.Context, ch smm.Ref, r smm.PageRequest) (smm.Page[smm.PublishedPost], error) {
				p, err := d.ListPosts(ctx, ch, r)
				if err != nil {
					err = &smm.Error{Op: "list", Platform: reference.Platform, Err: smm.ErrUnavailable, Message: "GET /?token=reference-token-of-brand"}
				}
				return p, err
			}}
		}},
		{"announces what it lacks", smm.ClassKey, "capabilities", "lacks its interface", func(d *reference.Driver) smm.Driver {
			return &badReader{Driver: d, capabilities: func(ctx context.Context, ch smm.Ref) (smm.Capabilities, error) {
				c, err := d.Capabilities(ctx, ch)
				m := map[smm.Capability]smm.Support{smm.CapSearch: {State: smm.StateGranted}}
				for x, s := range c.All() {
					if x != smm.CapSearch {
						m[x] = s
					}
				}
				return smm.NewCapabilities(c.AsOf(), m, c.Limits()), err
			}}
		}},
		{"limits without a source", smm.ClassKey, "capabilities", "limits need a source", func(d *reference.Driver) smm.Driver {
			return &badReader{Driver: d, capabilities: func(ctx context.Context, ch smm.Ref) (smm.Capabilities, error) {
				c, err := d.Capabilities(ctx, ch)
				m, l := map[smm.Capability]smm.Support{}, c.Limits()
				l.Source, l.Date = "", time.Time{}
				for x, s := range c.All() {
					m[x] = s
				}
				return smm.NewCapabilities(c.AsOf(), m, l), err
			}}
		}},
		{"hiding toggles", smm.ClassKey, "setters", "the server holds", func(d *reference.Driver) smm.Driver {
			return &toggler{Driver: d, hidden: map[smm.Ref]bool{}}
		}},
		{"deleting what is gone fails", smm.ClassKey, "setters", "delete, call 2", func(d *reference.Driver) smm.Driver { return strictDeleter{d} }},
		{"takes files for what their names say", smm.ClassKey, "media", "nothing stops a post whose files are a lie", func(d *reference.Driver) smm.Driver {
			return trusting{d}
		}},
		{"writes in order to validate", smm.ClassKey, "findings", "requests that write", func(d *reference.Driver) smm.Driver { return eager{d} }},
		{"forgets its limits", smm.ClassKey, "findings", "is missing", func(d *reference.Driver) smm.Driver { return careless{d} }},
		{"one tenant's token for all", smm.ClassKey, "tenants", "requests were sent", func(d *reference.Driver) smm.Driver {
			d.Credentials = leaky{d.Credentials}
			return d
		}},
		{"a token of all, and a wrong face about it", smm.ClassKey, "tenants", "requests were sent", func(d *reference.Driver) smm.Driver {
			honest := *d
			d.Credentials = leaky{d.Credentials}
			return &badReader{Driver: d, posts: func(ctx context.Context, ch smm.Ref, r smm.PageRequest) (smm.Page[smm.PublishedPost], error) {
				if _, err := d.ListPosts(ctx, ch, r); err != nil {
					return smm.Page[smm.PublishedPost]{}, err
				}
				return honest.ListPosts(ctx, ch, r)
			}}
		}},
		{"leaves out what it does not know", smm.ClassKey, "metrics", "was asked for and is not there", func(d *reference.Driver) smm.Driver {
			return &badReader{Driver: d, metrics: func(ctx context.Context, ch smm.Ref, r smm.MetricRequest) ([]smm.Metric, error) {
				r.Names = nil
				return d.ReadMetrics(ctx, ch, r)
			}}
		}},
		{"says zero for unknown", smm.ClassKey, "metrics", "does not exist is", func(d *reference.Driver) smm.Driver {
			return &badReader{Driver: d, metrics: func(ctx context.Context, ch smm.Ref, r smm.MetricRequest) ([]smm.Metric, error) {
				got, err := d.ReadMetrics(ctx, ch, r)
				for i := range got {
					if !got[i].State.Known() {
						got[i].State = smm.MetricZero
					}
				}
				return got, err
			}}
		}},
		{"believes in its connection", smm.ClassKey, "health", "made no request", func(d *reference.Driver) smm.Driver {
			return &badReader{Driver: d, facts: func(context.Context, smm.Ref) (smm.Facts, error) { return smm.Facts{}, nil }}
		}},
		{"calls a server that is down a lost account", smm.ClassKey, "health", `want "unreachable"`, func(d *reference.Driver) smm.Driver {
			return &badReader{Driver: d, facts: func(ctx context.Context, ch smm.Ref) (smm.Facts, error) {
				f, err := d.ReadFacts(ctx, ch)
				if err != nil {
					err = &smm.Error{Op: "facts", Platform: reference.Platform, Err: smm.ErrUnauthorized}
				}
				return f, err
			}}
		}},
		{"calls a lost account a server that is down", smm.ClassKey, "health", `want "reconnect"`, func(d *reference.Driver) smm.Driver {
			return &badReader{Driver: d, facts: func(ctx context.Context, ch smm.Ref) (smm.Facts, error) {
				f, err := d.ReadFacts(ctx, ch)
				if err != nil {
					err = &smm.Error{Op: "facts", Platform: reference.Platform, Err: smm.ErrUnavailable}
				}
				return f, err
			}, capabilities: func(ctx context.Context, ch smm.Ref) (smm.Capabilities, error) {
				c, err := d.Capabilities(ctx, ch)
				if err != nil {
					err = &smm.Error{Op: "capabilities", Platform: reference.Platform, Err: smm.ErrUnavailable}
				}
				return c, err
			}}
		}},
		{"shows its token in the facts", smm.ClassKey, "health", "a credential stands in the facts", func(d *reference.Driver) smm.Driver {
			return &badReader{Driver: d, facts: func(ctx context.Context, ch smm.Ref) (smm.Facts, error) {
				f, err := d.ReadFacts(ctx, ch)
				f.Plan = "reference-token-of-brand"
				return f, err
			}}
		}},
		{"does not know its own words", smm.ClassKey, "conversations", "own false", func(d *reference.Driver) smm.Driver { return deaf{d} }},
	}
}

// watch runs topics of the suite on a driver and returns what they report.
func watch(t *testing.T, class smm.Class, wrap func(*reference.Driver) smm.Driver, only string) []string {
	t.Helper()
	r := newRecorder(t)
	s := newSuite(r, func(tester) *Harness {
		h := build(t, class, wrap)
		h.Skip = map[string]string{"cancel/in-commit-unanswered": "slow"}
		if only == "cancel" {
			h.Forms = h.Forms[:2] // each waits for seconds
		}
		return h
	})
	for _, p := range topics() {
		if p.name == only || only == "" {
			s.sub(r, "", p.name, func(t tester) { p.run(t, s) })
		}
	}
	return r.lines
}

func TestSuiteCatchesBrokenDrivers(t *testing.T) {
	for _, b := range append(publisherBugs(), readerBugs()...) {
		t.Run(strings.ReplaceAll(b.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			lines := watch(t, b.class, b.wrap, b.topic)
			if !slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, b.says) }) {
				t.Fatalf("topic %s did not say %q; it said %q", b.topic, b.says, lines)
			}
			t.Logf("%s: %d failures, the first: %s", b.topic, len(lines), lines[0])
		})
	}
}

func TestRecorderPassesAnHonestDriver(t *testing.T) {
	t.Parallel()
	if lines := watch(t, smm.ClassKey, nil, ""); len(lines) > 0 {
		t.Fatalf("%d failures: %s", len(lines), strings.Join(lines, "\n"))
	}
}

func TestJournalCrashesWhereItIsTold(t *testing.T) {
	d := &smm.Delivery{ID: "d"}
	j := &journal{before: at(1), after: at(2)}
	for n, want := range []struct {
		crash, kept bool
	}{{true, false}, {true, true}, {false, true}} {
		j.last = nil
		if err := j.Save(t.Context(), d); (err != nil) != want.crash || (j.last != nil) != want.kept {
			t.Errorf("save %d: %v, kept %t", n+1, err, j.last != nil)
		}
	}
}
