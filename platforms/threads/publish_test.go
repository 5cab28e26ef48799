package threads_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/threads"
	"github.com/smmkit/smmkit/platforms/threads/threadstest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// request is one delivery for calls of the driver itself.
func (b *bench) request(p smm.Post) *smm.PublishRequest {
	kind, _ := p.CreateKind()
	r := &smm.PublishRequest{ID: "d1", Channel: b.account.Channel, Kind: kind, Post: p, Created: b.world.Clock.Now()}
	return r.WithMedia(smm.FSMedia(assets))
}

// prepare takes a request to the point where only the commit is left.
func (b *bench) prepare(t testing.TB, d *threads.Driver, r *smm.PublishRequest) smm.Prepared {
	t.Helper()
	p, err := b.steps(t, d, r)
	require.NoError(t, err)
	return p
}

func (b *bench) steps(t testing.TB, d *threads.Driver, r *smm.PublishRequest) (smm.Prepared, error) {
	t.Helper()
	var p smm.Prepared
	for range 200 {
		next, err := d.Prepare(t.Context(), r, p)
		if err != nil {
			return p, err
		}
		if p = next; p.Ready {
			return p, nil
		}
		if wait := p.Next.Sub(b.world.Clock.Now()); wait > 0 {
			b.world.Clock.Advance(wait)
		}
	}
	t.Fatal("never ready")
	return p, nil
}

func (b *bench) attempt() smm.Attempt {
	now := b.world.Clock.Now()
	return smm.Attempt{N: 1, First: now, Intent: now, Deadline: now.Add(time.Minute)}
}

// posts counts what the public sees of the account.
func (b *bench) posts() int {
	c := b.world.Ledger.Counts(threads.Platform)
	return c.Posts + c.Replies - c.Removed
}

// TestAnswersToAPublish: only an id proves that it is public, and only what the
// vendor is not known to lie about that it is not.
func TestAnswersToAPublish(t *testing.T) {
	for _, tc := range []struct {
		name                  string
		status, code, subcode int
		effect                bool
		want                  smm.OutcomeState
		retry                 bool
		err                   error
	}{
		{"permission, published", 400, 10, 0, true, smm.OutcomeUnknown, false, smm.ErrForbidden},
		{"permission and 500, published", 500, 10, 0, true, smm.OutcomeUnknown, false, smm.ErrForbidden},
		{"restricted, published", 400, 4, 2207051, true, smm.OutcomeUnknown, false, smm.ErrForbidden},
		{"unknown to the vendor", 500, 1, 0, true, smm.OutcomeUnknown, false, smm.ErrUnavailable},
		{"service with 400", 400, 2, 0, false, smm.OutcomeUnknown, false, smm.ErrUnavailable},
		{"too early", 400, 24, 4279009, false, smm.OutcomeUnknown, false, smm.ErrNotFound},
		{"public, and called unknown", 400, 24, 4279009, true, smm.OutcomeUnknown, false, smm.ErrNotFound},
		{"throttled", 403, 4, 0, false, smm.OutcomeRefused, true, smm.ErrRateLimited},
		{"budget of the day", 400, 9, 2207042, false, smm.OutcomeRefused, true, smm.ErrRateLimited},
		{"user restricted", 400, 100, 4279013, false, smm.OutcomeRefused, false, smm.ErrForbidden},
		{"a parameter", 400, 100, 0, false, smm.OutcomeRefused, false, smm.ErrRejected},
		{"token", 400, 190, 463, false, smm.OutcomeRefused, false, smm.ErrUnauthorized},
		{"nothing known", 400, 77777, 0, false, smm.OutcomeRefused, false, smm.ErrRejected},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := open(t, nil)
			d, r := b.driver(t), b.request(smm.Post{Text: "Hello"})
			p := b.prepare(t, d, r)
			if tc.effect {
				b.LieOnPublish(tc.status, tc.code, tc.subcode)
			} else {
				b.RefuseOnPublish(tc.status, tc.code, tc.subcode)
			}
			a := b.attempt()
			o, err := d.Commit(t.Context(), r, p, a)
			require.ErrorIs(t, err, tc.err)
			require.Equal(t, tc.want, o.State)
			require.Equal(t, tc.retry, o.Retry)
			if errors.Is(err, smm.ErrRateLimited) {
				wait, told := smm.RetryAfter(err)
				require.True(t, told && wait > 0, "nobody asks again at once")
			}
			if tc.want != smm.OutcomeUnknown {
				return
			}
			o, err = d.Settle(t.Context(), r, p, a)
			require.NoError(t, err)
			if tc.effect {
				require.Equal(t, smm.OutcomePublished, o.State)
				require.Equal(t, b.world.Ledger.Items()[0].ID, o.Post.ID)
				require.Equal(t, smm.EvidenceHandle, o.Evidence)
				require.NotEmpty(t, o.URL)
			} else {
				require.Equal(t, smm.OutcomeRepeatable, o.State)
			}
		})
	}
}

