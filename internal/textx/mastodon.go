package textx

import "strings"

// MastodonURLLength is what a URL counts on Mastodon unless the instance says
// otherwise (configuration.statuses.characters_reserved_per_url).
const MastodonURLLength = 23

// MastodonLength is the length of a status after the rule of Mastodon:
// graphemes of the text and the content warning together, where each http(s)
// URL counts perURL and a mention counts without its host. A perURL of 0
// stands for [MastodonURLLength].
//
// Source: docs.joinmastodon.org/user/posting.
func MastodonLength(text, warning string, perURL int) int {
	if perURL <= 0 {
		perURL = MastodonURLLength
	}
	n := Graphemes(warning)
	pos := 0
	for _, e := range Extract(text, Rules{URLs: URLScheme, Mentions: MentionFediverse}) {
		n += Graphemes(text[pos:e.Start])
		pos = e.End
		if e.Kind == URL {
			n += perURL
			continue
		}
		user, _, _ := strings.Cut(e.Value, "@")
		n += len("@") + Graphemes(user)
	}
	return n + Graphemes(text[pos:])
}
