package smm_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// counting is a fake that counts words, probes by the first bytes and knows
// one vendor option.
type counting struct{ *fake }

func (counting) CountText(p *smm.Post) smm.TextCount {
	return smm.TextCount{Used: len(strings.Fields(p.Text)), Unit: "words", Bytes: len(p.Text)}
}

func (counting) ProbeMedia(_ context.Context, r io.ReadSeeker) (smm.MediaInfo, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return smm.MediaInfo{}, err
	}
	info := smm.MediaInfo{Size: int64(len(b)), Width: 100, Height: 100}
	switch b[0] {
	case 'I':
		info.Type, info.Class = "image/png", smm.MediaImage
	case 'V':
		info.Type, info.Class, info.Duration = "video/mp4", smm.MediaVideo, time.Minute
	default:
		return info, smm.ErrInvalid
	}
	return info, nil
}

func (counting) ValidatePost(_ context.Context, _ smm.Ref, p *smm.Post, _ smm.Capabilities) (smm.Findings, error) {
	var o struct {
		Loud bool `json:"loud"`
	}
	var found smm.Findings
	if err := p.DecodeOptions("x", &o); err != nil {
		found = append(found, smm.Finding{Code: "options.invalid", Severity: smm.SeverityError, Path: "options", Message: err.Error()})
	}
	return found, nil
}

