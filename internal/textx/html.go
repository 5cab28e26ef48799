package textx

import (
	"html"
	"strings"
	"unicode/utf8"
)

// LinkText selects what stands for a link in [HTMLToText].
type LinkText uint8

// Choices for links.
const (
	// LinkFull is the text of the link including the parts that Mastodon
	// hides: for a shortened link that is the address as it was posted.
	LinkFull LinkText = iota
	// LinkShown is the text as displayed: without hidden parts, with "…"
	// after a shortened part.
	LinkShown
	// LinkHref is the address the link goes to; for mentions and hashtags the
	// text of the link.
	LinkHref
)

// HTMLOptions control [HTMLToText].
type HTMLOptions struct {
	Links LinkText
	// MaxBytes bounds the result; what is over is dropped between runes. 0
	// stands for 1 MiB.
	MaxBytes int
}

const (
	defaultHTMLBytes = 1 << 20
	maxHTMLDepth     = 64 // deeper elements lose their class, not their text
)

// HTMLToText turns the HTML of a Mastodon status into text: paragraphs are
// separated by an empty line, <br> and list items are new lines, character
// references are decoded, scripts, styles and comments dropped. Any input has
// a result; run time is linear in its length.
func HTMLToText(s string, o HTMLOptions) string {
	if o.MaxBytes <= 0 {
		o.MaxBytes = defaultHTMLBytes
	}
	w := htmlWriter{opts: o}
	for s != "" && w.out.Len() <= o.MaxBytes {
		lt := strings.IndexByte(s, '<')
		if lt != 0 {
			if lt < 0 {
				lt = len(s)
			}
			w.text(html.UnescapeString(s[:lt]))
			s = s[lt:]
			continue
		}
		tag, rest, ok := cutTag(s)
		if !ok {
			w.text("<")
			s = s[1:]
			continue
		}
		s = rest
		if tag.name == "script" || tag.name == "style" {
			s = skipRaw(s, tag)
			continue
		}
		w.tag(tag)
	}
	return clip(strings.TrimSpace(w.out.String()), o.MaxBytes)
}

// skipRaw drops the content of an element that holds no text.
func skipRaw(s string, tag htmlTag) string {
	if tag.closing || tag.void {
		return s
	}
	end := "</" + tag.name
	for i := 0; ; {
		k := strings.IndexByte(s[i:], '<')
		if k < 0 {
			return ""
		}
		i += k
		if len(s)-i >= len(end) && strings.EqualFold(s[i:i+len(end)], end) {
			return s[i:]
		}
		i++
	}
}

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

type openTag struct {
	name                        string
	invisible, ellipsis, silent bool
}

type htmlWriter struct {
	opts HTMLOptions
	out  strings.Builder
	open []openTag
	// hidden and silent count the open elements whose text is not wanted.
	hidden, silent int
	// newlines wanted before the next text
	newlines int
	deep     int
}

func (w *htmlWriter) text(s string) {
	if w.silent > 0 || w.hidden > 0 && w.opts.Links == LinkShown {
		return
	}
	// Line ends in the source are white space; breaks come from tags only.
	if strings.ContainsAny(s, "\r\n\t") {
		s = strings.NewReplacer("\r", " ", "\n", " ", "\t", " ").Replace(s)
	}
	if strings.Trim(s, " ") == "" && (w.newlines > 0 || w.out.Len() == 0) {
		return
	}
	if w.newlines > 0 {
		s = strings.TrimLeft(s, " ")
	}
	w.flush()
	w.out.WriteString(s)
}

func (w *htmlWriter) flush() {
	if w.out.Len() > 0 {
		for range w.newlines {
			w.out.WriteByte('\n')
		}
	}
	w.newlines = 0
}

func (w *htmlWriter) tag(t htmlTag) {
	switch t.name {
	case "br":
		w.newlines = min(w.newlines+1, 8)
		return
	case "p", "blockquote", "pre", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6":
		w.newlines = max(w.newlines, 2)
	case "li", "div", "tr":
		w.newlines = max(w.newlines, 1)
	case "span", "a":
		if t.closing {
			w.closeTag(t.name)
		} else if !t.void {
			w.openTag(t)
		}
	}
}

func (w *htmlWriter) openTag(t htmlTag) {
	if len(w.open) >= maxHTMLDepth {
		w.deep++
		return
	}
	o := openTag{name: t.name}
	class := " " + t.attr("class") + " "
	if t.name == "span" {
		o.invisible = strings.Contains(class, " invisible ")
		o.ellipsis = strings.Contains(class, " ellipsis ")
	} else if href := t.attr("href"); w.opts.Links == LinkHref && href != "" && !strings.Contains(class, " mention ") && !strings.Contains(class, " hashtag ") {
		w.text(href)
		o.silent = true
	}
	if o.invisible {
		w.hidden++
	}
	if o.silent {
		w.silent++
	}
	w.open = append(w.open, o)
}

// closeTag closes the innermost open element of that name and all inside it;
// an end tag without a start is ignored.
func (w *htmlWriter) closeTag(name string) {
	if w.deep > 0 {
		w.deep--
		return
	}
	at := len(w.open) - 1
	for at >= 0 && w.open[at].name != name {
		at--
	}
	if at < 0 {
		return
	}
	for len(w.open) > at {
		o := w.open[len(w.open)-1]
		w.open = w.open[:len(w.open)-1]
		if o.invisible {
			w.hidden--
		}
		if o.silent {
			w.silent--
		}
		if o.ellipsis && w.opts.Links == LinkShown {
			w.text("…")
		}
	}
}
