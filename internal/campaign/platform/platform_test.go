package platform_test

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/smmkit/smmkit/internal/campaign/platform"
	"github.com/smmkit/smmkit/smm"
)

// TestMarksTellItemsApart: a part of every form carries its mark in its text or in a
// file that no other mark has, or the judge would join the wrong things.
func TestMarksTellItemsApart(t *testing.T) {
	scene := &platform.Scene{}
	for _, p := range platform.All() {
		for _, f := range p.Forms {
			posts := make([]*smm.Post, 0, 2)
			for _, m := range []string{"item 00001x", "item 00002x"} {
				marks := slices.Repeat([]string{m}, f.Marks())
				post := f.Post(scene, marks)
				if post.Text == "" && !slices.ContainsFunc(post.Media, func(x smm.Media) bool { return strings.Contains(x.Name, m) }) {
					t.Errorf("%s %s: the mark is nowhere", p.Name, f.Name)
				}
				posts = append(posts, post)
			}
			if posts[0].Text != "" {
				continue
			}
			a, err := platform.Fingerprint(posts[0].Media[0].Name)
			if err != nil {
				t.Fatalf("%s %s: %v", p.Name, f.Name, err)
			}
			if b, err := platform.Fingerprint(posts[1].Media[0].Name); err != nil || a == b {
				t.Errorf("%s %s: two marks, one file, %v", p.Name, f.Name, err)
			}
		}
	}
}

// TestAssets: what a driver reads has the fingerprint that the ledger is compared with.
func TestAssets(t *testing.T) {
	if _, err := platform.Assets().OpenMedia(t.Context(), "", "none of item 00001x.jpg"); err == nil {
		t.Error("a file that is not there was opened")
	}
	b, err := platform.Assets().OpenMedia(t.Context(), "", "tall of item 00001x.jpg")
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(b)
	if err != nil || !strings.HasSuffix(string(data), "item 00001x") {
		t.Errorf("%d bytes without the mark, %v", len(data), err)
	}
}

// TestFits: rows that one driver cannot serve at a time exclude each other, and no
// others.
func TestFits(t *testing.T) {
	for _, tt := range []struct {
		a, b *platform.Platform
		want bool
	}{
		{platform.Facebook(), platform.FacebookOneStep(), false},
		{platform.Instagram(), platform.InstagramLogin(), false},
		{platform.Instagram(), platform.Facebook(), true},
		{platform.Mastodon(), platform.GoToSocial(), true},
		{platform.X(), platform.X(), true},
	} {
		if got := tt.a.Fits(tt.b); got != tt.want || tt.b.Fits(tt.a) != got {
			t.Errorf("%s beside %s: %t", tt.a.Name, tt.b.Name, got)
		}
	}
}
