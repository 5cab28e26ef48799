package brand_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/brand"
	"github.com/smmkit/smmkit/smm"
)

const sample = `{
  "schema": 1, "name": "Alpenglow Coffee", "review_by": "2026-12-31",
  "voice": {"summary": "Warm and plain.", "traits": ["warm", "plain"]},
  "vocabulary": {
    "banned": [
      {"term": "cheap", "reason": "it sounds low", "use": "affordable"},
      {"term": "guys", "severity": "warning"},
      {"term": "best in the world", "reason": "it cannot be proved"}
    ],
    "preferred": [
      {"term": "utilize", "use": "use", "automatic": true},
      {"term": "in order to", "use": "to", "automatic": true},
      {"term": "e-mail", "use": "email", "automatic": true}
    ],
    "names": ["Alpenglow", "CaféPass", "Alpenglow Utilize"],
    "acronyms": ["USA"]
  },
  "tone": {"max_exclamations": 1, "max_caps_words": 0, "max_emoji": 2, "max_sentence_words": 12},
  "hashtags": {"max": 2, "camel_case": true, "spelling": ["AlpenglowCoffee"], "banned": ["follow4follow"]},
  "alt_text": {"required": true, "max": 50},
  "platforms": {"mastodon": {"tone": {"max_exclamations": 0}, "hashtags": {"max": 5}}}
}`

type clock time.Time

func (c clock) Now() time.Time                                   { return time.Time(c) }
func (c clock) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

func guide(t testing.TB) *brand.Guide {
	t.Helper()
	g, err := brand.Load(strings.NewReader(sample))
	require.NoError(t, err)
	return g.WithClock(clock(time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC)))
}

var (
	bluesky  = smm.Ref{Platform: "bluesky", Kind: smm.KindChannel, ID: "a"}
	mastodon = smm.Ref{Platform: "mastodon", Kind: smm.KindChannel, ID: "b"}
)

