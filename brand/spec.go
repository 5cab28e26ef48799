package brand

import (
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/smmkit/smmkit/smm"
)

// Schema is the version of the guide's JSON form that this package reads.
const Schema = 1

// Spec is a guide as data. The zero Spec asks for nothing but a name.
type Spec struct {
	Schema     int                       `json:"schema"` // 1
	Name       string                    `json:"name"`
	Voice      Voice                     `json:"voice,omitzero"`
	Vocabulary Vocabulary                `json:"vocabulary,omitzero"`
	Tone       Tone                      `json:"tone,omitzero"`
	Hashtags   Hashtags                  `json:"hashtags,omitzero"`
	AltText    AltText                   `json:"alt_text,omitzero"`
	Platforms  map[smm.Platform]Override `json:"platforms,omitempty"`
	// ReviewBy is a day, YYYY-MM-DD in UTC, after which every check reminds that
	// the guide is due for review; "" for never.
	ReviewBy string `json:"review_by,omitempty"`
}

// Voice says in words how the brand sounds. It is for people; the measurable
// part is Tone.
type Voice struct {
	Summary string   `json:"summary,omitempty"`
	Traits  []string `json:"traits,omitempty"`
}

// Vocabulary says which words to use. Words match in any case and as whole
// words.
type Vocabulary struct {
	Banned    []Term   `json:"banned,omitempty"`
	Preferred []Term   `json:"preferred,omitempty"` // with Use
	Names     []string `json:"names,omitempty"`     // of products and brands, as they are spelled
	Acronyms  []string `json:"acronyms,omitempty"`  // capitals that are no shouting
}

// Term is a word or phrase of the vocabulary.
type Term struct {
	Term      string       `json:"term"`
	Use       string       `json:"use,omitempty"`       // what to write instead
	Reason    string       `json:"reason,omitempty"`    // for people
	Severity  smm.Severity `json:"severity,omitempty"`  // default error for banned, warning for preferred
	Automatic bool         `json:"automatic,omitempty"` // Use may be put in without asking
}

// Tone bounds what can be counted. nil leaves a bound away; a bound of 0 allows
// none.
type Tone struct {
	MaxExclamations  *int `json:"max_exclamations,omitempty"`   // exclamation marks in a text
	MaxCapsWords     *int `json:"max_caps_words,omitempty"`     // words of two letters or more in capitals, without names and acronyms
	MaxEmoji         *int `json:"max_emoji,omitempty"`          // emoji in a text, a sequence counting once
	MaxSentenceWords *int `json:"max_sentence_words,omitempty"` // words of a sentence
}

// Hashtags bound hashtags.
type Hashtags struct {
	Max       *int     `json:"max,omitempty"`        // in a text
	CamelCase *bool    `json:"camel_case,omitempty"` // long ones need capitals, which screen readers need to tell the words apart
	Spelling  []string `json:"spelling,omitempty"`   // hashtags as they are spelled, without "#"
	Banned    []string `json:"banned,omitempty"`     // without "#"
}

// AltText says when media need a text alternative.
type AltText struct {
	Required *bool `json:"required,omitempty"` // of images, animations and videos
	Max      *int  `json:"max,omitempty"`      // characters
}

// Override replaces bounds on one platform; what is nil stays as it is.
type Override struct {
	Tone     Tone     `json:"tone,omitzero"`
	Hashtags Hashtags `json:"hashtags,omitzero"`
	AltText  AltText  `json:"alt_text,omitzero"`
}

const (
	maxTerms = 20_000
	maxTerm  = 200 // bytes
)