// TestLieThroughTheFront: a delivery whose publish was answered by a lie ends as
// published, once.
func TestLieThroughTheFront(t *testing.T) {
	for _, lie := range [][3]int{{400, 10, 0}, {400, 24, 4279009}} {
		b := open(t, nil)
		b.LieOnPublish(lie[0], lie[1], lie[2])
		r := b.publish(t, &smm.Post{Text: "Hello"})
		require.Equal(t, smm.OutcomePublished, r.Outcome)
		require.Equal(t, 1, b.posts())
	}
}

// TestRepeatIsHarmless: the vendor publishes a container once, and what it answers
// to the second try does not end the doubt.
func TestRepeatIsHarmless(t *testing.T) {
	b := open(t, nil)
	d, r := b.driver(t), b.request(smm.Post{Text: "Hello"})
	p := b.prepare(t, d, r)
	require.Equal(t, smm.ClassHandle, p.Guarantee.Class)
	first, err := d.Commit(t.Context(), r, p, b.attempt())
	require.NoError(t, err)
	o, err := d.Commit(t.Context(), r, p, smm.Attempt{N: 2, Doubt: true})
	require.Error(t, err)
	require.Equal(t, smm.OutcomeUnknown, o.State)
	require.Equal(t, b.world.Clock.Now().Add(20*time.Second), o.Next)
	o, err = d.Settle(t.Context(), r, p, b.attempt())
	require.NoError(t, err)
	require.Equal(t, first.Post, o.Post)
	require.Equal(t, 1, b.posts())
}

func TestContainerGrowsOld(t *testing.T) {
	b := open(t, nil)
	d, r := b.driver(t), b.request(smm.Post{Text: "Hello"})
	p := b.prepare(t, d, r)
	require.Equal(t, epoch.Add(23*time.Hour), p.Expires)
	b.ExpireContainers()
	o, err := d.Settle(t.Context(), r, p, b.attempt())
	require.NoError(t, err)
	require.Equal(t, smm.OutcomeAbsent, o.State)

	// While it is prepared, it is made anew.
	half, err := d.Prepare(t.Context(), r, smm.Prepared{})
	require.NoError(t, err)
	b.ExpireContainers()
	again, err := d.Prepare(t.Context(), r, half)
	require.NoError(t, err)
	require.False(t, again.Ready)
	require.True(t, again.Next.After(b.world.Clock.Now()), "not at once: the vendor may do it again")
	for !again.Ready {
		again, err = d.Prepare(t.Context(), r, again)
		require.NoError(t, err)
	}
	o, err = d.Commit(t.Context(), r, again, b.attempt())
	require.NoError(t, err)
	require.Equal(t, smm.OutcomePublished, o.State)
}

// TestContainersThatNeverLast: a vendor that lets every container expire is not
// given new ones for ever.
func TestContainersThatNeverLast(t *testing.T) {
	d, ch, _ := stub(t, scripted{"GET /c1": says(200, `{"id":"c1","status":"EXPIRED"}`)})
	p, n := smm.Prepared{}, 0
	for {
		next, err := d.Prepare(t.Context(), hello(ch), p)
		if err != nil {
			require.ErrorIs(t, err, smm.ErrRejected)
			break
		}
		if p = next; n > 20 {
			t.Fatal("no end")
		}
		n++
	}
	require.Equal(t, 5, n)
}