func codes(fs smm.Findings) []string {
	var out []string
	for _, f := range fs {
		out = append(out, f.Code)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestValidateReportsEverythingAtOnce(t *testing.T) {
	f := newFake("x")
	f.limits = smm.Limits{
		Text: smm.TextLimits{Max: 3, Bytes: 20, Unit: "words"}, Thread: 2, Langs: 1, Source: "made up, 2026-11-22",
		Media: smm.MediaLimits{MaxItems: 1, MaxImages: 1, Types: []string{"image/png"}, ImageBytes: 4, ImagePixels: 99, AltText: 1, VideoLength: time.Second},
	}
	files := fstest.MapFS{
		"big.png": {Data: []byte("Ixxxxx")}, "film.mp4": {Data: []byte("V")}, "junk": {Data: []byte("?")}, "renamed.jpg": {Data: []byte("I")},
	}
	c, err := smm.New([]smm.Driver{counting{f}}, smm.WithMediaStore(smm.FSMedia(files)))
	if err != nil {
		t.Fatal(err)
	}
	post := &smm.Post{
		Text: "five words are too many", Languages: []string{"en", "de"},
		Entities: []smm.Entity{{Kind: smm.EntityLink, Start: 3, End: 900}},
		Media: []smm.Media{
			{Name: "big.png", AltText: "two words", Focus: &smm.FocalPoint{X: 2}}, {Name: "film.mp4"}, {Name: "junk"},
			{Name: "gone.png"}, {Name: "renamed.jpg", Type: "image/jpeg"}, {Name: "renamed.jpg", Hash: strings.Repeat("0", 64)}, {Name: "../etc/passwd"},
		},
		Poll:   &smm.Poll{Options: []string{"a"}},
		Quote:  f.ref(smm.KindPost, "9"),
		Card:   &smm.Card{},
		Thread: []smm.Post{{}, {Text: "ok", Thread: []smm.Post{{Text: "nested"}}}},
	}
	if err := post.SetOptions("x", map[string]any{"loud": true, "unknown": 1}); err != nil {
		t.Fatal(err)
	}
	got, err := c.Validate(t.Context(), post, []smm.Ref{f.channel()})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"capability.never", "card.url", "entity.span", "languages.too-many", "media.alt-text-too-long", "media.focus", "media.missing",
		"media.mixed", "media.too-large", "media.too-long", "media.too-many", "media.too-many-images", "media.too-many-pixels", "media.type", "media.type-mismatch",
		"media.unreadable", "options.invalid", "post.empty", "text.too-long", "text.too-many-bytes", "thread.nested", "thread.too-long",
	}
	if !slices.Equal(codes(got), want) {
		t.Fatalf("got  %v\nwant %v", codes(got), want)
	}
	wantIs(t, got.Err(), smm.ErrInvalid)
	for _, finding := range got {
		if finding.Message == "" || finding.Channel != f.channel() {
			t.Errorf("incomplete finding: %+v", finding)
		}
	}
	wantEqual(t, "public", len(f.public), 0)
}

func TestValidateBlocksPublish(t *testing.T) {
	f := newFake("x")
	f.limits.Text.Max = 3
	c, _ := newClient(t, nil, f)
	rs := publish(t, c, &smm.Post{Text: "four"}, f)
	wantIs(t, rs[0].Err, smm.ErrInvalid)
	if fe, ok := errors.AsType[*smm.FindingsError](rs[0].Err); !ok || len(fe.Findings) != 1 {
		t.Fatalf("got %v", rs[0].Err)
	}
	wantEqual(t, "public", len(f.public), 0)
	wantEqual(t, "outcome", rs[0].Outcome, smm.OutcomeNotSent)
}

func TestGatesVetoWarnAndFail(t *testing.T) {
	f := newFake("x")
	severity, fail := smm.SeverityWarning, error(nil)
	gate := smm.GateFunc(func(_ context.Context, _ smm.Ref, p *smm.Post) (smm.Findings, error) {
		return smm.Findings{{Code: "house.style", Severity: severity, Path: "text", Message: p.Text}}, fail
	})
	c, _ := newClient(t, []smm.Option{smm.WithGates(gate)}, f)
	rs := publish(t, c, &smm.Post{Text: "warned"}, f)
	if rs[0].Err != nil || len(rs[0].Findings) != 1 {
		t.Fatalf("a warning stopped the post: %v", rs[0].Err)
	}
	severity = smm.SeverityError
	wantIs(t, publish(t, c, &smm.Post{Text: "vetoed"}, f)[0].Err, smm.ErrInvalid)
	severity, fail = smm.SeverityInfo, errors.New("the gate is down")
	if rs := publish(t, c, &smm.Post{Text: "unchecked"}, f); rs[0].Err == nil {
		t.Fatal("a gate that failed let the post pass")
	}
	if !slices.Equal(f.public, []string{"warned"}) {
		t.Fatalf("public: %v", f.public)
	}
}

func TestVariantsAndOptionsAreThePlatformsOwn(t *testing.T) {
	short := "short"
	p := &smm.Post{Text: "long", Entities: []smm.Entity{{End: 4}}, Variants: map[smm.Platform]smm.Variant{"x": {Text: &short}}}
	if err := p.SetOptions("x", 1); err != nil {
		t.Fatal(err)
	}
	if err := p.SetOptions("y", 2); err != nil {
		t.Fatal(err)
	}
	x := p.For("x")
	wantEqual(t, "text", x.Text, short)
	wantEqual(t, "entities of another text", len(x.Entities), 0)
	wantEqual(t, "options", len(x.Options), 1)
	wantEqual(t, "variants", len(x.Variants), 0)
	y := p.For("y")
	y.Entities[0].End = 1
	wantEqual(t, "the original", p.Entities[0].End, 4)
}

func TestPostSurvivesJSON(t *testing.T) {
	p := &smm.Post{
		Text: "x\u2028", Media: []smm.Media{{Name: "a", Focus: &smm.FocalPoint{X: -1, Y: 1}, Captions: []smm.Captions{{Language: "en", Name: "c"}}}},
		Poll: &smm.Poll{Options: []string{"a", "b"}, Duration: time.Hour}, ReplyTo: smm.Ref{Platform: "x", Kind: smm.KindPost, ID: "1"},
		Labels: smm.Labels{Tags: []string{"t"}}, Disclosure: smm.Disclosure{Paid: true}, Thread: []smm.Post{{Text: "y"}},
	}
	a, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var back smm.Post
	if err := json.Unmarshal(a, &back); err != nil {
		t.Fatal(err)
	}
	b, _ := json.Marshal(back)
	wantEqual(t, "json", string(b), string(a))
}

func TestCapabilitiesNameTheCure(t *testing.T) {
	c := smm.NewCapabilities(start, map[smm.Capability]smm.Support{
		smm.CapPost: {State: smm.StateGranted}, smm.CapLike: {State: smm.StateScope, Missing: []string{"write:favourites"}, Cure: "connect again with write:favourites"},
		smm.CapPoll: {State: smm.StateQuota, Until: start.Add(time.Hour)},
	}, smm.Limits{})
	if err := c.Err(smm.CapPost); err != nil {
		t.Fatal(err)
	}
	wantIs(t, c.Err(smm.CapEdit), errors.ErrUnsupported)
	wantIs(t, c.Err(smm.CapLike), smm.ErrForbidden)
	if !strings.Contains(c.Err(smm.CapLike).Error(), "connect again with write:favourites") {
		t.Fatalf("no cure in %v", c.Err(smm.CapLike))
	}
	if d, ok := smm.RetryAfter(c.Err(smm.CapPoll)); !ok || d != time.Hour {
		t.Fatalf("quota comes back in %v", d)
	}
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var back smm.Capabilities
	if err := json.Unmarshal(b, &back); err != nil || !back.Has(smm.CapPost) || back.Has(smm.CapLike) {
		t.Fatalf("%v, %+v", err, back)
	}
}

func TestWritesAreCheckedAheadAndReadsAreNot(t *testing.T) {
	f := newFake("x")
	c, _ := newClient(t, nil, f)
	ch := c.Channel(f.channel())
	wantIs(t, ch.SetLiked(t.Context(), f.ref(smm.KindPost, "1"), true), errors.ErrUnsupported)
	_, err := ch.Comments(f.ref(smm.KindPost, "1"), nil).Collect(t.Context(), 0)
	wantIs(t, err, errors.ErrUnsupported)
	_, err = ch.Metrics(t.Context(), smm.MetricRequest{})
	wantIs(t, err, errors.ErrUnsupported)
}

func TestCapabilitiesAreCachedPerTenantAndExpire(t *testing.T) {
	f := newFake("x")
	c, clock := newClient(t, []smm.Option{smm.WithCapabilityTTL(time.Minute)}, f)
	ask := func(c *smm.Client) {
		if _, err := c.Channel(f.channel()).Capabilities(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	ask(c)
	ask(c)
	wantEqual(t, "asked", f.asked, 1)
	ask(c.ForTenant("b"))
	wantEqual(t, "asked for another tenant", f.asked, 2)
	clock.Advance(2 * time.Minute)
	ask(c)
	wantEqual(t, "asked after the TTL", f.asked, 3)
}
