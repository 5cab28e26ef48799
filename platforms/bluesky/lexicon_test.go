package bluesky_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/sharedspec"
	"github.com/smmkit/smmkit/internal/textx"
)

// lexDef is one definition of a lexicon, of any type.
type lexDef struct {
	Type         string
	Properties   map[string]*lexDef
	Required     []string
	Nullable     []string
	Items        *lexDef
	Ref          string
	Refs         []string
	Closed       bool
	Format       string
	MaxLength    *int
	MinLength    *int
	MaxGraphemes *int
	Minimum      *int64
	Maximum      *int64
	Enum         []any
	Const        any
	Accept       []string
	MaxSize      *int64

	Record     *lexDef
	Parameters *lexDef
	Input      *lexBody
	Output     *lexBody
	Errors     []struct{ Name string }
	Key        string
}

type lexBody struct {
	Encoding string
	Schema   *lexDef
}

// lexicons are the vendor's definitions by "nsid#name".
type lexicons map[string]*lexDef

var loadOnce sync.Mutex

func loadLexicons(t testing.TB) lexicons {
	t.Helper()
	loadOnce.Lock()
	defer loadOnce.Unlock()
	var docs []struct {
		ID   string
		Defs map[string]*lexDef
	}
	require.NoError(t, json.Unmarshal(sharedspec.Read(t, "specs/atproto-lexicons.json.gz"), &docs))
	out := make(lexicons)
	for _, d := range docs {
		for name, def := range d.Defs {
			out[d.ID+"#"+name] = def
		}
	}
	return out
}

// find resolves a reference as seen from a lexicon.
func (l lexicons) find(from, ref string) (string, *lexDef) {
	if strings.HasPrefix(ref, "#") {
		ref = from + ref
	} else if !strings.Contains(ref, "#") {
		ref += "#main"
	}
	nsid, _, _ := strings.Cut(ref, "#")
	return nsid, l[ref]
}

// check returns what is wrong with v by def, which stands in the lexicon from.
func (l lexicons) check(from string, def *lexDef, path string, v any) []string {
	bad := func(format string, a ...any) []string { return []string{path + ": " + fmt.Sprintf(format, a...)} }
	switch def.Type {
	case "object", "params":
		return l.checkObject(from, def, path, v)
	case "record":
		return l.checkObject(from, def.Record, path, v)
	case "array":
		items, ok := v.([]any)
		if !ok {
			return bad("want an array, got %T", v)
		}
		if def.MaxLength != nil && len(items) > *def.MaxLength {
			return bad("%d elements, at most %d", len(items), *def.MaxLength)
		}
		var out []string
		for i, x := range items {
			out = append(out, l.check(from, def.Items, fmt.Sprintf("%s[%d]", path, i), x)...)
		}
		return out
	case "ref":
		nsid, target := l.find(from, def.Ref)
		if target == nil {
			return bad("no definition %s", def.Ref)
		}
		return l.check(nsid, target, path, v)
	case "union":
		return l.checkUnion(from, def, path, v)
	case "string":
		return checkString(def, path, v)
	case "integer":
		n, ok := v.(json.Number)
		i, err := n.Int64()
		if !ok || err != nil || def.Minimum != nil && i < *def.Minimum || def.Maximum != nil && i > *def.Maximum {
			return bad("%v is no integer in range", v)
		}
	case "boolean":
		if b, ok := v.(bool); !ok || def.Const != nil && def.Const != b {
			return bad("%v is no such boolean", v)
		}
	case "blob":
		return checkBlobDef(def, path, v)
	case "unknown", "bytes", "cid-link", "token":
	default:
		return bad("the test does not know type %q", def.Type)
	}
	return nil
}

func (l lexicons) checkObject(from string, def *lexDef, path string, v any) []string {
	o, ok := v.(map[string]any)
	if !ok {
		return []string{fmt.Sprintf("%s: want an object, got %T", path, v)}
	}
	var out []string
	for _, k := range def.Required {
		if _, ok := o[k]; !ok {
			out = append(out, path+": "+k+" is missing")
		}
	}
	for k, x := range o {
		p, known := def.Properties[k]
		switch {
		case k == "$type":
		case !known:
			out = append(out, path+": "+k+" is not in the lexicon")
		case x == nil && slices.Contains(def.Nullable, k):
		case x == nil:
			out = append(out, path+"."+k+": null")
		default:
			out = append(out, l.check(from, p, path+"."+k, x)...)
		}
	}
	return out
}

