package httpx

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// manyMembers is from where on the names of an object are looked up in a map.
const manyMembers = 24

// names are those of the objects that are open, innermost last.
type names struct {
	list  [][]byte
	begin [maxJSONDepth + 1]int // in list, by depth
	index [maxJSONDepth + 1]map[string]struct{}
}

func (n *names) enter(depth int) { n.begin[depth], n.index[depth] = len(n.list), nil }

func (n *names) leave(depth int) { n.list = n.list[:n.begin[depth]] }

// add reports whether the name is new to the object at depth.
func (n *names) add(depth int, name []byte) bool {
	index := n.index[depth]
	if index == nil {
		own := n.list[n.begin[depth]:]
		for _, old := range own {
			if bytes.Equal(old, name) {
				return false
			}
		}
		if n.list = append(n.list, name); len(own) < manyMembers {
			return true
		}
		index = make(map[string]struct{}, 2*manyMembers)
		for _, old := range own {
			index[string(old)] = struct{}{}
		}
		n.index[depth] = index
	}
	if _, there := index[string(name)]; there {
		return false
	}
	index[string(name)] = struct{}{}
	return true
}

// repeated reports whether an object in b names a member twice. encoding/json
// takes the last of them, other decoders the first, so that such an answer says
// nothing for certain (RFC 8259, section 4). b is valid JSON that nests no deeper
// than maxJSONDepth.
func repeated(b []byte) bool {
	var room [2 * manyMembers][]byte
	open := names{list: room[:0]}
	var object [maxJSONDepth + 1]bool
	depth, nameNext := 0, false
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '{', '[':
			if depth++; depth > maxJSONDepth {
				return true
			}
			object[depth], nameNext = b[i] == '{', b[i] == '{'
			open.enter(depth)
		case '}', ']':
			if depth == 0 {
				return true
			}
			open.leave(depth)
			depth--
		case ',':
			nameNext = object[depth]
		case '"':
			end := i + 1 + stringEnd(b[i+1:])
			if nameNext && !open.add(depth, plain(b[i:end+1])) {
				return true
			}
			i, nameNext = end, false
		}
	}
	return false
}

// stringEnd is where the closing quote of a string stands, counted from behind
// its opening one.
func stringEnd(b []byte) int {
	for i := 0; i < len(b); i++ {
		quote := bytes.IndexByte(b[i:], '"')
		if quote < 0 {
			break
		}
		slash := bytes.IndexByte(b[i:i+quote], '\\')
		if slash < 0 {
			return i + quote
		}
		i += slash + 1
	}
	return len(b) - 1
}

// plain is a string as encoding/json reads it.
func plain(quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 && utf8.Valid(quoted) {
		return quoted[1 : len(quoted)-1]
	}
	var s string
	if json.Unmarshal(quoted, &s) != nil {
		return quoted
	}
	return []byte(s)
}
