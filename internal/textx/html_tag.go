package textx

import (
	"html"
	"strings"
)

type htmlTag struct {
	name          string // lower case; empty for comments and declarations
	attrs         string
	closing, void bool
}

// cutTag takes the tag at the start of s, which begins with "<". It is false
// if this "<" starts no tag. A tag that is never closed takes the rest.
func cutTag(s string) (htmlTag, string, bool) {
	if strings.HasPrefix(s, "<!--") {
		_, rest, _ := strings.Cut(s[4:], "-->")
		return htmlTag{}, rest, true
	}
	i := 1
	var t htmlTag
	if i < len(s) && s[i] == '/' {
		t.closing = true
		i++
	}
	if i >= len(s) || !isAlpha(s[i]) && s[i] != '!' && s[i] != '?' {
		return t, "", false
	}
	nameAt := i
	for i < len(s) && isAlnum(s[i]) {
		i++
	}
	t.name = strings.ToLower(s[nameAt:i])
	end := tagEnd(s, i)
	t.attrs = strings.TrimSuffix(s[i:end], "/")
	t.void = end > i && s[end-1] == '/'
	return t, s[min(end+1, len(s)):], true
}

// tagEnd finds the ">" that closes a tag, outside quotes.
func tagEnd(s string, i int) int {
	quote := byte(0)
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i
		}
	}
	return i
}

// attr returns the decoded value of an attribute, "" if it is absent.
func (t htmlTag) attr(name string) string {
	s := t.attrs
	for s != "" {
		s = strings.TrimLeft(s, " \t\r\n/")
		n := strings.IndexAny(s, "= \t\r\n/")
		if n < 0 {
			return ""
		}
		key := s[:n]
		s = strings.TrimLeft(s[n:], " \t\r\n")
		if !strings.HasPrefix(s, "=") {
			continue
		}
		var value string
		value, s = cutAttrValue(strings.TrimLeft(s[1:], " \t\r\n"))
		if strings.EqualFold(key, name) {
			return html.UnescapeString(value)
		}
	}
	return ""
}

func cutAttrValue(s string) (value, rest string) {
	if s != "" && (s[0] == '"' || s[0] == '\'') {
		value, rest, _ = strings.Cut(s[1:], s[:1])
		return value, rest
	}
	n := strings.IndexAny(s, " \t\r\n")
	if n < 0 {
		n = len(s)
	}
	return s[:n], s[n:]
}
