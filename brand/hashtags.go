package brand

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/smmkit/smmkit/smm"
)

// longTag is the length from which a hashtag in one case is taken for several
// words: shorter ones are mostly single words.
const longTag = 13

// hashtags checks the hashtags of a text, which stand at spans.
func (b *bounds) hashtags(text string, spans []smm.Span) []smm.Finding {
	var out []smm.Finding
	if limit := b.tags.Max; limit != nil && len(spans) > *limit {
		out = append(out, overBound("hashtag.too-many", len(spans), *limit, spans[*limit], text, "%d hashtags, at most %d"))
	}
	for _, s := range spans {
		sign, size := utf8.DecodeRuneInString(text[s.Start:s.End])
		tag := text[s.Start+size : s.End]
		f := smm.Finding{
			Code: "hashtag.spelling", Severity: smm.SeverityWarning, Span: &smm.Span{Start: s.Start, End: s.End},
			Args: map[string]string{argFound: text[s.Start:s.End]},
		}
		spelled, known := b.spelling[foldTerm(tag)]
		switch {
		case b.banned[foldTerm(tag)]:
			f.Code, f.Severity = "hashtag.banned", smm.SeverityError
			f.Message = fmt.Sprintf("do not use #%s", tag)
		case known && spelled != tag:
			f.Message = fmt.Sprintf("#%s is spelled #%s", tag, spelled)
			f.Fix = &smm.Fix{Replacement: string(sign) + spelled, Automatic: true}
		case !known && b.tags.CamelCase != nil && *b.tags.CamelCase && oneCase(tag):
			f.Code, f.Severity = "hashtag.case", smm.SeverityInfo
			f.Message = fmt.Sprintf("#%s is long: begin each of its words with a capital, so that screen readers can tell them apart", tag)
		default:
			continue
		}
		out = append(out, f)
	}
	return out
}

// oneCase reports a long hashtag of a script with cases that does not use them.
func oneCase(tag string) bool {
	cased := strings.ContainsFunc(tag, func(r rune) bool { return unicode.IsUpper(r) || unicode.IsLower(r) })
	if !cased || utf8.RuneCountInString(tag) < longTag || strings.ContainsRune(tag, '_') {
		return false
	}
	_, size := utf8.DecodeRuneInString(tag)
	return tag == strings.ToUpper(tag) || tag[size:] == strings.ToLower(tag[size:])
}