func (l lexicons) checkUnion(from string, def *lexDef, path string, v any) []string {
	o, ok := v.(map[string]any)
	t, typed := o["$type"].(string)
	if !ok || !typed {
		return []string{path + ": a union needs an object with $type"}
	}
	for _, ref := range def.Refs {
		nsid, target := l.find(from, ref)
		full := ref
		if strings.HasPrefix(ref, "#") {
			full = from + ref
		}
		if strings.TrimSuffix(full, "#main") == t && target != nil {
			return l.check(nsid, target, path, v)
		}
	}
	return []string{path + ": $type " + t + " is not one of the union's"}
}

var formats = map[string]*regexp.Regexp{
	"at-uri":     regexp.MustCompile(`^at://[^/]+(/[a-zA-Z0-9.-]+(/[a-zA-Z0-9._:~-]+)?)?$`),
	"did":        regexp.MustCompile(`^did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]$`),
	"handle":     regexp.MustCompile(`^([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$`),
	"cid":        regexp.MustCompile(`^b[a-z2-7]{50,}$`),
	"nsid":       regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9-]*(\.[a-zA-Z0-9-]+)+$`),
	"tid":        regexp.MustCompile(`^[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}$`),
	"record-key": regexp.MustCompile(`^[a-zA-Z0-9._:~-]{1,512}$`),
	"uri":        regexp.MustCompile(`^[a-z]+:.+`),
	"language":   regexp.MustCompile(`^[a-zA-Z]{2,3}(-[a-zA-Z0-9]+)*$`),
}

func checkString(def *lexDef, path string, v any) []string {
	s, ok := v.(string)
	bad := func(what string) []string { return []string{fmt.Sprintf("%s: %.80q %s", path, v, what)} }
	switch {
	case !ok || !utf8.ValidString(s):
		return bad("is no string")
	case def.MaxLength != nil && len(s) > *def.MaxLength:
		return bad("is too long")
	case def.MaxGraphemes != nil && textx.Graphemes(s) > *def.MaxGraphemes:
		return bad("has too many graphemes")
	case len(def.Enum) > 0 && !slices.Contains(def.Enum, v):
		return bad("is not in the enumeration")
	case def.Format == "datetime":
		if _, err := time.Parse(time.RFC3339Nano, s); err != nil {
			return bad("is no datetime")
		}
	case def.Format == "at-identifier":
		if !formats["did"].MatchString(s) && !formats["handle"].MatchString(s) {
			return bad("is neither DID nor handle")
		}
	case def.Format != "":
		if re, ok := formats[def.Format]; !ok || !re.MatchString(s) {
			return bad("is no " + def.Format)
		}
	}
	return nil
}

func checkBlobDef(def *lexDef, path string, v any) []string {
	raw, err := json.Marshal(v)
	var b struct {
		Type string `json:"$type"`
		Ref  struct {
			Link string `json:"$link"`
		}
		MimeType string
		Size     int64
	}
	if err != nil || json.Unmarshal(raw, &b) != nil || b.Type != "blob" || !formats["cid"].MatchString(b.Ref.Link) {
		return []string{path + ": no blob"}
	}
	fits := len(def.Accept) == 0 || slices.ContainsFunc(def.Accept, func(a string) bool {
		return a == b.MimeType || a == "*/*" || strings.HasSuffix(a, "/*") && strings.HasPrefix(b.MimeType, strings.TrimSuffix(a, "*"))
	})
	if !fits || def.MaxSize != nil && b.Size > *def.MaxSize {
		return []string{fmt.Sprintf("%s: a blob of %d bytes of %s", path, b.Size, b.MimeType)}
	}
	return nil
}

// checkParams checks a query string.
func (l lexicons) checkParams(nsid string, def *lexDef, q url.Values) []string {
	o := make(map[string]any)
	var props map[string]*lexDef
	if def != nil {
		props = def.Properties
	} else {
		def = &lexDef{Type: "params"}
	}
	for k, values := range q {
		p := props[k]
		one := func(s string) any {
			kind := ""
			if p != nil {
				if kind = p.Type; kind == "array" {
					kind = p.Items.Type
				}
			}
			switch kind {
			case "integer":
				return json.Number(s)
			case "boolean":
				b, _ := strconv.ParseBool(s)
				return b
			}
			return s
		}
		if p != nil && p.Type == "array" {
			var list []any
			for _, v := range values {
				list = append(list, one(v))
			}
			o[k] = list
			continue
		}
		o[k] = one(values[0])
	}
	return l.checkObject(nsid, def, nsid+" parameters", o)
}
