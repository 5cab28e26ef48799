package mastodon_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/contract/deviate"
	"github.com/smmkit/smmkit/internal/contract/lexicon"
	"github.com/smmkit/smmkit/internal/contract/wire"
	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/smm"
)

// reads says which entity each of the client's wire types reads, and which of its
// fields are of compatible servers, which the vendor's documentation does not
// have.
var reads = []struct {
	wire     reflect.Type
	entities []string
	others   []string
}{
	{reflect.TypeFor[mastodon.Status](), []string{"Status"}, []string{"pleroma"}},
	{reflect.TypeFor[mastodon.Account](), []string{"CredentialAccount"}, nil},
	{reflect.TypeFor[mastodon.AccountSource](), []string{"CredentialAccount.source"}, nil},
	{reflect.TypeFor[mastodon.Field](), []string{"Field"}, nil},
	{reflect.TypeFor[mastodon.Relationship](), []string{"Relationship"}, nil},
	{reflect.TypeFor[mastodon.Notification](), []string{"Notification"}, nil},
	{reflect.TypeFor[mastodon.Conversation](), []string{"Conversation"}, nil},
	{reflect.TypeFor[mastodon.UserList](), []string{"List"}, nil},
	{reflect.TypeFor[mastodon.SearchResults](), []string{"Search"}, nil},
	{reflect.TypeFor[mastodon.Filter](), []string{"Filter"}, nil},
	{reflect.TypeFor[mastodon.FilterKeyword](), []string{"FilterKeyword"}, nil},
	{reflect.TypeFor[mastodon.Filtered](), []string{"FilterResult"}, nil},
	{reflect.TypeFor[mastodon.ReportReceipt](), []string{"Report"}, nil},
	{reflect.TypeFor[mastodon.Quote](), []string{"Quote", "ShallowQuote"}, nil},
	{reflect.TypeFor[mastodon.Application](), []string{"Status.application"}, nil},
	{reflect.TypeFor[mastodon.Mention](), []string{"Status::Mention"}, nil},
	{reflect.TypeFor[mastodon.Tag](), []string{"Status::Tag"}, nil},
	{reflect.TypeFor[mastodon.PreviewCard](), []string{"PreviewCard"}, nil},
	{reflect.TypeFor[mastodon.Poll](), []string{"Poll"}, nil},
	{reflect.TypeFor[mastodon.PollOption](), []string{"Poll::Option"}, nil},
	{reflect.TypeFor[mastodon.Attachment](), []string{"MediaAttachment"}, []string{"mime"}},
	{reflect.TypeFor[mastodon.MediaMeta](), []string{"MediaAttachment.meta"}, nil},
	{reflect.TypeFor[mastodon.MediaSize](), []string{"MediaAttachment.meta.size"}, nil},
	{reflect.TypeFor[mastodon.StatusSource](), []string{"StatusSource"}, nil},
	{reflect.TypeFor[mastodon.StatusEdit](), []string{"StatusEdit"}, nil},
	{reflect.TypeFor[mastodon.Context](), []string{"Context"}, nil},
	{reflect.TypeFor[mastodon.ScheduledStatus](), []string{"ScheduledStatus"}, nil},
	{reflect.TypeFor[mastodon.ScheduledParams](), []string{"ScheduledStatus.params"}, nil},
	{
		reflect.TypeFor[mastodon.InstanceInfo](), []string{"Instance", "V1_Instance"},
		[]string{"max_toot_chars", "max_media_attachments", "upload_limit", "description_limit", "poll_limits"},
	},
	{reflect.TypeFor[mastodon.Configuration](), []string{"Instance.configuration"}, nil},
	{reflect.TypeFor[mastodon.Rule](), []string{"Rule"}, nil},
	{reflect.TypeFor[mastodon.UserInfo](), []string{"UserInfo"}, nil},
}

// TestClientReadsWhatIsDocumented compares the fields that the client's types
// read with the sheet: a misspelt one would always be empty.
func TestClientReadsWhatIsDocumented(t *testing.T) {
	s := sheet(t)
	n := 0
	for _, r := range reads {
		for field := range r.wire.Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name == "" {
				name = strings.ToLower(field.Name)
			}
			if name == "-" {
				continue
			}
			n++
			known := slices.ContainsFunc(r.entities, func(e string) bool { _, ok := s.Fields(e)[name]; return ok })
			if slices.Contains(r.others, name) {
				require.False(t, known, "%v reads %s, which is documented: take it off the list of others", r.wire, name)
				continue
			}
			require.True(t, known, "%v reads %s, which %v does not have", r.wire, name, r.entities)
		}
	}
	t.Logf("%d fields of %d types", n, len(reads))
}

// typed reports whether a caller can tell what to do about an error.
func typed(err error) bool {
	if _, ok := errors.AsType[*smm.Error](err); ok {
		return true
	}
	return errors.Is(err, smm.ErrUnavailable) || errors.Is(err, smm.ErrInvalid) || errors.Is(err, smm.ErrNotFound)
}

