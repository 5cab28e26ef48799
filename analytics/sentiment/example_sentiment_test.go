package sentiment_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/smmkit/smmkit/analytics/sentiment"
	"github.com/smmkit/smmkit/smm"
)

func ExampleAnalyze() {
	for _, text := range []string{
		"The parcel was late, but your support is GREAT! 😍",
		"Not good at all.",
		"The shop opens at nine.",
		"Das Paket ist nicht angekommen.",
	} {
		if s := sentiment.Analyze(text); s.Scored() {
			fmt.Printf("%s %+.2f, confidence %.2f\n", s.Class, s.Compound, s.Confidence)
		} else {
			fmt.Println("not scored:", s.State)
		}
	}
	// Output:
	// positive +0.86, confidence 0.99
	// negative -0.22, confidence 0.84
	// neutral +0.00, confidence 0.60
	// not scored: another language
}

func ExampleExplain() {
	_, terms := sentiment.Explain("Never again: the room was not clean, and it was a waste of money.")
	for _, t := range terms {
		fmt.Printf("%q at %d: %+.1f\n", t.Text, t.From, t.Weight)
	}
	// Output:
	// "Never again" at 0: -2.0
	// "waste of money" at 50: -2.0
	// "clean" at 30: -1.4
}

func ExampleNew() {
	rules, err := sentiment.New(sentiment.Options{Words: map[string]float64{
		"killer mile": 0, // the name of our race
		"sick":        2, // what our customers mean by it
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(rules.Analyze("We ran the Killer Mile").Class, rules.Analyze("these boots are sick").Class)
	_, err = sentiment.New(sentiment.Options{Words: map[string]float64{"good": 11}})
	fmt.Println(err)
	// Output:
	// neutral positive
	// sentiment: words: weight 11 of "good" is outside of its range: give -4 to 4
}

// german stands for a model of the host.
type german struct{}

func (german) Score(context.Context, string) (sentiment.Score, error) {
	return sentiment.Score{State: sentiment.StateScored, Compound: -0.4, Neutral: 1, Class: sentiment.Negative, Confidence: 0.8}, nil
}

func ExampleFirst() {
	scorer := sentiment.First(&sentiment.Rules{}, german{})
	for _, text := range []string{"We love it", "Das Paket ist nicht angekommen"} {
		s, err := scorer.Score(context.Background(), text)
		fmt.Println(s.Class, err)
	}
	// Output:
	// positive <nil>
	// negative <nil>
}

func ExampleTally() {
	var t sentiment.Tally
	for _, text := range []string{"Love it!", "So good", "Broken again, I hate this", "It is a box", "C'est très bien"} {
		t.Add(sentiment.Analyze(text))
	}
	share, ok := t.Share(sentiment.Positive)
	fmt.Printf("%d of %d, %.0f %% (%.0f to %.0f %%), %v\n", share.Count, share.Of, 100*share.Value, 100*share.Low, 100*share.High, ok)
	fmt.Println(t.Unscored(), "without a score:", t.Ratio(sentiment.Positive).Reason())
	// Output:
	// 2 of 4, 50 % (15 to 85 %), true
	// 1 without a score: 1 left out, a side being unknown
}

func ExampleGroupBy() {
	post := func(campaign, text string) sentiment.Record {
		return sentiment.Record{Score: sentiment.Analyze(text), Labels: smm.Labels{Campaign: campaign}, At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	}
	records := []sentiment.Record{post("spring", "Love these boots"), post("spring", "They fell apart, terrible"), post("sale", "Great price!")}
	groups, err := sentiment.GroupBy(slices.Values(records), sentiment.ByCampaign)
	for _, g := range groups {
		net, _ := g.Tally.NetByScored()
		fmt.Println(g.Key, g.Tally.Scored(), net)
	}
	fmt.Println(err)
	// Output:
	// sale 1 1
	// spring 2 0
	// <nil>
}

func ExampleOver() {
	records := []sentiment.Record{
		{Score: sentiment.Analyze("Love these boots"), At: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)},
		{Score: sentiment.Analyze("They fell apart, terrible"), At: time.Date(2026, 3, 17, 12, 0, 0, 0, time.UTC)},
	}
	periods, err := sentiment.Over(slices.Values(records), sentiment.Weekly, nil)
	for _, p := range periods {
		fmt.Println(p.From.Format(time.DateOnly), p.Tally.Positive, p.Tally.Negative)
	}
	fmt.Println(err)
	// Output:
	// 2026-03-02 1 0
	// 2026-03-09 0 0
	// 2026-03-16 0 1
	// <nil>
}
