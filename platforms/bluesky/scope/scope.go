package scope

import (
	"net/url"
	"slices"
	"strings"
)

// Scopes with a meaning of their own.
const (
	Atproto = "atproto"              // in every grant: the account's identity
	Generic = "transition:generic"   // all that an app password allows, but for direct messages
	Chat    = "transition:chat.bsky" // direct messages; to be asked for beside Generic
	Email   = "transition:email"     // the account's e-mail address
)

// Actions on a repository.
const (
	Create = "create"
	Update = "update"
	Delete = "delete"
)

const wildcard = "*"

// permission is one scope string, taken apart. A string that is no permission of
// a known kind has an empty resource and covers only itself.
type permission struct {
	raw      string
	resource string   // "repo", "rpc", "blob", "include"
	names    []string // collections, methods, media types, or the set
	actions  []string // repo
	aud      string   // rpc and include
}

// parse takes a scope string apart: resource[:name][?parameters].
func parse(raw string) permission {
	p := permission{raw: raw}
	head, query, _ := strings.Cut(raw, "?")
	resource, name, named := strings.Cut(head, ":")
	v, err := url.ParseQuery(query)
	if err != nil {
		return p
	}
	if named {
		plain, err := url.PathUnescape(name)
		if err != nil || plain == "" {
			return p
		}
		p.names = []string{plain}
	}
	// list takes a parameter that may stand in the place of the name.
	list := func(key string) bool {
		if more := v[key]; len(more) > 0 {
			if named {
				return false
			}
			p.names = more
		}
		return len(p.names) > 0 && !slices.Contains(p.names, "")
	}
	ok := false
	switch resource {
	case "repo":
		p.actions = v["action"]
		if len(p.actions) == 0 {
			p.actions = []string{Create, Update, Delete}
		}
		ok = list("collection")
	case "rpc":
		p.aud = v.Get("aud")
		// A wildcard for both would be every method of every service.
		ok = list("lxm") && len(v["aud"]) == 1 && p.aud != "" && !(p.aud == wildcard && slices.Contains(p.names, wildcard))
	case "blob":
		ok = list("accept")
	case "include":
		p.aud = v.Get("aud")
		ok = named
	}
	if ok {
		p.resource = resource
	}
	return p
}

// Set is what was granted. The zero value grants nothing.
type Set struct {
	raw  map[string]bool
	list []permission
}

// New reads granted scopes. Strings that it does not know grant themselves and
// nothing else.
func New(granted []string) Set {
	s := Set{raw: make(map[string]bool, len(granted))}
	for _, g := range granted {
		s.raw[g] = true
		p := parse(g)
		if p.resource == "include" {
			s.list = append(s.list, expand(p)...)
			continue
		}
		if p.resource != "" {
			s.list = append(s.list, p)
		}
	}
	return s
}

// Repo reports whether an action on records of a collection is granted.
func (s Set) Repo(action, collection string) bool {
	return s.raw[Generic] || slices.ContainsFunc(s.list, func(p permission) bool {
		return p.resource == "repo" && slices.Contains(p.actions, action) && oneOf(p.names, collection)
	})
}

// RPC reports whether a method of a service, named as "did#service", is granted.
func (s Set) RPC(method, audience string) bool {
	if strings.HasPrefix(method, "chat.bsky.") && s.raw[Chat] || !strings.HasPrefix(method, "chat.bsky.") && s.raw[Generic] {
		return true
	}
	return slices.ContainsFunc(s.list, func(p permission) bool {
		return p.resource == "rpc" && oneOf(p.names, method) && (p.aud == wildcard || p.aud == audience)
	})
}

// Blob reports whether uploads of a media type are granted.
func (s Set) Blob(mediaType string) bool {
	return s.raw[Generic] || slices.ContainsFunc(s.list, func(p permission) bool {
		return p.resource == "blob" && slices.ContainsFunc(p.names, func(have string) bool { return accepts(have, mediaType) })
	})
}

// Has reports whether all that a scope allows is granted, in whatever spelling.
func (s Set) Has(want string) bool {
	if s.raw[want] {
		return true
	}
	p := parse(want)
	if p.resource == "include" {
		parts := expand(p)
		return len(parts) > 0 && !slices.ContainsFunc(parts, func(q permission) bool { return !s.covers(q) })
	}
	return s.covers(p)
}

func (s Set) covers(p permission) bool {
	if p.resource == "" {
		return false
	}
	for _, name := range p.names {
		switch p.resource {
		case "repo":
			for _, a := range p.actions {
				if !s.Repo(a, name) {
					return false
				}
			}
		case "rpc":
			if !s.RPC(name, p.aud) {
				return false
			}
		case "blob":
			if !s.Blob(name) {
				return false
			}
		}
	}
	return true
}

// Missing returns those of want that granted does not cover, in their order.
func Missing(granted, want []string) []string {
	s := New(granted)
	var out []string
	for _, w := range want {
		if !s.Has(w) {
			out = append(out, w)
		}
	}
	return out
}

func oneOf(names []string, name string) bool {
	return slices.Contains(names, name) || slices.Contains(names, wildcard)
}

// accepts compares media types, either of which may end in a wildcard.
func accepts(have, want string) bool {
	if have == "*/*" || have == want {
		return true
	}
	family, ok := strings.CutSuffix(have, "/*")
	return ok && strings.HasPrefix(want, family+"/")
}

// IsGranular reports whether a scope is one of the granular kind.
func IsGranular(s string) bool { return parse(s).resource != "" }
