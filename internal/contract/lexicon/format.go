package lexicon

import (
	"encoding/base32"
	"regexp"
	"strings"
	"time"
)

// formats are the string formats of the language, by name
// (https://atproto.com/specs/lexicon#string-formats and the specification that
// each links to, read August 2026).
var formats = map[string]func(string) bool{
	"at-identifier": func(s string) bool { return isDID(s) || isHandle(s) },
	"at-uri":        isATURI,
	"cid":           isCID,
	"datetime":      isDatetime,
	"did":           isDID,
	"handle":        isHandle,
	"language":      isLanguage,
	"nsid":          isNSID,
	"record-key":    isRecordKey,
	"tid":           tidPattern.MatchString,
	"uri":           func(s string) bool { return len(s) <= 8192 && uriPattern.MatchString(s) },
}

var (
	didPattern    = regexp.MustCompile(`^did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]$`)
	handlePattern = regexp.MustCompile(`^([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$`)
	nsidPattern   = regexp.MustCompile(`^[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)+\.[a-zA-Z][a-zA-Z0-9]{0,62}$`)
	keyPattern    = regexp.MustCompile(`^[a-zA-Z0-9_~.:-]{1,512}$`)
	tidPattern    = regexp.MustCompile(`^[234567a-j][234567a-z]{12}$`)
	uriPattern    = regexp.MustCompile(`^[a-z][a-z0-9+.-]{0,80}:[\x21-\x7e\x{80}-\x{10ffff}]+$`)
)

func isDID(s string) bool { return len(s) <= 2048 && didPattern.MatchString(s) }

func isHandle(s string) bool { return len(s) <= 253 && handlePattern.MatchString(s) }

func isNSID(s string) bool { return len(s) <= 317 && nsidPattern.MatchString(s) }

func isRecordKey(s string) bool { return keyPattern.MatchString(s) && s != "." && s != ".." }

// isATURI accepts the restricted form that lexicons use: an authority, then a
// collection, then a record key, each optional after the one before.
func isATURI(s string) bool {
	rest, ok := strings.CutPrefix(s, "at://")
	if !ok || len(s) > 8192 {
		return false
	}
	parts := strings.Split(rest, "/")
	switch {
	case len(parts) > 3, !isDID(parts[0]) && !isHandle(parts[0]):
		return false
	case len(parts) > 1 && !isNSID(parts[1]):
		return false
	case len(parts) > 2 && !isRecordKey(parts[2]):
		return false
	}
	return true
}

// isCID accepts the form that the data model blesses: version 1 in base32,
// DAG-CBOR or raw, SHA-256 with its 32 bytes.
func isCID(s string) bool {
	digits, ok := strings.CutPrefix(s, "b")
	if !ok || digits != strings.ToLower(digits) {
		return false
	}
	b, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(digits))
	return err == nil && len(b) == 4+32 && b[0] == 1 && (b[1] == 0x71 || b[1] == 0x55) && b[2] == 0x12 && b[3] == 32
}

// datetimePattern is the common part of RFC 3339, ISO 8601 and the WHATWG form:
// capital T and Z, seconds, a zone.
var datetimePattern = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,20})?(Z|[+-]\d\d:\d\d)$`)

func isDatetime(s string) bool {
	if len(s) > 64 || !datetimePattern.MatchString(s) || strings.HasSuffix(s, "-00:00") || strings.HasPrefix(s, "000") {
		return false
	}
	t, err := time.Parse(time.RFC3339Nano, trimFraction(s))
	return err == nil && t.UTC().Year() >= 1 // the zone must not lead out of the calendar
}

// trimFraction shortens a fraction to what package time reads.
func trimFraction(s string) string {
	dot := strings.IndexByte(s, '.')
	if dot < 0 {
		return s
	}
	end := dot + 1
	for end < len(s) && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	return s[:min(end, dot+10)] + s[end:]
}

// languagePattern is a well-formed tag of RFC 5646, section 2.1, whose language
// is in lower case and registered: none of four letters or more is.
var languagePattern = regexp.MustCompile(`^(` +
	`[a-z]{2,3}(?i:(-[a-z]{3}){0,3}` + // language, extended language
	`(-[a-z]{4})?(-([a-z]{2}|\d{3}))?` + // script, region
	`(-([a-z0-9]{5,8}|\d[a-z0-9]{3}))*` + // variants
	`(-[0-9a-wy-z](-[a-z0-9]{2,8})+)*` + // extensions
	`(-x(-[a-z0-9]{1,8})+)?)` + // private use
	`|(?i:x(-[a-z0-9]{1,8})+))$`)

// grandfathered are the tags of RFC 5646 that follow no rule.
var grandfathered = map[string]bool{
	"en-gb-oed": true, "i-ami": true, "i-bnn": true, "i-default": true, "i-enochian": true, "i-hak": true, "i-klingon": true,
	"i-lux": true, "i-mingo": true, "i-navajo": true, "i-pwn": true, "i-tao": true, "i-tay": true, "i-tsu": true,
	"sgn-be-fr": true, "sgn-be-nl": true, "sgn-ch-de": true,
	"art-lojban": true, "cel-gaulish": true, "no-bok": true, "no-nyn": true, "zh-guoyu": true, "zh-hakka": true,
	"zh-min": true, "zh-min-nan": true, "zh-xiang": true,
}

func isLanguage(s string) bool {
	lower := strings.ToLower(s)
	return len(s) <= 128 && (grandfathered[lower] || languagePattern.MatchString(s) && !repeats(lower))
}

// repeats reports whether a variant or an extension stands twice in a tag, which
// RFC 5646, section 2.2.9, forbids. What follows "x" is private.
func repeats(tag string) bool {
	seen := make(map[string]bool)
	extension := false
	for i, part := range strings.Split(tag, "-") {
		single := len(part) == 1
		switch {
		case part == "x":
			return false
		case single:
			extension = true
		}
		if single || i > 0 && !extension && len(part) > 3 {
			if seen[part] {
				return true
			}
			seen[part] = true
		}
	}
	return false
}
