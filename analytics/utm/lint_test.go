package utm

import (
	"slices"
	"strings"
	"testing"

	"github.com/smmkit/smmkit/smm"
)

func codes(fs smm.Findings) string {
	var out []string
	for _, f := range fs {
		out = append(out, strings.TrimPrefix(f.Code, "utm.")+":"+f.Path)
	}
	return strings.Join(out, " ")
}

func TestLint(t *testing.T) {
	b := open(t, Social())
	const ok = "utm_source=x&utm_medium=social&utm_campaign=spring"
	for query, want := range map[string]string{
		ok:                               "",
		ok + "&utm_content=video_17":     "",
		"":                               "required:utm_source required:utm_medium required:utm_campaign",
		"utm_source=x&utm_medium=social": "required:utm_campaign",
		"utm_source=X&utm_medium=social&utm_campaign=spring":      "case:utm_source",
		"utm_source=x&utm_medium=Social&utm_campaign=spring":      "case:utm_medium allowed:utm_medium",
		"utm_source=x&utm_medium=post&utm_campaign=spring":        "allowed:utm_medium",
		"utm_source=x&utm_medium=social&utm_campaign=spring+sale": "separator:utm_campaign",
		"utm_source=x&utm_medium=social&utm_campaign=spring_sale": "separator:utm_campaign",
		"utm_source=x&utm_medium=social&utm_campaign=%20":         "separator:utm_campaign",
		ok + strings.Repeat("g", 101):                             "length:utm_campaign",
		ok + strings.Repeat("%C3%A9", 90):                         "",
		ok + "&utm_term=shoes":                                    "no-rule:utm_term",
		ok + "&utm_content=sidebar":                               "form:utm_content",
		ok + "&utm_source=y":                                      "repeated:utm_source",
		ok + "&utm_contnet=y":                                     "unknown:utm_contnet",
		ok + "&UTM_Content=y":                                     "unknown:UTM_Content",
		ok + "#utm_term=y":                                        "fragment:",
		ok + "&email=jo%40example.com":                            "personal-data:email",
		ok + "&next=%252Fa%253Fm%253Djo%252540example.com":        "personal-data:next",
		ok + "&t=a@b": "",
		ok + "&lang=a%2Bb&d=2027-01-02&n=123456789012":                 "",
		"utm_source=x&utm_medium=social&utm_campaign=Jo@Example.com":   "personal-data:utm_campaign",
		"utm_source=x&utm_medium=social&utm_campaign=%2B49-30-1234567": "personal-data:utm_campaign",
		ok + "&utm_term=jo@example.com":                                "personal-data:utm_term",
	} {
		if got := codes(b.Lint("https://example.com/?" + query)); got != want {
			t.Errorf("%s\n got %q\nwant %q", query, got, want)
		}
	}
	if got := codes(b.Lint("example.com")); got != "address:" {
		t.Error(got)
	}
}

// Findings carry what a host needs to phrase and to mend them, and no personal
// data.
func TestFindings(t *testing.T) {
	b := open(t, Social())
	fs := b.LintTags(Tags{Source: "X", Medium: "Social", Campaign: "Jo@Example.com"})
	for _, f := range fs {
		if f.Message == "" || f.Args == nil || (f.Code == CodeCase && (f.Fix == nil || f.Fix.Replacement != strings.ToLower(f.Args["value"]))) {
			t.Errorf("%+v", f)
		}
		if strings.Contains(strings.ToLower(f.String()+f.Args["value"]), "jo@") {
			t.Errorf("a finding repeats the address: %+v", f)
		}
	}
	if len(fs) != 4 || !fs.HasErrors() {
		t.Errorf("%v", codes(fs))
	}
	long := b.LintTags(Tags{Source: strings.Repeat("X", 101), Medium: "social", Campaign: "a"})
	if i := slices.IndexFunc(long, func(f smm.Finding) bool { return f.Code == CodeLength }); i < 0 || long[i].Fix != nil || long[i].Args["max"] != "100" {
		t.Errorf("%+v", long)
	}
	fixed := b.Normalize(Tags{Source: "X", Medium: "Paid Social", Campaign: "Spring_Sale"})
	if fs := b.LintTags(fixed); len(fs) != 0 {
		t.Errorf("what Normalize returns is clean: %v", fs)
	}
}

func TestCollisions(t *testing.T) {
	b := open(t, Social())
	fs := b.Collisions([]Tags{
		{Source: "x", Campaign: "Spring Sale"}, {Source: "x", Campaign: "spring-sale"}, {Source: "x", Campaign: "spring-sale"},
		{Source: "X", Campaign: "q1-1"}, {Source: "x", Campaign: "q-11"}, {Term: "A"}, {Term: "a"},
	})
	if codes(fs) != "collision:utm_source collision:utm_campaign" {
		t.Fatal(codes(fs))
	}
	if f := fs[1]; f.Args["values"] != "Spring Sale\nspring-sale" || f.Args["normal"] != "spring-sale" {
		t.Errorf("%+v", f)
	}
	anyCase := open(t, Convention{Rules: []Rule{{Param: Content, AnyCase: true}}})
	if fs := anyCase.Collisions([]Tags{{Content: "Ab"}, {Content: "aB"}}); len(fs) != 1 {
		t.Errorf("case alone is a collision where case is free: %v", fs)
	}
}
