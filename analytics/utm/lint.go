package utm

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/smmkit/smmkit/smm"
)

// The codes of findings. Path is the parameter; Args has "value" and what else
// the code needs. Fix, where there is one, replaces the value.
const (
	CodeAddress   = "utm.address"       // not an address that can be tagged
	CodeRequired  = "utm.required"      // the parameter must be there
	CodeCase      = "utm.case"          // upper case where lower case is the rule
	CodeSeparator = "utm.separator"     // blanks or another separator than the rule's
	CodeAllowed   = "utm.allowed"       // not one of the allowed values
	CodeLength    = "utm.length"        // longer than allowed
	CodePersonal  = "utm.personal-data" // an e-mail address or telephone number
	CodeNoRule    = "utm.no-rule"       // the convention has no rule for the parameter
	CodeForm      = "utm.form"          // not of the form of the template
	CodeRepeated  = "utm.repeated"      // the parameter is there more than once
	CodeUnknown   = "utm.unknown"       // begins like a tag and is none
	CodeFragment  = "utm.fragment"      // tags after the "#"
	CodeCollision = "utm.collision"     // two spellings of one value
)

// Lint returns what is wrong with the tags of an address. An address without
// any tag is linted like others: what is required is missing.
func (b *Book) Lint(address string) smm.Findings {
	a, err := Parse(address)
	if err != nil {
		return smm.Findings{{Code: CodeAddress, Severity: smm.SeverityError, Message: err.Error()}}
	}
	out := b.LintTags(a.Tags)
	for _, p := range slices.Compact(slices.Sorted(slices.Values(a.Repeated))) {
		out = append(out, finding(CodeRepeated, smm.SeverityError, string(p), "", "%s is there more than once, and tools differ in which they take", p))
	}
	for _, name := range a.Unknown {
		f := finding(CodeUnknown, smm.SeverityError, name, "", "%s is not a parameter that analytics tools read", name)
		if p, known, _ := classify(strings.ToLower(name)); known {
			f.Args["meant"] = string(p)
			f.Message += ", " + string(p) + " is"
		}
		out = append(out, f)
	}
	if a.InFragment {
		out = append(out, finding(CodeFragment, smm.SeverityWarning, "", "", "there are tags after the \"#\", where most tools do not look"))
	}
	return append(out, personalInQuery(a)...)
}

// personalInQuery looks at the parameters that are not tags: web analytics
// stores the whole address.
func personalInQuery(a *Address) smm.Findings {
	var out smm.Findings
	for _, pair := range a.pairs {
		name, value := split(pair)
		if _, known, _ := classify(name); known {
			continue
		}
		if what := personal(value); what != "" {
			out = append(out, finding(CodePersonal, smm.SeverityError, name, "", "%s contains %s, which web analytics would store", name, what))
		}
	}
	return out
}

// LintTags returns what is wrong with tags, in the order of Params.
func (b *Book) LintTags(t Tags) smm.Findings {
	var out smm.Findings
	for _, p := range params {
		v := t.Get(p)
		r, ok := b.rules[p]
		switch what := personal(v); {
		case v == "" && r.Required:
			out = append(out, finding(CodeRequired, smm.SeverityError, string(p), "", "%s is required", p))
		case v == "":
		case what != "":
			// Nothing else is said about it, and the value is not repeated:
			// findings are stored and shown too.
			out = append(out, finding(CodePersonal, smm.SeverityError, string(p), "",
				"%s contains %s: tags are public and are stored by web analytics", p, what))
		case !ok:
			out = append(out, finding(CodeNoRule, smm.SeverityWarning, string(p), v, "the convention has no rule for %s", p))
		default:
			out = append(out, b.lintValue(r, v)...)
		}
	}
	return out
}

