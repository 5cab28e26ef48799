package keyword_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/moderation"
	"github.com/smmkit/smmkit/moderation/keyword"
	"github.com/smmkit/smmkit/smm"
)

func filter(t testing.TB, c keyword.Config) *keyword.Filter {
	t.Helper()
	f, err := keyword.New(c)
	require.NoError(t, err)
	return f
}

func words(patterns ...string) keyword.Config {
	var c keyword.Config
	for _, p := range patterns {
		c.Patterns = append(c.Patterns, keyword.Pattern{Pattern: p})
	}
	return c
}

// found gives what was found as it stands in the text.
func found(f *keyword.Filter, text string) string {
	var out []string
	for _, h := range f.Find(text) {
		out = append(out, text[h.Start:h.End])
	}
	return strings.Join(out, "|")
}

func TestPatterns(t *testing.T) {
	for _, c := range []struct{ pattern, text, want string }{
		{"idiot", "You IDIOT!", "IDIOT"},
		{"idiot", "idiotic, anidiot", ""},
		{"idiot*", "idiotic idiot idiots", "idiotic|idiot|idiots"},
		{"*idiot", "megaidiot, idiotic", "megaidiot"},
		{"*crypto*", "buy cryptocoins or mycryptos", "cryptocoins|mycryptos"},
		{"f*ck", "fuck feck fork f ck", "fuck|feck"},
		{"free money", "FREE   money, free-money, free\nmoney, freemoney", "FREE   money|free-money|free\nmoney"},
		{"free*money", "freeXmoney", "freeXmoney"},
		{"straße", "STRASSE Straße", "STRASSE|Straße"},
		{"дурак", "Ты ДУРАК!", "ДУРАК"},
		{"κακός", "ΚΑΚΌΣ", "ΚΑΚΌΣ"},
		{"año", "feliz año, un ano", "año"},
		{"ano", "feliz año, un ano", "ano"},
		{"ano", "feliz an\u0303o", ""}, // the same letter in two parts
		{"笨蛋", "你是笨蛋吗", "笨蛋"},
		{"ばか", "このばかもの", "ばか"},
		{"โง่", "คนโง่มาก", "โง่"},
		{"احمق", "يا احمق!", "احمق"},
		{"c++", "c c++ cc", "c|c"}, // signs are no letters
		{"4chan", "4chan", "4chan"},
		{"AI", "Al and AI", "AI"}, // the first is A and small L
		{"see", "see seee se", "see|seee"},
	} {
		p := c.pattern
		if p == "c++" {
			_, err := keyword.New(words(p))
			require.Error(t, err)
			continue
		}
		require.Equal(t, c.want, found(filter(t, words(p)), c.text), "%s in %s", c.pattern, c.text)
	}
}

// evasions are ways in which people write "idiot" and "free money" so that
// machines do not see it.
func evasions() map[string]string {
	return map[string]string{
		"digits": "you 1d10t", "signs": "you !d!ot", "both": "1d!0t", "repeats": "idiiioooot", "zero width": "id\u200bi\u200dot", "soft hyphen": "id\u00adiot",
		"word joiner": "i\u2060d\u2060iot", "full width": "ｉｄｉｏｔ", "circled": "ⓘⓓⓘⓞⓣ", "bold": "𝐢𝐝𝐢𝐨𝐭", "script": "𝓲𝓭𝓲𝓸𝓽", "Cyrillic": "іdіоt",
		"Greek": "ιdιοτ", "strike": "i̶d̶i̶o̶t̶", "zalgo": "i\u0335\u0321d\u0335i\u0335o\u0335t\u0335", "spaces": "i d i o t", "dots": "i.d.i.o.t", "dashes": "i-d-i-o-t", "emoji between": "i🔥d🔥i🔥o🔥t",
		"tags": "id\U000e0069iot", "bidi": "i\u202edi\u202cot", "variation": "i\ufe0fdiot", "case": "iDiOt", "last letter": "idi0t", "underline": "i\u0332d\u0332i\u0332o\u0332t\u0332",
		"phrase, signs": "fr33 m0n3y", "phrase, spread": "free\u00a0\u2003money", "phrase, dots": "free...money", "mixed": "ƒ no, 1DI0T yes",
	}
}

