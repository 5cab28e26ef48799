package blueskytest

// gateOf returns the threadgate of a thread's root, or nil.
func (s *Server) gateOf(root string) *record {
	did, _, rkey, ok := splitURI(root)
	if a := s.accounts[did]; ok && a != nil {
		return a.find(gateType, rkey)
	}
	return nil
}

func hiddenReplies(gate object) []string {
	var out []string
	list, _ := gate["hiddenReplies"].([]any)
	for _, x := range list {
		if uri, ok := x.(string); ok {
			out = append(out, uri)
		}
	}
	return out
}

// replyForbidden reports whether the root's threadgate keeps a from answering.
// A gate without "allow" admits everybody, one with an empty list nobody; the
// root's author always may.
func (s *Server) replyForbidden(root string, a *account) bool {
	did, _, _, _ := splitURI(root)
	gate := s.gateOf(root)
	if gate == nil || did == a.did {
		return false
	}
	allow, has := gate.value["allow"].([]any)
	if !has {
		return false
	}
	for _, x := range allow {
		rule, _ := x.(object)
		switch text(rule, "$type") {
		case gateType + "#followingRule":
			if _, ok := s.index.follows[did][a.did]; ok {
				return false
			}
		case gateType + "#followerRule":
			if _, ok := s.index.follows[a.did][did]; ok {
				return false
			}
		case gateType + "#mentionRule":
			if p := s.index.posts[root]; p != nil {
				for _, m := range mentioned(p.value) {
					if m == a.did {
						return false
					}
				}
			}
		}
	}
	return true
}

// quoteForbidden reports whether the quoted post's postgate keeps a from
// quoting it.
func (s *Server) quoteForbidden(uri string, a *account) bool {
	did, _, rkey, ok := splitURI(uri)
	owner := s.accounts[did]
	if !ok || owner == nil || owner == a {
		return false
	}
	gate := owner.find(postgateType, rkey)
	if gate == nil {
		return false
	}
	rules, _ := gate.value["embeddingRules"].([]any)
	for _, x := range rules {
		if rule, _ := x.(object); text(rule, "$type") == postgateType+"#disableRule" {
			return true
		}
	}
	return false
}

func (s *Server) blocked(a, b *account) bool {
	if a == nil || b == nil {
		return false
	}
	_, ab := s.index.blocks[a.did][b.did]
	_, ba := s.index.blocks[b.did][a.did]
	return ab || ba
}
