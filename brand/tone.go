package brand

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/smmkit/smmkit/smm"
)

// overBound makes the finding of a bound that was exceeded.
func overBound(code string, got, limit int, span smm.Span, text, format string) smm.Finding {
	return smm.Finding{
		Code: code, Severity: smm.SeverityWarning, Span: &span,
		Args:    map[string]string{"got": strconv.Itoa(got), "max": strconv.Itoa(limit), argFound: text[span.Start:span.End]},
		Message: fmt.Sprintf(format, got, limit),
	}
}

// exclamations reports every run of marks that goes beyond the bound. Its fix
// cuts the run down, but leaves one mark: what a sentence ends with instead is
// for a person to say.
func exclamations(text string, limit int) []smm.Finding {
	total := strings.Count(text, "!") + strings.Count(text, "！")
	if total <= limit {
		return nil
	}
	var out []smm.Finding
	seen := 0
	for i := 0; i < len(text); {
		n, size := 0, 0
		for {
			r, s := utf8.DecodeRuneInString(text[i+size:])
			if r != '!' && r != '！' {
				break
			}
			n, size = n+1, size+s
		}
		if n == 0 {
			_, s := utf8.DecodeRuneInString(text[i:])
			i += s
			continue
		}
		if allowed := max(limit-seen, 0); n > allowed {
			f := overBound("tone.exclamations", total, limit, smm.Span{Start: i, End: i + size}, text, "%d exclamation marks, at most %d")
			if keep := max(allowed, 1); keep < n {
				f.Fix = &smm.Fix{Replacement: firstRunes(text[i:i+size], keep), Automatic: true}
			}
			out = append(out, f)
		}
		seen += n
		i += size
	}
	return out
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// capitals reports the first word in capitals beyond the bound.
func capitals(text string, limit int, known map[string]bool, skip []smm.Span) []smm.Finding {
	count := 0
	var first smm.Span
	for _, w := range words(text) {
		s := text[w.start:w.end]
		if !shouted(s) || known[s] || covered(skip, w.start, w.end) {
			continue
		}
		if count++; count == limit+1 {
			first = smm.Span{Start: w.start, End: w.end}
		}
	}
	if count <= limit {
		return nil
	}
	return []smm.Finding{overBound("tone.capitals", count, limit, first, text, "%d words in capitals, at most %d")}
}

func shouted(s string) bool {
	letters := 0
	for _, r := range s {
		if unicode.IsLower(r) || unicode.IsDigit(r) {
			return false
		}
		if unicode.IsUpper(r) {
			letters++
		}
	}
	return letters >= 2
}

func emojis(text string, limit int) []smm.Finding {
	spans := findEmoji(text)
	if len(spans) <= limit {
		return nil
	}
	return []smm.Finding{overBound("tone.emoji", len(spans), limit, spans[limit], text, "%d emoji, at most %d")}
}

// sentences reports every sentence with more words than the bound. A sentence
// ends with its mark before white space, or with its line.
func sentences(text string, limit int) []smm.Finding {
	var out []smm.Finding
	check := func(start, end int) {
		ws := words(text[start:end])
		if len(ws) > limit {
			span := smm.Span{Start: start + ws[0].start, End: start + ws[len(ws)-1].end}
			out = append(out, overBound("tone.sentence", len(ws), limit, span, text, "a sentence of %d words, at most %d"))
		}
	}
	start := 0
	for i, r := range text {
		rest := text[i+utf8.RuneLen(r):]
		next, _ := utf8.DecodeRuneInString(rest)
		stop := strings.ContainsRune(".!?…", r) && (rest == "" || unicode.IsSpace(next)) || strings.ContainsRune("。！？\n", r)
		if stop {
			check(start, i)
			start = i + utf8.RuneLen(r)
		}
	}
	check(start, len(text))
	return out
}
