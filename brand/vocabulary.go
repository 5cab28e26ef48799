package brand

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/smmkit/smmkit/smm"
)

// rule is a term of the vocabulary, compiled.
type rule struct {
	Term
	path  string // in the guide
	code  string // of its findings
	words []word
}

// vocabulary finds terms: by their first word, the longest first.
type vocabulary struct {
	first map[string][]*rule
}

const (
	codeBanned    = "vocabulary.banned"
	codePreferred = "vocabulary.preferred"
	codeName      = "vocabulary.name"
)

func newVocabulary(v Vocabulary, bad func(path, format string, args ...any)) vocabulary {
	out := vocabulary{first: make(map[string][]*rule)}
	seen := make(map[string]string)
	add := func(path, code string, t Term) {
		r := &rule{Term: t, path: path, code: code, words: words(t.Term)}
		if len(r.words) == 0 {
			return // reported by Spec.check
		}
		if other, ok := seen[foldTerm(strings.Join(strings.Fields(t.Term), " "))]; ok {
			bad(path, "%q is %s already", t.Term, other)
			return
		}
		seen[foldTerm(strings.Join(strings.Fields(t.Term), " "))] = path
		rules := out.first[r.words[0].key]
		i := 0
		for i < len(rules) && len(rules[i].words) >= len(r.words) {
			i++
		}
		out.first[r.words[0].key] = append(rules[:i], append([]*rule{r}, rules[i:]...)...)
	}
	for i, t := range v.Banned {
		add(fmt.Sprintf("vocabulary.banned[%d]", i), codeBanned, t)
	}
	for i, t := range v.Preferred {
		add(fmt.Sprintf("vocabulary.preferred[%d]", i), codePreferred, t)
	}
	for i, n := range v.Names {
		path := fmt.Sprintf("vocabulary.names[%d]", i)
		if err := checkTerm(n); err != nil {
			bad(path, "%v", err)
		}
		add(path, codeName, Term{Term: n, Use: n, Automatic: true})
	}
	out.contradictions(bad)
	return out
}

// contradictions reports replacements that would be findings themselves.
func (v vocabulary) contradictions(bad func(path, format string, args ...any)) {
	for _, rules := range v.first {
		for _, r := range rules {
			if r.code == codeName || r.Use == "" {
				continue
			}
			for _, m := range v.find(r.Use, nil) {
				if m.rule.code != codeName {
					bad(r.path+".use", "%q contains %q, which %s forbids", r.Use, m.rule.Term.Term, m.rule.path)
				} else if r.Use[m.start:m.end] != m.rule.Use {
					bad(r.path+".use", "%q does not spell %q as %s does", r.Use, m.rule.Use, m.rule.path)
				}
			}
		}
	}
}

// found is a term in a text.
type found struct {
	rule       *rule
	start, end int
}

// find returns the terms in a text outside the spans of skip, the longest where
// several begin, without overlap.
func (v vocabulary) find(text string, skip []smm.Span) []found {
	var out []found
	ws := words(text)
	for i := 0; i < len(ws); i++ {
		for _, r := range v.first[ws[i].key] {
			if !r.at(ws[i:]) {
				continue
			}
			n := len(r.words)
			start, end := ws[i].start, ws[i+n-1].end
			if !covered(skip, start, end) {
				out = append(out, found{rule: r, start: start, end: end})
				i += n - 1
			}
			break
		}
	}
	return out
}

func (r *rule) at(ws []word) bool {
	if len(ws) < len(r.words) {
		return false
	}
	for i, w := range r.words {
		if ws[i].key != w.key || i > 0 && !gapsMatch(ws[i].gap, w.gap) {
			return false
		}
	}
	return true
}

// finding phrases a found term, or returns false for a name that is right.
func (f found) finding(text string) (smm.Finding, bool) {
	r, written := f.rule, text[f.start:f.end]
	out := smm.Finding{
		Code: r.code, Severity: r.Severity, Span: &smm.Span{Start: f.start, End: f.end},
		Args: map[string]string{argFound: written}, Source: r.path,
	}
	use := r.Use
	switch r.code {
	case codeName:
		if written == r.Use {
			return out, false
		}
		out.Severity = orSeverity(r.Severity, smm.SeverityWarning)
		out.Message = fmt.Sprintf("%q is spelled %q", written, r.Use)
	case codeBanned:
		out.Severity = orSeverity(r.Severity, smm.SeverityError)
		out.Message = fmt.Sprintf("do not write %q", written)
		use = likeCase(written, r.Use)
	default:
		out.Severity = orSeverity(r.Severity, smm.SeverityWarning)
		use = likeCase(written, r.Use)
		out.Message = fmt.Sprintf("write %q instead of %q", use, written)
	}
	if r.Reason != "" {
		out.Message += ": " + r.Reason
		out.Args["reason"] = r.Reason
	}
	if use != "" {
		out.Args["use"] = use
		out.Fix = &smm.Fix{Replacement: use, Automatic: r.Automatic}
	}
	return out, true
}

func orSeverity(s, byDefault smm.Severity) smm.Severity {
	if s == "" {
		return byDefault
	}
	return s
}

// likeCase writes use in capitals, or with a capital at the beginning, where
// the text does so. A replacement with capitals of its own stays as it is.
func likeCase(written, use string) string {
	if use != strings.ToLower(use) {
		return use
	}
	first, n := utf8.DecodeRuneInString(written)
	switch {
	case utf8.RuneCountInString(written) > 1 && written == strings.ToUpper(written) && written != strings.ToLower(written):
		return strings.ToUpper(use)
	case n > 0 && unicode.IsUpper(first):
		r, size := utf8.DecodeRuneInString(use)
		return string(unicode.ToTitle(r)) + use[size:]
	}
	return use
}