// check reports everything that is wrong with a spec, except what only the
// compiled vocabulary shows.
func (s *Spec) check(bad func(path, format string, args ...any)) {
	if s.Schema != Schema {
		bad("schema", "is %d: this program reads %d", s.Schema, Schema)
	}
	if s.Name == "" {
		bad("name", "is missing")
	}
	if s.ReviewBy != "" {
		if _, err := time.Parse(time.DateOnly, s.ReviewBy); err != nil {
			bad("review_by", "is %q: want a day such as 2027-03-01", s.ReviewBy)
		}
	}
	v := s.Vocabulary
	if n := len(v.Banned) + len(v.Preferred) + len(v.Names); n > maxTerms {
		bad("vocabulary", "%d terms, at most %d", n, maxTerms)
	}
	for i, t := range v.Banned {
		t.check(fmt.Sprintf("vocabulary.banned[%d]", i), bad)
	}
	for i, t := range v.Preferred {
		path := fmt.Sprintf("vocabulary.preferred[%d]", i)
		t.check(path, bad)
		if t.Use == "" {
			bad(path+".use", "is missing: say what to write instead")
		}
	}
	s.Tone.check("tone", bad)
	s.Hashtags.check("hashtags", bad)
	s.AltText.check("alt_text", bad)
	for p, o := range s.Platforms {
		path := "platforms." + string(p)
		o.Tone.check(path+".tone", bad)
		o.Hashtags.check(path+".hashtags", bad)
		o.AltText.check(path+".alt_text", bad)
	}
}

func (t Term) check(path string, bad func(path, format string, args ...any)) {
	if err := checkTerm(t.Term); err != nil {
		bad(path+".term", "%v", err)
	}
	if t.Severity != "" && !slices.Contains([]smm.Severity{smm.SeverityInfo, smm.SeverityWarning, smm.SeverityError}, t.Severity) {
		bad(path+".severity", "is %q: want info, warning or error", t.Severity)
	}
	if t.Automatic && t.Use == "" {
		bad(path+".automatic", "needs use: there is nothing to put in")
	}
	if !utf8.ValidString(t.Use) || len(t.Use) > maxTerm {
		bad(path+".use", "is longer than %d bytes or not valid UTF-8", maxTerm)
	}
}

func checkTerm(s string) error {
	switch {
	case !utf8.ValidString(s):
		return errors.New("is not valid UTF-8")
	case len(s) > maxTerm:
		return fmt.Errorf("has %d bytes, at most %d", len(s), maxTerm)
	case len(words(s)) == 0:
		return errors.New("has no letter or digit")
	}
	return nil
}

func checkBound(path string, n *int, bad func(path, format string, args ...any)) {
	if n != nil && *n < 0 {
		bad(path, "is %d: want 0 or more", *n)
	}
}

func (t Tone) check(path string, bad func(path, format string, args ...any)) {
	checkBound(path+".max_exclamations", t.MaxExclamations, bad)
	checkBound(path+".max_caps_words", t.MaxCapsWords, bad)
	checkBound(path+".max_emoji", t.MaxEmoji, bad)
	checkBound(path+".max_sentence_words", t.MaxSentenceWords, bad)
}

func (h Hashtags) check(path string, bad func(path, format string, args ...any)) {
	checkBound(path+".max", h.Max, bad)
	spelled := make(map[string]bool)
	tag := func(list string, i int, s string) {
		at := fmt.Sprintf("%s.%s[%d]", path, list, i)
		if err := checkTag(s); err != nil {
			bad(at, "%q %v", s, err)
		} else if spelled[foldTerm(s)] {
			bad(at, "%q is listed twice, or both spelled and banned", s)
		}
		spelled[foldTerm(s)] = true
	}
	for i, s := range h.Spelling {
		tag("spelling", i, s)
	}
	for i, s := range h.Banned {
		tag("banned", i, s)
	}
}

func (a AltText) check(path string, bad func(path, format string, args ...any)) {
	checkBound(path+".max", a.Max, bad)
}

// over returns the values of o where it has any, else those of s.
func (o Override) over(tone Tone, tags Hashtags, alt AltText) (Tone, Hashtags, AltText) {
	set(&tone.MaxExclamations, o.Tone.MaxExclamations)
	set(&tone.MaxCapsWords, o.Tone.MaxCapsWords)
	set(&tone.MaxEmoji, o.Tone.MaxEmoji)
	set(&tone.MaxSentenceWords, o.Tone.MaxSentenceWords)
	set(&tags.Max, o.Hashtags.Max)
	set(&tags.CamelCase, o.Hashtags.CamelCase)
	if o.Hashtags.Spelling != nil {
		tags.Spelling = o.Hashtags.Spelling
	}
	if o.Hashtags.Banned != nil {
		tags.Banned = o.Hashtags.Banned
	}
	set(&alt.Required, o.AltText.Required)
	set(&alt.Max, o.AltText.Max)
	return tone, tags, alt
}

func set[T any](to **T, v *T) {
	if v != nil {
		*to = v
	}
}
