package link_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/moderation"
	"github.com/smmkit/smmkit/moderation/link"
	"github.com/smmkit/smmkit/smm"
)

func config() link.Config {
	return link.Config{Deny: []string{"bad.example", "xn--bcher-kva.example", "ПРИВЕТ.example"}, Allow: []string{"good.bad.example", "ours.example"}, Max: 3}
}

func codes(t *testing.T, c link.Config, m *smm.Message) (moderation.Action, string) {
	t.Helper()
	f, err := link.New(c)
	require.NoError(t, err)
	v, err := f.Filter(t.Context(), m)
	require.NoError(t, err)
	var out []string
	for _, r := range v.Reasons {
		out = append(out, strings.TrimPrefix(r.Code, "link."))
		if r.Span != nil {
			require.NotEmpty(t, string(m.Text)[r.Span.Start:r.Span.End])
		}
	}
	return v.Action, strings.Join(out, " ")
}

func TestTexts(t *testing.T) {
	for text, want := range map[string]string{
		"no links at all, v1.2.3 and 3.14":                        "",
		"see https://ours.example/x":                              "",
		"see https://fine.com/x":                                  "",
		"https://bad.example":                                     "denied",
		"HTTPS://WWW.BAD.EXAMPLE./x?y":                            "denied",
		"http://a.b.c.bad.example:8080/":                          "denied",
		"https://good.bad.example":                                "",
		"https://x.good.bad.example":                              "",
		"https://notbad.example":                                  "",
		"https://bücher.example/":                                 "denied",
		"https://bit.ly/abc":                                      "shortener",
		"bit.ly/abc":                                              "shortener",
		"https://a.com https://b.com https://c.com https://d.com": "too-many",
	} {
		_, got := codes(t, config(), &smm.Message{Text: smm.Untrusted(text)})
		require.Equal(t, want, got, text)
	}
}

func entity(text, shown, target string) *smm.Message {
	start := strings.Index(text, shown)
	return &smm.Message{Text: smm.Untrusted(text), Entities: []smm.Entity{{Kind: smm.EntityLink, Start: start, End: start + len(shown), Target: target}}}
}

func TestEntities(t *testing.T) {
	for name, c := range map[string]struct {
		shown, target, want string
	}{
		"plain word":        {"here", "https://fine.com", ""},
		"hidden bad":        {"here", "https://bad.example/x", "denied"},
		"other host":        {"https://bank.com/login", "https://evil.com/login", "other-target"},
		"other host, alike": {"bank.com", "https://evilbank.com", "other-target"},
		"other host, bare":  {"bank.com", "https://evil.com/bank.com", "other-target"},
		"same, shortened":   {"bank.com/a-long-pa…", "https://www.bank.com/a-long-path", ""},
		"parent is shown":   {"bank.com", "https://login.bank.com", ""},
		"no host at all":    {"here", "mailto:x@y.example", ""},
		"user in front":     {"here", "https://bank.com@evil.com/", "user-in-address"},
		"mixed scripts":     {"here", "https://pаypal.com", "mixed-scripts"},
		"the same, encoded": {"here", "https://xn--pypal-4ve.com", "mixed-scripts"},
		"all Cyrillic":      {"here", "https://пример.com", ""},
		"IPv4":              {"here", "http://192.0.2.1/x", "ip-address"},
		"IPv6":              {"here", "http://[2001:db8::1]/x", "ip-address"},
		"IPv4 as a number":  {"here", "http://3221225985/", "ip-address"},
		"IPv4 in hex":       {"here", "http://0xc0.0x0.0x02.0x01/", "ip-address"},
		"backslash":         {"here", `https://evil.com\@bank.com`, ""},
		"denied Cyrillic":   {"here", "https://привет.EXAMPLE", "denied"},
		"not an address":    {"here", "https://[::1", ""},
	} {
		_, got := codes(t, config(), entity("look "+c.shown+" now", c.shown, c.target))
		require.Equal(t, c.want, got, name)
	}
	// Spans that make no sense are passed over.
	_, got := codes(t, config(), &smm.Message{Text: "x", Entities: []smm.Entity{{Kind: smm.EntityLink, Start: -1, End: 5}, {Kind: smm.EntityLink, Start: 1, End: 1}}})
	require.Empty(t, got)
	// An address in the text that is marked as well counts once.
	c := config()
	c.Max = 1
	_, got = codes(t, c, entity("https://fine.com", "https://fine.com", "https://fine.com"))
	require.Empty(t, got)
}

func TestActions(t *testing.T) {
	c := config()
	action, _ := codes(t, c, &smm.Message{Text: "https://bad.example"})
	require.Equal(t, moderation.ActionHide, action)
	c.DenyAction, c.OtherAction = moderation.ActionBlock, moderation.ActionHold
	action, _ = codes(t, c, &smm.Message{Text: "https://bad.example"})
	require.Equal(t, moderation.ActionBlock, action)
	action, got := codes(t, c, &smm.Message{Text: "https://fine.com https://ours.example"})
	require.Equal(t, moderation.ActionHold, action)
	require.Equal(t, "unlisted", got)
}

func TestNewListsAllErrors(t *testing.T) {
	_, err := link.New(link.Config{
		Deny: []string{"", "https://x.example", "*.x.example", "nodots", "fine.example", "FINE.example."}, Allow: []string{"fine.example", "a..b"},
		Shorteners: []string{"x y"}, Max: -1, DenyAction: "nuke", MaxAction: "also",
	})
	require.ErrorIs(t, err, smm.ErrInvalid)
	for _, want := range []string{
		"deny[0]", "deny[1]", "deny[2]", "deny[3]", "deny[5]", "allow[0]", "allow[1]", "shorteners[0]", "max is -1", "deny_action", "max_action",
	} {
		require.ErrorContains(t, err, want)
	}
	require.NotContains(t, err.Error(), "deny[4]")
}

func TestManyLinks(t *testing.T) {
	_, got := codes(t, link.Config{}, &smm.Message{Text: smm.Untrusted(strings.Repeat("https://fine.com/ ", 5000))})
	require.Equal(t, "too-many", got, "more than can be looked at are too many, whatever is configured")
}

func FuzzLinks(f *testing.F) {
	f.Add("see bücher.example and https://xn--bcher-kva.example", "https://a@b.com", 0, 3)
	f.Add("xn--a-ecp.ru xn--99zzzzzzz9999999999.com", `\\evil`, 1, 2)
	f.Fuzz(func(t *testing.T, text, target string, start, end int) {
		m := &smm.Message{Text: smm.Untrusted(text), Entities: []smm.Entity{{Kind: smm.EntityLink, Start: start, End: end, Target: target}}}
		filter, err := link.New(config())
		require.NoError(t, err)
		_, err = filter.Filter(t.Context(), m)
		require.NoError(t, err)
		links, _ := link.Links(m)
		for i, l := range links {
			require.True(t, 0 <= l.Start && l.Start < l.End && l.End <= len(text))
			require.True(t, i == 0 || l.Start >= links[i-1].End)
		}
	})
}
