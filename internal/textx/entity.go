package textx

import (
	"cmp"
	"slices"
)

// Kind is what an [Entity] is.
type Kind uint8

// The kinds of entities. The zero Kind is not used.
const (
	URL Kind = iota + 1
	Mention
	Hashtag
	Cashtag
)

// String returns the lower-case English name of the kind.
func (k Kind) String() string {
	switch k {
	case URL:
		return "url"
	case Mention:
		return "mention"
	case Hashtag:
		return "hashtag"
	case Cashtag:
		return "cashtag"
	default:
		return "unknown"
	}
}

// Entity is a part of a text that a platform treats specially.
type Entity struct {
	Kind Kind
	// Start and End are byte offsets: text[Start:End] is the entity with its
	// sign (@, #, $).
	Start, End int
	// Value is the entity without its sign: "alice", "alice@example.org",
	// "alice.example.org", "hashtag", "TICKER". For a URL it is the address
	// as written, which may lack a scheme. For an X list it is "user/list".
	Value string
}

// URLRule selects how URLs are found.
type URLRule uint8

// URL rules.
const (
	URLNone URLRule = iota
	// URLScheme finds addresses that start with http:// or https://, as
	// Mastodon does.
	URLScheme
	// URLTwitter finds what X links: with a scheme, or bare domains whose
	// top level domain is in the list of twitter-text.
	URLTwitter
	// URLBluesky finds what the Bluesky client links: with a scheme, or bare
	// ASCII domains with a known top level domain after a space or an opening
	// parenthesis.
	URLBluesky
)

// MentionRule selects how mentions are found.
type MentionRule uint8

// Mention rules.
const (
	MentionNone MentionRule = iota
	// MentionTwitter is @user with 1 to 20 of [A-Za-z0-9_], optionally
	// followed by /list (twitter-text).
	MentionTwitter
	// MentionFediverse is @user or @user@host (Mastodon).
	MentionFediverse
	// MentionBluesky is @handle, the handle being a domain name (AT Protocol
	// handle syntax).
	MentionBluesky
)

// HashtagRule selects how hashtags are found.
type HashtagRule uint8

// Hashtag rules.
const (
	HashtagNone HashtagRule = iota
	// HashtagTwitter follows twitter-text: letters, marks, numbers and a few
	// joining signs, with at least one letter or mark.
	HashtagTwitter
	// HashtagFediverse follows Mastodon: letters, marks, numbers, underscore,
	// middle dots and zero-width non-joiner, not only digits.
	HashtagFediverse
	// HashtagBluesky follows the Bluesky client: anything up to white space,
	// without trailing punctuation, not starting with digits only, at most 64
	// graphemes.
	HashtagBluesky
)

// Rules say which entities [Extract] finds. The zero value finds none.
type Rules struct {
	URLs     URLRule
	Mentions MentionRule
	Hashtags HashtagRule
	Cashtags bool // $TICKER, after twitter-text
}

// TwitterRules are the rules of X (twitter-text).
func TwitterRules() Rules {
	return Rules{URLs: URLTwitter, Mentions: MentionTwitter, Hashtags: HashtagTwitter, Cashtags: true}
}

// MastodonRules are the rules of Mastodon.
func MastodonRules() Rules {
	return Rules{URLs: URLScheme, Mentions: MentionFediverse, Hashtags: HashtagFediverse}
}

// BlueskyRules are the rules of the Bluesky client, after which facets are
// made.
func BlueskyRules() Rules {
	return Rules{URLs: URLBluesky, Mentions: MentionBluesky, Hashtags: HashtagBluesky}
}

// Extract returns the entities of text, sorted by position and not
// overlapping: of two that overlap the one that starts first wins.
func Extract(text string, r Rules) []Entity {
	var es []Entity
	switch r.URLs {
	case URLScheme:
		es = schemeURLs(es, text)
	case URLTwitter:
		es = twitterURLs(es, text)
	case URLBluesky:
		es = blueskyURLs(es, text)
	}
	switch r.Mentions {
	case MentionTwitter:
		es = twitterMentions(es, text)
	case MentionFediverse:
		es = fediverseMentions(es, text)
	case MentionBluesky:
		es = blueskyMentions(es, text)
	}
	switch r.Hashtags {
	case HashtagTwitter:
		es = twitterHashtags(es, text)
	case HashtagFediverse:
		es = fediverseHashtags(es, text)
	case HashtagBluesky:
		es = blueskyHashtags(es, text)
	}
	if r.Cashtags {
		es = cashtags(es, text)
	}
	slices.SortStableFunc(es, func(a, b Entity) int { return cmp.Compare(a.Start, b.Start) })
	end := 0
	return slices.DeleteFunc(es, func(e Entity) bool {
		if e.Start < end {
			return true
		}
		end = e.End
		return false
	})
}
