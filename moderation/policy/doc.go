// Package policy builds a moderation filter from a file:
//
//	{
//	  "keywords": {
//	    "patterns": [{"pattern": "idiot*", "action": "hide", "category": "abuse"}],
//	    "exceptions": ["idiotproof"]
//	  },
//	  "links": {"deny": ["spam.example"], "max": 3},
//	  "spam": {"max_mentions": 5, "links_only": true}
//	}
//
// The sections are the Config types of packages keyword, link and spam; a
// section that is left out filters nothing.
//
// # Design notes
//
// Everything wrong with a file is reported at once, with its place. A file that
// is refused at its first error costs as many rounds as it has errors.
//
// Keys are matched exactly. The forgiving match of package encoding/json would
// let "Deny" replace "deny".
package policy