func (b *Book) lintValue(r Rule, v string) smm.Findings {
	var out smm.Findings
	want := r.normalize(v)
	add := func(code, format string, args ...any) *smm.Finding {
		f := finding(code, smm.SeverityError, string(r.Param), v, format, args...)
		if want != v && want != "" {
			f.Fix = &smm.Fix{Replacement: want}
		}
		out = append(out, f)
		return &out[len(out)-1]
	}
	if !r.AnyCase && strings.ToLower(v) != v {
		add(CodeCase, "%s %q has upper case: analytics tools would count it apart from %q", r.Param, v, strings.ToLower(v))
	}
	caseless := r
	caseless.AnyCase = true
	if caseless.normalize(v) != v {
		add(CodeSeparator, "%s %q should be written %q", r.Param, v, want)
	}
	if n := utf8.RuneCountInString(v); n > r.MaxLength {
		f := add(CodeLength, "%s has %d characters, %d are allowed", r.Param, n, r.MaxLength)
		f.Args["max"] = strconv.Itoa(r.MaxLength)
		f.Fix = nil // cutting a name off may make it equal to another
	}
	if len(r.Allowed) > 0 && !slices.Contains(r.Allowed, v) {
		f := add(CodeAllowed, "%s is %q; allowed are %s", r.Param, v, strings.Join(r.Allowed, ", "))
		f.Args["allowed"] = strings.Join(r.Allowed, " ")
		if !slices.Contains(r.Allowed, want) {
			f.Fix = nil
		}
	} else if t := b.templates[r.Param]; len(out) == 0 && len(r.Allowed) == 0 && t.source != "" {
		if _, ok := t.Match(v); !ok {
			f := finding(CodeForm, smm.SeverityWarning, string(r.Param), v, "%s %q does not have the form %s, so it cannot be read back", r.Param, v, t.source)
			out = append(out, f)
		}
	}
	return out
}

func finding(code string, s smm.Severity, path, value, format string, args ...any) smm.Finding {
	f := smm.Finding{Code: code, Severity: s, Path: path, Args: map[string]string{}, Message: fmt.Sprintf(format, args...)}
	if value != "" {
		f.Args["value"] = value
	}
	return f
}

var (
	email     = regexp.MustCompile(`[\pL\pN._%+\-]+@[\pL\pN\-]+(\.[\pL\pN\-]+)+`)
	telephone = regexp.MustCompile(`\+\(?\d[\d ()./\-]{7,18}\d`)
)

// personal names the personal data in v, also where it was encoded more than
// once, or returns "".
func personal(v string) string {
	for range 3 {
		switch {
		case email.MatchString(v):
			return "an e-mail address"
		case len(digits(telephone.FindString(v))) >= 9:
			return "a telephone number"
		}
		next, err := url.PathUnescape(v) // "+" stays, being a sign here
		if err != nil || next == v {
			return ""
		}
		v = next
	}
	return ""
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
}

// Collisions returns one finding for each set of values of one parameter that
// the convention spells alike although they are written differently, such as
// the campaigns "Spring Sale" and "spring-sale": web analytics counts them
// apart. Args has the "values", one a line, and "normal". The order is that of
// Params and of the normal spelling.
func (b *Book) Collisions(tags []Tags) smm.Findings {
	var out smm.Findings
	for _, p := range params {
		r, ok := b.rules[p]
		if !ok {
			continue
		}
		r.AnyCase = false // two campaigns that differ in case alone are one to a reader
		spelt := map[string]map[string]bool{}
		for _, t := range tags {
			v := t.Get(p)
			if v == "" {
				continue
			}
			n := r.normalize(v)
			if spelt[n] == nil {
				spelt[n] = map[string]bool{}
			}
			spelt[n][v] = true
		}
		for _, n := range slices.Sorted(maps.Keys(spelt)) {
			if len(spelt[n]) < 2 {
				continue
			}
			values := slices.Sorted(maps.Keys(spelt[n]))
			f := finding(CodeCollision, smm.SeverityError, string(p), "", "%s: %q are one value, %q, and would be counted apart", p, values, n)
			f.Args["values"], f.Args["normal"] = strings.Join(values, "\n"), n
			f.Fix = &smm.Fix{Replacement: n}
			out = append(out, f)
		}
	}
	return out
}