// TestContainerNotFound: for some minutes it may be new, later it is lost; after a
// commit nothing is known but what can be read.
func TestContainerNotFound(t *testing.T) {
	b := open(t, &threadstest.Options{Unseen: 10 * time.Second})
	r := b.publish(t, &smm.Post{Text: "Hello"})
	require.Equal(t, smm.OutcomePublished, r.Outcome)

	b = open(t, nil)
	d, rq := b.driver(t), b.request(smm.Post{Text: "Hello"})
	half, err := d.Prepare(t.Context(), rq, smm.Prepared{})
	require.NoError(t, err)
	b.ForgetContainers()
	half, err = d.Prepare(t.Context(), rq, half)
	require.NoError(t, err)
	require.True(t, half.Next.After(epoch))
	b.world.Clock.Advance(6 * time.Minute)
	half, err = d.Prepare(t.Context(), rq, half)
	require.NoError(t, err)
	require.Zero(t, half.Progress)

	p := b.prepare(t, d, rq)
	b.ForgetContainers()
	o, err := d.Settle(t.Context(), rq, p, b.attempt())
	require.NoError(t, err)
	require.Equal(t, smm.OutcomeUnknown, o.State, "not found proves nothing")

	p = b.prepare(t, d, rq)
	published, err := d.Commit(t.Context(), rq, p, b.attempt())
	require.NoError(t, err)
	b.ForgetContainers()
	o, err = d.Settle(t.Context(), rq, p, b.attempt())
	require.NoError(t, err)
	require.Equal(t, published.Post, o.Post)
	require.Equal(t, smm.EvidenceReadBack, o.Evidence)
}

func TestMediaFails(t *testing.T) {
	video := smm.Post{Text: "Hello", Media: []smm.Media{{Name: "clip.mp4"}}}
	for code, rounds := range map[string]int{
		threads.FailAspect: 1, threads.FailFrameRate: 1, threads.FailDownload: 3, threads.FailUnknown: 3, "A_NEW_ONE": 1,
	} {
		b := open(t, nil)
		for range rounds {
			b.FailMedia(code)
		}
		_, err := b.steps(t, b.driver(t), b.request(video))
		require.ErrorIs(t, err, smm.ErrRejected, code)
		e, ok := errors.AsType[*smm.Error](err)
		require.True(t, ok)
		require.Equal(t, code, e.Code)
		require.Equal(t, rounds, b.world.Faults.Requests(sim.Op{Platform: threads.Platform, Name: "POST user/threads", Class: sim.Prepare}))
	}
	b := open(t, nil) // what passes, passes
	b.FailMedia(threads.FailDownload)
	b.publish(t, &video)
	require.Equal(t, 1, b.posts())
}

// TestMediaHostIsDown: an image that cannot be fetched is tried again.
func TestMediaHostIsDown(t *testing.T) {
	b := open(t, nil)
	down := 2
	host := b.config.MediaHost
	b.config.MediaHost = hostFunc(func(name string) (string, error) {
		if down--; down >= 0 {
			return "http://127.0.0.1:1/no-such-file.png", nil
		}
		address, _, err := host.MediaURL(t.Context(), "", smm.Media{Name: name}, time.Hour)
		return address, err
	})
	_, err := b.driver(t).Prepare(t.Context(), b.request(smm.Post{Media: []smm.Media{{Name: "red.png"}}}), smm.Prepared{})
	require.ErrorIs(t, err, smm.ErrUnavailable, "so the step is repeated")
	down = 0
	b.publish(t, &smm.Post{Text: "Hello", Media: []smm.Media{{Name: "red.png"}}})

	b.config.MediaHost = hostFunc(func(string) (string, error) { return "", fmt.Errorf("%w: down", smm.ErrUnavailable) })
	_, err = b.driver(t).Prepare(t.Context(), b.request(smm.Post{Media: []smm.Media{{Name: "red.png"}}}), smm.Prepared{})
	require.ErrorIs(t, err, smm.ErrUnavailable)
}

// TestThread publishes each part as an answer to the one before.
func TestThread(t *testing.T) {
	b := open(t, nil)
	b.publish(t, &smm.Post{Text: "one", Thread: []smm.Post{{Text: "two"}, {Text: "three"}}, FirstComment: "and a word"})
	items := b.world.Ledger.Items()
	require.Len(t, items, 4)
	at := map[string]sim.Item{}
	for _, i := range items {
		at[i.Text] = i
	}
	require.Equal(t, at["one"].ID, at["two"].Parent)
	require.Equal(t, at["two"].ID, at["three"].Parent)
	require.NotEmpty(t, at["and a word"].Parent)
}

