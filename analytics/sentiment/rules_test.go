package sentiment

import (
	"math"
	"strings"
	"testing"
)

func compoundOf(t *testing.T, text string) float64 {
	t.Helper()
	s := Analyze(text)
	c, ok := s.Float64()
	if !ok {
		t.Fatalf("%q is not scored: %s", text, s.State)
	}
	return c
}

// Each line is "a < b": the compound of the first text is below that of the second.
func TestRulesOrderTexts(t *testing.T) {
	for _, c := range []struct{ rule, less, more string }{
		{"negation", "the food is not good", "the food is good"},
		{"negation at two words", "I do not really love it", "I really love it"},
		{"negation without apostrophe", "this doesnt help us", "this does help us"},
		{"curly apostrophe", "the app doesn’t help us", "the app does help us"},
		{"negation of the negative", "the food is bad", "the food is not bad"},
		{"a sentence ends the reach of a negation", "we do not good work there", "we do not. good work there"},
		{"booster", "the food is good", "the food is very good"},
		{"weakener", "the food is slightly good", "the food is good"},
		{"booster of the negative", "the food is extremely bad", "the food is bad"},
		{"capitals", "the food is good", "the food is GOOD"},
		{"capitals of the negative", "the food is BAD", "the food is bad"},
		{"exclamation", "the food is good", "the food is good!"},
		{"three exclamations", "the food is good!", "the food is good!!!"},
		{"drawn out", "we luuuv it, that is it", "we loooove it, that is it"},
		{"after but", "the food is good, but the service is bad", "the service is bad, but the food is good"},
		{"question", "is the food good?", "the food is good."},
		{"unreal", "if it is great for them", "as it is great for them"},
		{"possessive", "it is the loser's day", "it is the winner's day"},
		{"name inside a sentence", "we saw the Great Hall", "we saw the great hall"},
		{"no before a weight", "there is no fun in it", "there is fun in it"},
		{"never so", "we were never happy here", "we were never so happy here"},
		{"idiom", "they are the bomb squad of it", "they are the bomb"},
		{"idiom with its own sign", "that is a waste of time", "that is the time"},
		{"emoji", "we went home 😡", "we went home 😍"},
		{"emoticon", "we went home :(", "we went home :)"},
		{"emoticon behind a word", "we went home:(", "we went home:)"},
		{"entity", "we went home", "we went home &lt;3"},
		{"hashtag", "we went home #fail", "we went home #awesome"},
		{"glued words", "the hotel:dirty/loud", "the hotel:clean/friendly"},
		{"mild", "yes that is it", "love that it is"},
		{"length", "the good food that we had at the place near the station where we were with them after the day", "the good food"},
	} {
		if less, more := compoundOf(t, c.less), compoundOf(t, c.more); less >= more {
			t.Errorf("%s: %q has %.3f, %q has %.3f", c.rule, c.less, less, c.more, more)
		}
	}
}

// Each line is two texts with the same compound.
func TestRulesThatChangeNothing(t *testing.T) {
	for _, c := range []struct{ rule, a, b string }{
		{"all capitals are not emphasis", "THE FOOD IS GOOD", "the food is good"},
		{"no before a weight is a negation", "there is no fun in it", "there is not fun in it"},
	} {
		if a, b := compoundOf(t, c.a), compoundOf(t, c.b); a != b {
			t.Errorf("%s: %.4f and %.4f", c.rule, a, b)
		}
	}
	if s := Analyze("it was a kiss of death"); s.Positive != 0 || s.Negative == 0 {
		t.Errorf("the kiss in an idiom still counts: %+v", s)
	}
	if s := Analyze("it was such a bad ass"); s.Negative != 0 || s.Positive == 0 {
		t.Errorf("the words of a friendly idiom still count: %+v", s)
	}
}

func TestLikeIsNotAlwaysLiking(t *testing.T) {
	if c := compoundOf(t, "it looks like the bus is here"); c != 0 {
		t.Errorf("a comparison has %.3f", c)
	}
	if c := compoundOf(t, "we like the bus, we like it and like the driver"); c <= 0 {
		t.Errorf("liking has %.3f", c)
	}
}

func TestAddressesAndNamesDoNotCount(t *testing.T) {
	for _, text := range []string{
		"we saw it at https://example.com/great-love", "we saw it at www.great-love.com", "we saw @great_love there",
	} {
		if c := compoundOf(t, text); c != 0 {
			t.Errorf("%q has %.3f", text, c)
		}
	}
}

