package utm

import (
	"errors"
	"strings"
	"testing"

	"github.com/smmkit/smmkit/smm"
)

var spring = Tags{Source: "linkedin", Medium: "social", Campaign: "spring sale"}

func TestSetKeepsEveryOtherByte(t *testing.T) {
	const tags = "utm_source=linkedin&utm_medium=social&utm_campaign=spring%20sale"
	for in, want := range map[string]string{
		"https://example.com":                        "https://example.com?" + tags,
		"https://example.com/":                       "https://example.com/?" + tags,
		"https://example.com/?":                      "https://example.com/?&" + tags,
		"https://example.com/?b=2&a=1":               "https://example.com/?b=2&a=1&" + tags,
		"https://example.com/?a=1&a=2&&b":            "https://example.com/?a=1&a=2&&b&" + tags,
		"https://example.com/?q=a+b%2fc%2Fd&x=%zz":   "https://example.com/?q=a+b%2fc%2Fd&x=%zz&" + tags,
		"https://example.com/p#top":                  "https://example.com/p?" + tags + "#top",
		"https://example.com/#/app?x=1&utm_term=a":   "https://example.com/?" + tags + "#/app?x=1&utm_term=a",
		"HTTPS://Example.COM:443/a%20b/?a=1#f":       "HTTPS://Example.COM:443/a%20b/?a=1&" + tags + "#f",
		"https://bücher.example/Ä?ü=ö":               "https://bücher.example/Ä?ü=ö&" + tags,
		"https://xn--bcher-kva.example/":             "https://xn--bcher-kva.example/?" + tags,
		"http://[2001:db8::1]:8080/x":                "http://[2001:db8::1]:8080/x?" + tags,
		"https://example.com/?utm_source=fb&a=1":     "https://example.com/?a=1&" + tags,
		"https://example.com/?utm_id=7&a=1&utm_id=8": "https://example.com/?a=1&" + tags,
		"https://example.com/?UTM_Source=fb":         "https://example.com/?" + tags,
		"https://example.com/?utm%5Fsource=fb&z=1":   "https://example.com/?z=1&" + tags,
		"https://example.com/?sig=a==&next=/?x=1":    "https://example.com/?sig=a==&next=/?x=1&" + tags,
	} {
		got, err := Set(in, spring)
		if err != nil || got != want {
			t.Errorf("Set(%q)\n got %q, %v\nwant %q", in, got, err, want)
		}
		if again, _ := Set(got, spring); again != got {
			t.Errorf("Set is not idempotent: %q becomes %q", got, again)
		}
		if read, _ := Read(got); read != spring {
			t.Errorf("Read(%q) = %+v", got, read)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, in := range []string{"", "example.com/a", "mailto:a@example.com", "ftp://example.com", "https://", "https://u:p@example.com", "https://a b.example/", "//example.com"} {
		if _, err := Parse(in); !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("Parse(%q): %v", in, err)
		}
		if _, err := Set(in, spring); !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("Set(%q): %v", in, err)
		}
		if _, err := Build(in, spring); !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("Build(%q): %v", in, err)
		}
	}
}

func TestParseReports(t *testing.T) {
	a, err := Parse("https://e.com/?utm_source=a&utm_source=b&utm_sourec=c&UTM_Medium=d&utm_term=%zz&x=1#utm_content=f")
	if err != nil {
		t.Fatal(err)
	}
	if a.Tags != (Tags{Source: "a", Term: "%zz"}) {
		t.Errorf("the first value counts, and broken encoding is taken as it stands: %+v", a.Tags)
	}
	if len(a.Repeated) != 1 || a.Repeated[0] != Source {
		t.Errorf("repeated: %v", a.Repeated)
	}
	if strings.Join(a.Unknown, " ") != "utm_sourec UTM_Medium" || !a.InFragment {
		t.Errorf("unknown: %v, in the fragment: %v", a.Unknown, a.InFragment)
	}
}

func TestBuildRefusesDoubleTags(t *testing.T) {
	for _, in := range []string{"https://e.com/?utm_id=1", "https://e.com/?UTM_ID=1"} {
		if _, err := Build(in, spring); !errors.Is(err, smm.ErrInvalid) || !strings.Contains(err.Error(), "use Set") {
			t.Errorf("%s: %v", in, err)
		}
	}
	if got, err := Build("https://e.com/", Tags{Source: "a&b=c", Term: "100 % + #1"}); err != nil ||
		got != "https://e.com/?utm_source=a%26b%3Dc&utm_term=100%20%25%20%2B%20%231" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestAddressString(t *testing.T) {
	a, err := Parse("https://e.com/?a=1&utm_source=x#f")
	if err != nil {
		t.Fatal(err)
	}
	a.Tags.Medium = "social"
	if got := a.String(); got != "https://e.com/?a=1&utm_source=x&utm_medium=social#f" {
		t.Error(got)
	}
}

func TestTags(t *testing.T) {
	var tags Tags
	for i, p := range Params() {
		tags = tags.With(p, string(rune('a'+i)))
	}
	if want := (Tags{"a", "b", "c", "d", "e", "f", "g", "h", "i"}); tags != want {
		t.Errorf("%+v", tags)
	}
	if tags.With("utm_x", "y") != tags || tags.Get("utm_x") != "" {
		t.Error("an unknown parameter must change nothing")
	}
	if got, err := Read("https://e.com/?" + tags.Encode()); err != nil || got != tags {
		t.Errorf("%+v, %v", got, err)
	}
}

// For every address that can be tagged: what was set is read back, and taking
// the tags off gives the address without its own tags, byte for byte.
func FuzzSet(f *testing.F) {
	for _, seed := range []string{
		"https://example.com/?a=1#x", "https://example.com", "https://e.com/?", "https://e.com/?&&", "https://e.com/?utm_source=1&a",
		"https://bücher.example/?q=%zz&utm%5fterm=1#?utm_id=2", "http://h/?;utm_id=1",
	} {
		f.Add(seed, "a b", "ü&=#?%+", "")
	}
	f.Fuzz(func(t *testing.T, address, source, campaign, content string) {
		tags := Tags{Source: source, Campaign: campaign, Content: content}
		set, err := Set(address, tags)
		if err != nil {
			if !errors.Is(err, smm.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		a, err := Parse(set)
		if err != nil || a.Tags != tags || len(a.Repeated) > 0 || len(a.Unknown) > 0 {
			t.Fatalf("%q set to %+v reads back as %+v, %v", set, tags, a, err)
		}
		bare, err := Strip(address)
		if err != nil {
			t.Fatal(err)
		}
		if stripped, err := Strip(set); err != nil || stripped != bare {
			t.Fatalf("Strip(%q) = %q, %v; want %q", set, stripped, err, bare)
		}
		before, _ := Parse(address)
		if before.Tags.IsZero() && len(before.Unknown) == 0 && !strings.Contains(strings.ToLower(address+unescape(address)), "utm") && !strings.Contains(address, "%") && bare != address {
			t.Fatalf("Strip changed an address without tags: %q to %q", address, bare)
		}
		if again, err := Set(set, tags); err != nil || again != set {
			t.Fatalf("not idempotent: %q, %v", again, err)
		}
	})
}