// TestBudgetOfTheDay: a spent budget is seen before anything is made, in the
// capabilities as well, and answers have one of their own.
func TestBudgetOfTheDay(t *testing.T) {
	b := open(t, &threadstest.Options{Posts: 2, Replies: 1})
	first := b.publish(t, &smm.Post{Text: "one"})
	b.publish(t, &smm.Post{Text: "two"})
	made := sim.Op{Platform: threads.Platform, Name: "POST user/threads", Class: sim.Prepare}
	before := b.world.Faults.Requests(made)
	_, err := b.driver(t).Prepare(t.Context(), b.request(smm.Post{Text: "three"}), smm.Prepared{})
	require.ErrorIs(t, err, smm.ErrRateLimited)
	wait, ok := smm.RetryAfter(err)
	require.True(t, ok)
	require.Positive(t, wait)
	require.Equal(t, before, b.world.Faults.Requests(made), "nothing was made")

	caps, err := b.channel(t).Capabilities(t.Context())
	require.NoError(t, err)
	require.Equal(t, smm.StateQuota, caps.Support(smm.CapPost).State)
	require.Equal(t, smm.StateQuota, caps.Support(smm.CapVideo).State)
	require.Equal(t, smm.StateGranted, caps.Support(smm.CapReply).State)
	require.NotNil(t, caps.Support(smm.CapPost).Guarantee)
	b.publish(t, &smm.Post{Text: "an answer", ReplyTo: first.Post})
	_, err = b.driver(t).Prepare(t.Context(), b.request(smm.Post{Text: "another", ReplyTo: first.Post}), smm.Prepared{})
	require.ErrorIs(t, err, smm.ErrRateLimited)
	b.world.Clock.Advance(25 * time.Hour)
	b.publish(t, &smm.Post{Text: "three"})
}

// TestBudgetUnreadable: without the permission to read it, it is not known.
func TestBudgetUnreadable(t *testing.T) {
	b := open(t, nil)
	b.connect(t, smm.Credential{AccessToken: smm.NewSecret(b.IssueToken("shop", "threads_basic"))})
	caps, err := b.channel(t).Capabilities(t.Context())
	require.NoError(t, err)
	require.Equal(t, smm.StateGranted, caps.Support(smm.CapPost).State)
	_, err = b.driver(t).Prepare(t.Context(), b.request(smm.Post{Text: "x"}), smm.Prepared{})
	require.ErrorIs(t, err, smm.ErrForbidden)
}

func TestRefusedBeforeAnythingIsMade(t *testing.T) {
	b := open(t, nil)
	d := b.driver(t)
	for name, p := range map[string]smm.Post{
		"too long": {Text: strings.Repeat("é", 501)}, "visibility": {Text: "x", Visibility: smm.VisibilityDirect},
		"a message": {Text: "x", ReplyTo: b.visitor}, "elsewhere": {Text: "x", ReplyTo: smm.Ref{Platform: "bluesky", Kind: smm.KindPost, ID: "1"}},
		"quote of elsewhere": {Text: "x", Quote: smm.Ref{Platform: threads.Platform, Space: "y", Kind: smm.KindPost, ID: "1"}},
		"poll with media":    {Poll: &smm.Poll{Options: []string{"a", "b"}}, Media: []smm.Media{{Name: "red.png"}}},
		"no such asset":      {Media: []smm.Media{{Name: "none.png"}}}, "an animation": {Media: []smm.Media{{Name: "moving.gif"}}},
		"another asset": {Media: []smm.Media{{Name: "red.png", Hash: strings.Repeat("0", 64)}}},
	} {
		before := b.world.Faults.RequestsOf(sim.Prepare)
		_, err := d.Prepare(t.Context(), b.request(p), smm.Prepared{})
		require.Error(t, err, name)
		require.True(t, errors.Is(err, smm.ErrInvalid) || errors.Is(err, smm.ErrUnsupported), "%s: %v", name, err)
		require.Equal(t, before, b.world.Faults.RequestsOf(sim.Prepare), name)
	}
	b.config.MediaHost = nil
	_, err := b.driver(t).Prepare(t.Context(), b.request(smm.Post{Media: []smm.Media{{Name: "red.png"}}}), smm.Prepared{})
	require.ErrorIs(t, err, smm.ErrInvalid)
	caps, err := b.channel(t).Capabilities(t.Context())
	require.NoError(t, err)
	require.Equal(t, smm.StateServer, caps.Support(smm.CapImage).State)
	require.Contains(t, caps.Support(smm.CapImage).Cure, "MediaHost")

	_, err = d.Settle(t.Context(), b.request(smm.Post{}), smm.Prepared{State: []byte("{")}, smm.Attempt{})
	require.ErrorIs(t, err, smm.ErrInvalid)
	o, err := d.Commit(t.Context(), b.request(smm.Post{}), smm.Prepared{State: []byte("{}")}, smm.Attempt{})
	require.ErrorIs(t, err, smm.ErrInvalid)
	require.Equal(t, smm.OutcomeRefused, o.State)
}