// TestDecodersMeetDeviations gives every method of the vendor client its own
// answers with one mistake in each. It may take it or refuse it by an error that
// says what to do; it may not panic.
func TestDecodersMeetDeviations(t *testing.T) {
	b := open(t)
	f := b.facts(b.portable())
	table := calls(f)
	taken, refused := 0, 0
	seen := make(map[string]bool) // by type of answer: one decoder reads them all
	for _, name := range order(keys(table)) {
		for _, do := range table[name] {
			before := len(b.recorder.Exchanges())
			require.NoError(t, do(t.Context(), b.vendor), name)
			answers := b.recorder.Exchanges()[before:]
			for i, e := range answers {
				v, err := lexicon.Decode(e.Got)
				if err != nil {
					continue
				}
				for _, m := range deviate.Some(testing.Short(), deviate.Each(v)) {
					place := b.judge.sheet.Methods[b.judge.key(e)].Returns + m.String()
					if seen[place] {
						continue
					}
					seen[place] = true
					err := b.playback(answers, i, encode(t, m.Value), do)
					if err == nil {
						taken++
						continue
					}
					refused++
					require.True(t, typed(err), "%s %s: %v", name, m, err)
				}
			}
		}
	}
	t.Logf("%d answers with a mistake: %d taken, %d refused by a typed error", taken+refused, taken, refused)
	if !testing.Short() {
		require.Greater(t, taken+refused, 5_000)
		require.Greater(t, refused, 100)
	}
}

func (b *bench) playback(answers []wire.Exchange, i int, body []byte, do call) error {
	changed := append([]wire.Exchange(nil), answers...)
	changed[i].Got = body
	c, err := mastodon.NewClient(mastodon.ClientConfig{
		Server: b.URL(), Token: smm.NewSecret("played-back"), Clock: b.world.Clock,
		HTTPClient: &http.Client{Transport: &wire.Playback{Answers: changed}},
	})
	require.NoError(b.t, err)
	return do(b.t.Context(), c)
}

// TestCreatesSurviveDeviations spoils the answer to a new status in every way.
// It is public all the same, so the only right ends are its own id and an
// outcome that is not success; and never a second one.
func TestCreatesSurviveDeviations(t *testing.T) {
	b := open(t)
	s := &wire.Spoiler{Next: b.recorder.Next, Match: func(r *http.Request) bool {
		return r.Method == http.MethodPost && r.URL.Path == "/api/v1/statuses"
	}}
	b.recorder.Next = s
	var answer any
	s.Spoil = func(body []byte) []byte {
		answer, _ = lexicon.Decode(body)
		return body
	}
	require.NoError(t, drain(b.channel.Publish(t.Context(), &smm.Post{Text: "the first"}, nil)))
	mistakes := deviate.Some(testing.Short(), deviate.Each(answer))
	published := 0
	for i, m := range mistakes {
		b.world.Clock.Advance(time.Minute)
		text := "number " + strconv.Itoa(i) + " of many"
		if b.createOnce(s, m, text) {
			published++
		}
		n := 0
		for _, item := range b.world.Ledger.Items() {
			if item.Text == text {
				n++
			}
		}
		require.Equal(t, 1, n, "%s", m)
	}
	t.Logf("%d answers with a mistake: %d creates known to be public, %d in doubt", len(mistakes), published, len(mistakes)-published)
	require.NotEmpty(t, mistakes)
}

// createOnce publishes with the mistake in the answer and reports whether the
// driver says that it is public.
func (b *bench) createOnce(s *wire.Spoiler, m deviate.Mistake, text string) bool {
	var truth struct{ ID string }
	s.Spoil = func(body []byte) []byte {
		require.NoError(b.t, json.Unmarshal(body, &truth))
		v, err := lexicon.Decode(body)
		require.NoError(b.t, err)
		return encode(b.t, m.Again(v))
	}
	r, err := b.channel.Publish(b.t.Context(), &smm.Post{Text: text}, nil)
	s.Spoil = nil
	if r.Outcome != smm.OutcomePublished {
		require.Error(b.t, err, "%s", m)
		require.True(b.t, typed(err), "%s: %v", m, err)
		return false
	}
	if last := m.Path; len(last) == 1 && last[0] == "id" && r.Post.ID != truth.ID {
		// A server that names another status cannot be told from one that is right.
		require.Contains(b.t, []string{"7", "0.5", "seven", "true"}, r.Post.ID, "%s", m)
		return true
	}
	require.Equal(b.t, truth.ID, r.Post.ID, "%s", m)
	return true
}

// TestStreamIsDocumented takes an event from a stream and holds its payload
// against the sheet.
func TestStreamIsDocumented(t *testing.T) {
	b := open(t)
	info, err := b.vendor.Instance.Get(t.Context())
	require.NoError(t, err)
	c, err := mastodon.NewClient(mastodon.ClientConfig{
		Server: b.URL(), Token: smm.NewSecret(b.account.Login["MASTODON_TOKEN"]), Clock: b.world.Clock,
		HTTPClient: &http.Client{Transport: &whenOpen{b.recorder.Next, func() {
			_, err := b.VisitorPosts(t.Context(), visitor, "", "hello @alice")
			require.NoError(t, err)
		}}},
	})
	require.NoError(t, err)
	for e, err := range c.Streaming.Stream(t.Context(), info.StreamingURL(b.URL()), "user", nil) {
		require.NoError(t, err)
		typ := map[string]string{"notification": "Notification", "update": "Status"}[e.Event]
		require.NotEmpty(t, typ, e.Event)
		v, err := lexicon.Decode([]byte(e.Payload))
		require.NoError(t, err)
		require.Empty(t, b.judge.sheet.Value(typ, v))
		break
	}
}

// whenOpen does something as soon as a stream is open.
type whenOpen struct {
	next http.RoundTripper
	do   func()
}

func (w *whenOpen) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.next.RoundTrip(r)
	if err == nil {
		w.do()
	}
	return resp, err
}