func TestEvasions(t *testing.T) {
	f := filter(t, words("idiot", "free money"))
	for name, text := range evasions() {
		hits := f.Find(text)
		require.Len(t, hits, 1, "%s: %q", name, text)
		require.True(t, utf8.ValidString(text[hits[0].Start:hits[0].End]), name)
	}
	plain := filter(t, keyword.Config{Patterns: []keyword.Pattern{{Pattern: "idiot", Plain: true}}})
	require.Empty(t, plain.Find("1d10t"))
	require.Len(t, plain.Find("IDIOT"), 1)
	require.True(t, f.Find("1d10t")[0].Disguised)
	require.False(t, f.Find("idiot")[0].Disguised)
}

// benign are sentences that careless filters flag.
func benign() []string {
	return []string{
		"Greetings from Scunthorpe, Penistone and Essex.", "The assassin passed the class with a classic assessment.", "Dickens wrote Moby? No, that was Melville.",
		"Feliz año nuevo, señora.", "Der Analyst analysiert die Analyse.", "Je suis en retard, c'est la vie; concombre.", "Assurance et cockpit : tout va bien.",
		"Il cazzuola è un attrezzo.", "Shiitake mushrooms on sushi.", "Mishit the ball, shot wide.", "The 455 bus leaves at 5:00, gate A55B.", "Call 1-800-555-0199 for 50% off!",
		"В магазине скидки, заходите!", "Ο καιρός είναι καλός σήμερα.", "今天天气很好,我们去公园吧。", "明日は晴れるでしょう。", "오늘 날씨가 좋네요.", "สวัสดีครับ วันนี้อากาศดี",
		"مرحبا بكم في متجرنا", "می\u200cخواهم کتاب\u200cها را ببینم", "नमस्ते, क्\u200dषमा करें", "שלום לכולם", "👩\u200d👩\u200d👧\u200d👦 family 🏳️\u200d🌈 flag", "A B C D E F G", "U.S.A. and F.U.N. and I. D.", "Version 1.0.1 (l10n, i18n, a11y)",
		"III. Kapitel, ill people, Ill.", "Fuchs, Fukuoka, Phuket, Fuke.", "Arsenal beat Sussex at the peninsula.", "titanium constitution, Matsushita, Dickinson, Cockburn", "$HIT is no ticker of ours? It is $HOP.",
	}
}

func TestBenign(t *testing.T) {
	f := filter(t, words("ass", "cunt", "dick", "penis", "sex", "anal", "ano", "con", "cazzo", "shit", "fuck*", "arse", "tit", "cock", "idiot", "abcd", "sob"))
	for _, text := range benign() {
		for _, h := range f.Find(text) {
			// The last sentence of the list is there to show what is flagged.
			require.Equal(t, "$HIT", text[h.Start:h.End], text)
		}
	}
}

func TestExceptions(t *testing.T) {
	c := words("*cunt*", "*ass*")
	c.Exceptions = []string{"scunthorpe", "class*", "*assassin*", "first class"}
	f := filter(t, c)
	for text, want := range map[string]string{
		"Scunthorpe and first class": "", "CLASSIC assassins": "", "scunthorpes": "scunthorpes", "ass, class": "ass",
		strings.Repeat("scunthorpe ", 500) + "cunt": "cunt",
	} {
		require.Equal(t, want, found(f, text), text)
	}
}

func TestVerdict(t *testing.T) {
	f := filter(t, keyword.Config{Names: true, Patterns: []keyword.Pattern{
		{Pattern: "darn", Action: moderation.ActionFlag, Category: "mild", Score: 0.2},
		{Pattern: "idiot", Action: moderation.ActionHide, Category: "abuse", Score: 0.9},
	}})
	v, err := f.Filter(t.Context(), &smm.Message{Text: "darn, you 1d1ot", Author: smm.Author{Name: "Darn"}})
	require.NoError(t, err)
	require.Equal(t, moderation.ActionHide, v.Action)
	require.InDelta(t, 0.9, v.Score, 0)
	require.Equal(t, []moderation.Reason{
		{Code: "keyword.match", Filter: "keyword", Action: moderation.ActionFlag, Pattern: "darn", Category: "mild", Score: 0.2, Path: "text", Span: &smm.Span{Start: 0, End: 4}},
		{Code: "keyword.disguised", Filter: "keyword", Action: moderation.ActionHide, Pattern: "idiot", Category: "abuse", Score: 0.9, Path: "text", Span: &smm.Span{Start: 10, End: 15}},
		{Code: "keyword.match", Filter: "keyword", Action: moderation.ActionFlag, Pattern: "darn", Category: "mild", Score: 0.2, Path: "author.name", Span: &smm.Span{Start: 0, End: 4}},
	}, v.Reasons)

	flood, err := f.Filter(t.Context(), &smm.Message{Text: smm.Untrusted(strings.Repeat("darn ", 5000) + "idiot")})
	require.NoError(t, err)
	require.Equal(t, moderation.ActionHide, flood.Action, "a flood of mild words must not hide a bad one")
	require.LessOrEqual(t, len(flood.Reasons), 101)

	v, err = f.Filter(t.Context(), &smm.Message{Text: "hello"})
	require.NoError(t, err)
	require.True(t, v.Allowed())
}