// TestAddressesAreNotKept: the address of an asset is signed, and what is prepared
// is stored.
func TestAddressesAreNotKept(t *testing.T) {
	b := open(t, nil)
	p := b.prepare(t, b.driver(t), b.request(smm.Post{Media: []smm.Media{{Name: "red.png"}, {Name: "clip.mp4"}}}))
	require.NotContains(t, string(p.State), "http")
	require.NotContains(t, string(p.State), b.token().Reveal())
}

func TestValidate(t *testing.T) {
	b := open(t, nil)
	codes := func(p smm.Post) map[string]smm.Severity {
		out := map[string]smm.Severity{}
		found, err := b.channel(t).Validate(t.Context(), &p)
		require.NoError(t, err)
		for _, f := range found {
			out[f.Code] = f.Severity
		}
		return out
	}
	require.Equal(t, smm.SeverityWarning, codes(smm.Post{Text: strings.Repeat("😀", 200)})["text.emoji"])
	require.NotContains(t, codes(smm.Post{Text: strings.Repeat("é", 500)}), "text.emoji")
	got := codes(smm.Post{
		Text: "x", Media: []smm.Media{{Name: "red.png"}}, ContentWarning: "w", Card: &smm.Card{URL: "https://example.com/", Title: "T"},
	})
	for _, code := range []string{"media.unreachable", "content-warning.unused", "card.made-by-server", "card.media"} {
		require.Equal(t, smm.SeverityWarning, got[code], code)
	}
	require.Equal(t, smm.SeverityInfo, got["media.alt-text-missing"])
	require.Equal(t, smm.SeverityWarning, codes(smm.Post{Poll: &smm.Poll{Options: []string{"a", "b"}, Duration: threads.PollDuration, Multiple: true}})["poll.multiple"])
	for name, o := range map[string]threads.PostOptions{
		"topic": {TopicTag: "a.b"}, "long topic": {TopicTag: strings.Repeat("x", 51)}, "control": {ReplyControl: "nobody"}, "long": {LongText: &threads.LongText{}},
		"gif": {GIF: &threads.GIF{ID: "1"}}, "spoilers": {Spoilers: make([]threads.TextSpan, 11)}, "span": {Spoilers: []threads.TextSpan{{Offset: -1, Length: 1}}},
		"country": {Countries: []string{"DEU"}},
	} {
		p := smm.Post{Text: "x"}
		require.NoError(t, o.Set(&p))
		require.Equal(t, smm.SeverityError, codes(p)["options.invalid"], name)
	}
	b.config.MediaHost = hostFunc(func(string) (string, error) { return "https://cdn.example/a.png", nil })
	require.NotContains(t, codes(smm.Post{Media: []smm.Media{{Name: "red.png"}}}), "media.unreachable")
	for _, address := range []string{"https://10.0.0.1/a", "https://localhost/a", "https://[::1]/a", "http://cdn.example/a", "file:///a", "https://printer.local/a", "https://192.168.1.1/"} {
		b.config.MediaHost = hostFunc(func(string) (string, error) { return address, nil })
		require.Contains(t, codes(smm.Post{Media: []smm.Media{{Name: "red.png"}}}), "media.unreachable", address)
	}
	b.config.MediaHost = hostFunc(func(string) (string, error) { return "", http.ErrServerClosed })
	require.Equal(t, smm.SeverityError, codes(smm.Post{Media: []smm.Media{{Name: "red.png"}}})["media.address"])
}

func TestCountText(t *testing.T) {
	for text, want := range map[string][2]int{"": {0, 0}, "plain": {5, 5}, "né": {2, 2}, "a😀": {2, 5}, "日本": {2, 2}} {
		plain, strict := threads.CountText(text)
		require.Equal(t, want, [2]int{plain, strict}, text)
	}
}