// brief writes findings as "code found->fix".
func brief(fs smm.Findings) string {
	var out []string
	for _, f := range fs {
		s := f.Code
		if found := f.Args["found"]; found != "" {
			s += " " + found
		}
		if f.Fix != nil {
			s += "->" + f.Fix.Replacement
			if !f.Fix.Automatic {
				s += "?"
			}
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

func TestCheckTexts(t *testing.T) {
	g := guide(t)
	for text, want := range map[string]string{
		"A fine cup of coffee.":                 "",
		"A cheap cup":                           "vocabulary.banned cheap->affordable?",
		"CHEAP for the USA":                     "vocabulary.banned CHEAP->AFFORDABLE?; tone.capitals CHEAP",
		"cheaper, cheapest, acheap":             "",
		"Hi guys":                               "vocabulary.banned guys",
		"best in\nthe  world":                   "vocabulary.banned best in\nthe  world",
		"best in\n\nthe world":                  "",
		"Utilize it, In order to win.":          "vocabulary.preferred Utilize->Use; vocabulary.preferred In order to->To",
		"send an e-mail or an e mail":           "vocabulary.preferred e-mail->email",
		"alpenglow and ALPENGLOW and Alpenglow": "vocabulary.name alpenglow->Alpenglow; vocabulary.name ALPENGLOW->Alpenglow; tone.capitals ALPENGLOW",
		"a cafépass, a CaféPass":                "vocabulary.name cafépass->CaféPass",
		"a cafe\u0301pass":                      "vocabulary.name cafe\u0301pass->CaféPass",
		"Alpenglow Utilize is a name":           "",
		"alpenglow utilize is a name":           "vocabulary.name alpenglow utilize->Alpenglow Utilize",
		"see https://x.com/alpenglow/cheap @alpenglow #cheap a@alpenglow.com": "",
		"One! Two":                                   "",
		"One!!! Two!!":                               "tone.exclamations !!!->!; tone.exclamations !!->!",
		"One! Two!":                                  "tone.exclamations !",
		"I LIKE A B":                                 "tone.capitals LIKE",
		"👩‍👩‍👧‍👦 🇩🇪 ":                                "",
		"👍🏽 ❤️ 1️⃣":                                  "tone.emoji 1️⃣",
		"© ™ 1 2 3 ✓ are no emoji":                   "",
		"☕ ✨ 🎉":                                      "tone.emoji 🎉",
		"a b c d e f g h i j k l.":                   "",
		"a b c d e f g h i j k l m.":                 "tone.sentence a b c d e f g h i j k l m",
		"Costs 3.50 in a.b c. d e f g h i j k l m n": "",
		"#one #two #three":                           "hashtag.too-many #three",
		"#alpenglowcoffee":                           "hashtag.spelling #alpenglowcoffee->#AlpenglowCoffee",
		"#AlpenglowCoffee":                           "",
		"#blackfridaysale":                           "hashtag.case #blackfridaysale",
		"#BLACKFRIDAYSALE #BlackFriday":              "hashtag.case #BLACKFRIDAYSALE",
		"#Follow4Follow":                             "hashtag.banned #Follow4Follow",
		"#写真を撮るのが好きな人と繋がりたい": "",
		"":           "",
		"\xff cheap": "",
	} {
		found, err := g.Check(t.Context(), bluesky, &smm.Post{Text: text})
		require.NoError(t, err)
		require.Equal(t, want, brief(found), text)
		for _, f := range found {
			require.Equal(t, "text", f.Path)
			require.Equal(t, f.Args["found"], text[f.Span.Start:f.Span.End])
			require.NotEmpty(t, f.Message)
		}
	}
}

func TestCheckEveryField(t *testing.T) {
	p := &smm.Post{
		Text: "cheap", ContentWarning: "cheap", FirstComment: "cheap",
		Media: []smm.Media{{Name: "a.png", AltText: "cheap"}, {Name: "b.png"}, {Name: "c.mp3", Type: "audio/mpeg"}},
		Poll:  &smm.Poll{Options: []string{"fine", "cheap"}}, Card: &smm.Card{Title: "cheap", Description: "cheap"},
		Thread: []smm.Post{{Text: "cheap", Media: []smm.Media{{Name: "d.png", AltText: strings.Repeat("ä", 51)}}}},
	}
	found, err := guide(t).Check(t.Context(), bluesky, p)
	require.NoError(t, err)
	var paths []string
	for _, f := range found {
		paths = append(paths, f.Path)
	}
	require.Equal(t, []string{
		"text", "content_warning", "media[0].alt_text", "poll.options[1]", "card.title", "card.description", "thread[0].text", "first_comment",
		"media[1].alt_text", "thread[0].media[0].alt_text",
	}, paths)
	require.ErrorIs(t, found.Err(), smm.ErrInvalid, "a missing text alternative stops the post")
}

func TestCheckPlatform(t *testing.T) {
	g := guide(t)
	p := &smm.Post{Text: "Hello! #a #b #c"}
	found, err := g.Check(t.Context(), mastodon, p)
	require.NoError(t, err)
	require.Equal(t, "tone.exclamations !", brief(found))
	found, err = g.Check(t.Context(), bluesky, p)
	require.NoError(t, err)
	require.Equal(t, "hashtag.too-many #c", brief(found))
}

func TestReviewDate(t *testing.T) {
	g := guide(t)
	for at, want := range map[string]int{"2026-12-31T23:59:59Z": 0, "2027-01-01T00:00:00Z": 1} {
		now, err := time.Parse(time.RFC3339, at)
		require.NoError(t, err)
		found, err := g.WithClock(clock(now)).Check(t.Context(), bluesky, &smm.Post{Text: "fine"})
		require.NoError(t, err)
		require.Len(t, found, want, at)
		require.NoError(t, found.Err(), "an old guide reminds, it does not stop")
	}
}

func TestCheckStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := guide(t).Check(ctx, bluesky, &smm.Post{Text: "x"})
	require.ErrorIs(t, err, context.Canceled)
}

func TestLoadListsAllErrors(t *testing.T) {
	_, err := brand.Load(strings.NewReader(`{
	  "schema": 2, "colour": "red", "review_by": "soon", "name": null,
	  "voice": {"traits": "warm"},
	  "vocabulary": {
	    "banned": [{"term": "cheap"}, {"term": ""}, {"term": "bad", "severity": "fatal"}, {"term": "Cheap"}, {"term": "x", "automatic": true}],
	    "preferred": [{"term": "a"}, {"term": "use up", "use": "go cheap"}, {"term": "utilize", "use": "really utilize"}, "x", {"term": "bad", "use": "y"}, {"term": "our app", "use": "acmepass"}],
	    "names": ["AcmePass", "!!"]
	  },
	  "tone": {"max_emoji": -1, "max_emoji": 3, "max_caps_words": 1.5},
	  "hashtags": {"spelling": ["#x", "Two Words", "Ok"], "banned": ["ok"], "Max": 3},
	  "platforms": {"mastodon": {"tone": {"max_exclamations": -2}, "voice": {}}}
	}`))
	require.ErrorIs(t, err, smm.ErrInvalid)
	for _, want := range []string{
		"guide: schema: is 2", "guide: colour: unknown key", "guide: review_by: is \"soon\"", "guide: name: want a text", "guide: voice.traits: want an array",
		"guide: vocabulary.banned[1].term: has no letter", "guide: vocabulary.banned[2].severity", "guide: vocabulary.banned[3]: \"Cheap\" is vocabulary.banned[0] already",
		"guide: vocabulary.banned[4].automatic", "guide: vocabulary.preferred[0].use: is missing",
		"guide: vocabulary.preferred[1].use: \"go cheap\" contains \"cheap\"", "guide: vocabulary.preferred[2].use: \"really utilize\" contains \"utilize\"",
		"guide: vocabulary.preferred[3]: want an object", "guide: vocabulary.preferred[4]: \"bad\" is vocabulary.banned[2] already",
		"guide: vocabulary.preferred[5].use: \"acmepass\" does not spell \"AcmePass\"", "guide: vocabulary.names[1]",
		"guide: tone.max_emoji: is -1", "guide: tone.max_emoji: given twice", "guide: tone.max_caps_words: want a whole number",
		"guide: hashtags.spelling[0]", "guide: hashtags.spelling[1]", "guide: hashtags.banned[0]", "guide: hashtags.Max: unknown key",
		"guide: platforms.mastodon.tone.max_exclamations: is -2", "guide: platforms.mastodon.voice: unknown key",
	} {
		require.ErrorContains(t, err, want)
	}
	for _, text := range []string{"", "{", "[]", "null", `{"schema":1,"name":"x"} y`, `{}`} {
		_, err := brand.Load(strings.NewReader(text))
		require.ErrorIs(t, err, smm.ErrInvalid, text)
	}
	g, err := brand.Load(strings.NewReader(`{"schema": 1, "name": "Small"}`))
	require.NoError(t, err)
	require.Equal(t, "Small", g.Name())
	found, err := g.Check(t.Context(), bluesky, &smm.Post{Text: "ANYTHING goes!!!!", Media: []smm.Media{{Name: "x"}}})
	require.NoError(t, err)
	require.Empty(t, found)
}

func TestLargeGuideAndText(t *testing.T) {
	var v brand.Vocabulary
	for i := range 10_000 {
		v.Banned = append(v.Banned, brand.Term{Term: fmt.Sprintf("word%d", i)})
	}
	limit := 3
	g, err := brand.New(brand.Spec{Schema: 1, Name: "x", Vocabulary: v, Tone: brand.Tone{MaxSentenceWords: &limit, MaxEmoji: &limit, MaxExclamations: &limit, MaxCapsWords: &limit}})
	require.NoError(t, err)
	for _, unit := range []string{"word77 ", "a", "!", "👍", "\u0301", "ALPEN #tag ", "ab@cd ", "@", "https://x.com "} {
		begin := time.Now()
		_, err := g.Check(t.Context(), bluesky, &smm.Post{Text: strings.Repeat(unit, 200_000/len(unit))})
		require.NoError(t, err)
		require.Less(t, time.Since(begin), 5*time.Second, unit)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(sample)
	f.Add(`{"schema":1,"name":"x","vocabulary":{"preferred":[{"term":"a b","use":"c","automatic":true}]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		g, err := brand.Load(strings.NewReader(text))
		if err != nil {
			require.ErrorIs(t, err, smm.ErrInvalid)
			return
		}
		_, err = g.Check(t.Context(), bluesky, &smm.Post{Text: text})
		require.NoError(t, err)
	})
}

func BenchmarkCheck(b *testing.B) {
	g := guide(b)
	p := &smm.Post{Text: "Utilize the new Alpenglow grinder in order to wake up! It is our best one so far, for the whole family 👩‍👩‍👧‍👦. #Coffee https://alpenglow.com/grinder"}
	for b.Loop() {
		if _, err := g.Check(b.Context(), bluesky, p); err != nil {
			b.Fatal(err)
		}
	}
}