func TestScoreIsWhole(t *testing.T) {
	for _, text := range []string{
		"I love it", "I hate it", "we are here", "love hate love hate the", strings.Repeat("I love it! ", 1000), strings.Repeat("AWFUL ", 1000) + "the",
		"😍😍😍", "but but but it is great but not", "no no no no it is no", "kiss of death for it",
	} {
		checkWhole(t, text, Analyze(text))
	}
}

func checkWhole(t *testing.T, text string, s Score) {
	t.Helper()
	if !s.Scored() {
		if s != (Score{State: s.State}) || s.State == "" {
			t.Errorf("%.60q: not scored, and yet %+v", text, s)
		}
		return
	}
	in := func(x, low, high float64) bool { return x >= low && x <= high }
	if !in(s.Compound, -1, 1) || !in(s.Positive, 0, 1) || !in(s.Negative, 0, 1) || !in(s.Neutral, 0, 1) || !in(s.Confidence, 0.4, 1) {
		t.Errorf("%.60q: out of range: %+v", text, s)
	}
	if sum := s.Positive + s.Neutral + s.Negative; math.Abs(sum-1) > 1e-9 {
		t.Errorf("%.60q: shares add up to %v", text, sum)
	}
	if s.Class != classOf(s.Compound) {
		t.Errorf("%.60q: class %s of %v", text, s.Class, s.Compound)
	}
}

func TestNothingIsNotNeutral(t *testing.T) {
	for text, want := range map[string]State{
		"": StateNoWords, "  \n\t": StateNoWords, "12:30 - 14:00": StateNoWords, "@someone https://example.com": StateNoWords, "!!!": StateNoWords,
		"\xff\xfe": StateNoWords, "zgrfb": StateUnknown, "это очень хорошо": StateScript, "最高です": StateScript, "das ist nicht gut": StateLanguage,
	} {
		if s := Analyze(text); s.State != want || s.Scored() || s.Class != "" {
			t.Errorf("%q: %+v, want %s", text, s, want)
		}
	}
}

func TestExplain(t *testing.T) {
	score, terms := Explain("The room was NOT clean, but we LOVED the breakfast 😍. Thumbs up!")
	if score != Analyze("The room was NOT clean, but we LOVED the breakfast 😍. Thumbs up!") {
		t.Error("the reasons change the score")
	}
	got := make(map[string]float64)
	for i, term := range terms {
		got[term.Text] = term.Weight
		if i > 0 && math.Abs(term.Weight) > math.Abs(terms[i-1].Weight) {
			t.Error("not by weight")
		}
	}
	if len(got) != 4 || got["clean"] >= 0 || got["LOVED"] <= 2.9*1.2 || got["😍"] <= 0 || got["Thumbs up"] <= 0 {
		t.Errorf("terms: %+v", terms)
	}
	if _, terms := Explain("das ist nicht gut, super schlecht, fatal"); terms != nil {
		t.Errorf("a text without a score has terms: %+v", terms)
	}
	if _, terms := Explain("there is no good reason"); len(terms) != 1 || terms[0].Text != "good" {
		t.Errorf(`"no" has a weight beside what it negates: %+v`, terms)
	}
	if _, terms := Explain("Is it good? It is good."); len(terms) != 2 || terms[0].From < terms[1].From || terms[1].Weight >= terms[0].Weight {
		t.Errorf("a question weakens its own sentence alone: %+v", terms)
	}
}

func TestNoAllocations(t *testing.T) {
	texts := []string{
		"The delivery was late, but the SUPPORT was great!!! 😍 &lt;3 looove it :) https://example.com", "@you is it good? no doubt",
		"das ist nicht gut", strings.Repeat("the naïve idea isn’t bad 👍🏽 ", 200), "",
	}
	var sum float64
	if n := testing.AllocsPerRun(100, func() {
		for _, text := range texts {
			sum += Analyze(text).Compound
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	var r Scorer = &Rules{}
	if n := testing.AllocsPerRun(100, func() {
		s, err := r.Score(t.Context(), texts[0])
		if err != nil {
			t.Error(err)
		}
		sum += s.Compound
	}); n > 0 {
		t.Errorf("%v allocations behind the interface", n)
	}
}