func TestNewListsAllErrors(t *testing.T) {
	c := words("fine", "", "  ", "*", "**x", "a*", "x*y*z*q*w*v", "\xff", strings.Repeat("x", 300), "!!!", "fine", "-x-")
	c.Patterns = append(c.Patterns, keyword.Pattern{Pattern: "bad action", Action: "nuke"}, keyword.Pattern{Pattern: "bad score", Score: 2})
	c.Exceptions = []string{"ok", "?"}
	_, err := keyword.New(c)
	require.ErrorIs(t, err, smm.ErrInvalid)
	for _, i := range []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13} {
		require.ErrorContains(t, err, fmt.Sprintf("patterns[%d] ", i))
	}
	require.ErrorContains(t, err, "exceptions[1] ")
	require.NotContains(t, err.Error(), "patterns[0] ")
	require.NotContains(t, err.Error(), "exceptions[0] ")
	p, ok := errors.AsType[*keyword.PatternError](err)
	require.True(t, ok)
	require.Equal(t, "patterns", p.List)

	empty := filter(t, keyword.Config{})
	require.Empty(t, empty.Find("anything"))
}

// Twice the text takes about twice the time, whatever the text.
func TestLinear(t *testing.T) {
	f := filter(t, words("idiot", "free money", "*crypto*", "aaaaaab", "xy*yx*xx", "i*i*i*idiot"))
	for name, unit := range map[string]string{
		"letters": "aaaaaa", "pairs": "ababab", "marks": "a\u0335\u0335\u0335", "only marks": "\u0301", "invisible": "\u200b", "near misses": "idio idio ", "stars": "xyxyxy",
		"singles": "i d i o ", "hits": "idiot ", "invalid": "\xff\xfe", "signs": "!|!|", "star chain": "ii",
	} {
		measure := func(n int) time.Duration {
			text := strings.Repeat(unit, n/len(unit))
			best := time.Hour
			for range 3 {
				begin := time.Now()
				f.Find(text)
				best = min(best, time.Since(begin))
			}
			return best
		}
		small, large := measure(20_000), measure(160_000)
		require.Less(t, large, 40*small+50*time.Millisecond, name)
	}
}

func FuzzFind(f *testing.F) {
	for _, text := range evasions() {
		f.Add("idiot", text)
	}
	for _, text := range benign() {
		f.Add("a*b", text)
	}
	f.Add("*ab*", "\xff\u0301\u200b")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		filter, err := keyword.New(keyword.Config{Patterns: []keyword.Pattern{{Pattern: pattern}}, Exceptions: []string{"exc*"}})
		if err != nil {
			return
		}
		last := 0
		for _, h := range filter.Find(text) {
			if h.Start < last || h.End <= h.Start || h.End > len(text) {
				t.Fatalf("hit %d to %d of %d after %d", h.Start, h.End, len(text), last)
			}
			last = h.Start
		}
		// What is looked for is found where it stands alone, unless excepted.
		if !strings.Contains(pattern, "*") && !strings.Contains(strings.ToLower(pattern), "exc") && len(filter.Find(pattern)) == 0 {
			t.Fatalf("%q does not find itself", pattern)
		}
	})
}

func BenchmarkFind(b *testing.B) {
	f := filter(b, words("idiot", "free money", "*crypto*"))
	text := strings.Join(benign(), "\n")
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		f.Find(text)
	}
}
