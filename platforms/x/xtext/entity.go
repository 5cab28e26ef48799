package xtext

import (
	"slices"
	"strings"
	"unicode"

	"github.com/smmkit/smmkit/internal/textx"
)

// Kind is what an [Entity] is.
type Kind uint8

// The kinds of entities. The zero Kind is not used.
const (
	URL     Kind = iota + 1 // an address, with or without a scheme
	Mention                 // @user
	List                    // @user/list
	Hashtag                 // #tag
	Cashtag                 // $TICKER
)

// String returns the lower-case English name of the kind.
func (k Kind) String() string {
	switch k {
	case URL:
		return "url"
	case Mention:
		return "mention"
	case List:
		return "list"
	case Hashtag:
		return "hashtag"
	case Cashtag:
		return "cashtag"
	default:
		return "unknown"
	}
}

// Entity is a part of a text that X links.
type Entity struct {
	Kind Kind
	Span Span // with the sign (@, #, $)
	// Value is the entity without its sign: the user of a mention or a list,
	// the tag, the ticker. For an address it is the address as written, which
	// may lack a scheme.
	Value string
	// Slug is the name of a list, without its slash; otherwise empty.
	Slug string
}

// Entities returns what X links in a text, in the order of the text and without
// overlap: of two that overlap the one that starts first is kept, so a hashtag
// inside an address is none.
//
// A mention is @ and up to 20 of [A-Za-z0-9_], not after a letter, a digit or
// one of _!#$%&*@ (but "RT@user" is one), and not before @, an accented letter
// or "://". A list is a mention followed by a slash and up to 25 of
// [A-Za-z0-9_-], the first a letter. A hashtag is made of letters, marks, digits
// and a few joining signs in any script, at least one of them a letter or a
// mark. A cashtag follows white space and has up to six letters, then
// optionally a dot or an underscore and one or two letters. An address is a
// domain name with a known top level domain, with or without http:// or
// https:// before it, and with the path and query after it. The signs may be
// full width (＠, ＃).
func Entities(text string) []Entity { return entities(text, textx.TwitterRules()) }

// Find returns the entities of the given kinds alone, in the order of the text.
// Other kinds do not compete for the same characters, with one exception: a
// hashtag inside an address is none, whether or not addresses are asked for.
// For no kinds it returns none.
func Find(text string, kinds ...Kind) []Entity {
	var rules textx.Rules
	for _, k := range kinds {
		switch k {
		case URL:
			rules.URLs = textx.URLTwitter
		case Mention, List:
			rules.Mentions = textx.MentionTwitter
		case Hashtag:
			rules.URLs, rules.Hashtags = textx.URLTwitter, textx.HashtagTwitter
		case Cashtag:
			rules.Cashtags = true
		}
	}
	return slices.DeleteFunc(entities(text, rules), func(e Entity) bool { return !slices.Contains(kinds, e.Kind) })
}

func entities(text string, rules textx.Rules) []Entity {
	var out []Entity
	var at Position // entities do not overlap, so one walk places them all
	for _, found := range textx.Extract(text, rules) {
		e := Entity{Kind: kindOf(found.Kind), Value: found.Value}
		if e.Kind == Mention {
			if user, slug, ok := strings.Cut(found.Value, "/"); ok {
				e.Kind, e.Value, e.Slug = List, user, slug
			}
		}
		e.Span.Start = at.advance(text, found.Start)
		at = e.Span.Start.advance(text, found.End)
		e.Span.End = at
		out = append(out, e)
	}
	return out
}

func kindOf(k textx.Kind) Kind {
	switch k {
	case textx.URL:
		return URL
	case textx.Mention:
		return Mention
	case textx.Hashtag:
		return Hashtag
	case textx.Cashtag:
		return Cashtag
	}
	return 0
}

// ReplyTo returns the user to whom a text is addressed: the one whose mention
// it starts with, after white space at most. It is empty if there is none. X
// makes a reply of a post by the identifier of the post that it answers; this
// is how a text alone reads.
func ReplyTo(text string) string {
	rest := strings.TrimLeftFunc(text, isSpace)
	if !strings.HasPrefix(rest, "@") && !strings.HasPrefix(rest, "＠") {
		return ""
	}
	es := textx.Extract(rest, textx.Rules{Mentions: textx.MentionTwitter})
	if len(es) == 0 || es[0].Start > 0 {
		return ""
	}
	user, _, _ := strings.Cut(es[0].Value, "/")
	return user
}

// isSpace is the white space of Unicode and the Mongolian vowel separator,
// which was white space when X wrote its rules.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r == 0x180E }
