package lexicon

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/smmkit/smmkit/internal/textx"
)

func (k *checker) str(def *Def, path string, v any) {
	s, ok := v.(string)
	if !ok || !utf8.ValidString(s) {
		k.add(path, "want a string, got %s", show(v))
		return
	}
	k.length(def.MinLength, def.MaxLength, path, len(s), "bytes")
	if def.MinGraphemes != nil || def.MaxGraphemes != nil {
		k.length(def.MinGraphemes, def.MaxGraphemes, path, textx.Graphemes(s), "graphemes")
	}
	switch {
	case len(def.Enum) > 0 && !slices.Contains(def.Enum, v):
		k.add(path, "%s is not in the enumeration", show(s))
	case def.Const != nil && def.Const != v:
		k.add(path, "%s, want %s", show(s), show(def.Const))
	case k.catalog.exact && len(def.KnownValues) > 0 && !slices.Contains(def.KnownValues, s):
		k.add(path, "%s is none of the known values", show(s))
	}
	if def.Format != "" && !formats[def.Format](s) {
		k.add(path, "%s is no %s", show(s), def.Format)
	}
}

// bytes are written as {"$bytes": "<base64>"}, with or without padding.
func (k *checker) bytes(def *Def, path string, v any) {
	o, ok := v.(map[string]any)
	s, text := o["$bytes"].(string)
	if !ok || !text || len(o) != 1 {
		k.add(path, "want bytes, got %s", show(v))
		return
	}
	b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(s, "="))
	if err != nil {
		k.add(path, "no base64")
		return
	}
	k.length(def.MinLength, def.MaxLength, path, len(b), "bytes")
}

// link checks {"$link": "<cid>"}.
func (k *checker) link(path string, v any) {
	o, ok := v.(map[string]any)
	s, text := o["$link"].(string)
	if !ok || !text || len(o) != 1 || !isCID(s) {
		k.add(path, "want a link to a CID, got %s", show(v))
	}
}

func (k *checker) blob(def *Def, path string, v any) {
	o, ok := v.(map[string]any)
	if !ok || o["$type"] != "blob" {
		k.add(path, "want a blob, got %s", show(v))
		return
	}
	for name := range o {
		if !slices.Contains([]string{"$type", "ref", "mimeType", "size"}, name) {
			k.add(path, "a blob has no %s", name)
		}
	}
	k.link(path+".ref", o["ref"])
	mime, ok := o["mimeType"].(string)
	if !ok || !strings.Contains(mime, "/") {
		k.add(path+".mimeType", "want a MIME type, got %s", show(o["mimeType"]))
	} else if len(def.Accept) > 0 && !slices.ContainsFunc(def.Accept, func(p string) bool { return accepts(p, mime) }) {
		k.add(path+".mimeType", "%s is not accepted", show(mime))
	}
	n, ok := o["size"].(json.Number)
	size, err := n.Int64()
	switch {
	case !ok || err != nil || size < 1:
		k.add(path+".size", "want a positive integer, got %s", show(o["size"]))
	case def.MaxSize != nil && size > *def.MaxSize:
		k.add(path+".size", "%d bytes, at most %d", size, *def.MaxSize)
	}
}

// accepts matches a MIME type with a pattern: "*/*", "image/*" or exact.
// Parameters such as a charset are passed over.
func accepts(pattern, mime string) bool {
	mime, _, _ = strings.Cut(mime, ";")
	mime = strings.ToLower(strings.TrimSpace(mime))
	if kind, open := strings.CutSuffix(pattern, "/*"); open {
		return kind == "*" || strings.HasPrefix(mime, kind+"/")
	}
	return pattern == mime
}
