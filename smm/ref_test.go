package smm_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/smmkit/smmkit/smm"
)

func TestRefText(t *testing.T) {
	for _, c := range []struct {
		ref  smm.Ref
		text string
	}{
		{smm.Ref{}, ""},
		{smm.Ref{Platform: "mastodon", Space: "social.example", Kind: "post", ID: "114"}, "mastodon@social.example/post/114"},
		{smm.Ref{Platform: "bluesky", Kind: "post", ID: "at://did:plc:abc/app.bsky.feed.post/3l"}, "bluesky/post/at://did:plc:abc/app.bsky.feed.post/3l"},
		{smm.Ref{Platform: "slack", Space: "a/b%c", Kind: "channel", ID: "C1"}, "slack@a%2Fb%25c/channel/C1"},
		{smm.Ref{Platform: "x", Kind: "post", ID: "9007199254740993"}, "x/post/9007199254740993"},
	} {
		b, err := c.ref.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "text", string(b), c.text)
		var back smm.Ref
		if err := back.UnmarshalText(b); err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "round trip", back, c.ref)
	}
}

func TestRefIsAMapKeyInJSON(t *testing.T) {
	in := map[smm.Ref]int{{Platform: "x", Kind: "post", ID: "1"}: 7}
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "json", string(b), `{"x/post/1":7}`)
}

func TestParseRefRefuses(t *testing.T) {
	for _, s := range []string{"", "x", "x/post", "x/post/", "X/post/1", "/post/1", "x//1", "x@/post/1", "x@%zz/post/1", "x y/post/1"} {
		_, err := smm.ParseRef(s)
		if !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("ParseRef(%q): %v, want an error that matches ErrInvalid", s, err)
		}
	}
	if _, err := (smm.Ref{Platform: "x", Kind: "post"}).MarshalText(); err == nil {
		t.Error("a ref without an id was marshalled")
	}
}

func FuzzParseRef(f *testing.F) {
	for _, s := range []string{"mastodon@social.example/post/114", "x@%2F/post/a/b", "x/post/\x00", "@@//", "x@a%/post/1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := smm.ParseRef(s)
		if err != nil {
			return
		}
		again, err := smm.ParseRef(r.String())
		if err != nil || again != r {
			t.Fatalf("%q parsed as %+v, whose text %q parses as %+v, %v", s, r, r.String(), again, err)
		}
	})
}
