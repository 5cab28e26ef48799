package link

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/smmkit/smmkit/moderation"
	"github.com/smmkit/smmkit/smm"
)

// Config says what links may be. The zero Config finds nothing but links that
// deceive.
type Config struct {
	Deny  []string `json:"deny,omitempty"`  // domains
	Allow []string `json:"allow,omitempty"` // domains; a link into one of them is never a finding of its own
	// Shorteners are domains that hide where a link leads; nil for a built-in
	// list, empty for none.
	Shorteners []string `json:"shorteners,omitempty"`
	Max        int      `json:"max,omitempty"` // links in one message, 0 for any number

	DenyAction      moderation.Action `json:"deny_action,omitempty"`      // default hide
	ShortenerAction moderation.Action `json:"shortener_action,omitempty"` // default flag
	DeceiveAction   moderation.Action `json:"deceive_action,omitempty"`   // default hold: other target than shown, user before the host, mixed scripts, bare IP addresses
	MaxAction       moderation.Action `json:"max_action,omitempty"`       // default hold
	// OtherAction is for links that no list names; default allow.
	OtherAction moderation.Action `json:"other_action,omitempty"`
}

// DefaultShorteners returns the built-in list: services that shorten links for
// anybody. It is the library's own, as of 2026-11-22.
func DefaultShorteners() []string {
	return []string{
		"bit.ly", "tinyurl.com", "t.ly", "is.gd", "v.gd", "ow.ly", "buff.ly", "cutt.ly", "rebrand.ly", "shorturl.at", "goo.gl",
		"tiny.cc", "rb.gy", "s.id", "bl.ink", "short.io", "adf.ly", "shorte.st", "lnkd.in", "clck.ru",
	}
}

// Filter judges links. It is immutable and safe for concurrent use.
type Filter struct {
	lists   map[string]list // by domain
	max     int
	actions map[string]moderation.Action // by code
}

type list string

const (
	listDeny      list = "deny"
	listAllow     list = "allow"
	listShortener list = "shorteners"
)

// The codes of reasons.
const (
	codeDenied    = "link.denied"
	codeShortener = "link.shortener"
	codeOther     = "link.unlisted"
	codeTarget    = "link.other-target"
	codeUser      = "link.user-in-address"
	codeScripts   = "link.mixed-scripts"
	codeIP        = "link.ip-address"
	codeTooMany   = "link.too-many"
)

// New compiles a configuration. Everything that is wrong with it is reported at
// once, in an error that matches smm.ErrInvalid and names each entry.
func New(c Config) (*Filter, error) {
	f := &Filter{lists: make(map[string]list), max: c.Max, actions: make(map[string]moderation.Action)}
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%w: link: %s", smm.ErrInvalid, fmt.Sprintf(format, args...)))
	}
	add := func(l list, domains []string) {
		for i, d := range domains {
			if err := checkDomain(d); err != nil {
				bad("%s[%d] %q: %v", l, i, d, err)
				continue
			}
			d = canonical(d)
			if other, dup := f.lists[d]; dup && l != listShortener {
				bad("%s[%d] %q: it is in %s already", l, i, d, other)
				continue
			} else if !dup {
				f.lists[d] = l
			}
		}
	}
	add(listDeny, c.Deny)
	add(listAllow, c.Allow)
	if c.Shorteners == nil {
		c.Shorteners = DefaultShorteners()
	}
	add(listShortener, c.Shorteners)
	if c.Max < 0 {
		bad("max is %d: want 0 for any number, or more", c.Max)
	}
	action := func(name string, a, byDefault moderation.Action, codes ...string) {
		if !a.Valid() {
			bad("%s: unknown action %q", name, a)
		}
		if a == "" {
			a = byDefault
		}
		for _, code := range codes {
			f.actions[code] = a
		}
	}
	action("deny_action", c.DenyAction, moderation.ActionHide, codeDenied)
	action("shortener_action", c.ShortenerAction, moderation.ActionFlag, codeShortener)
	action("deceive_action", c.DeceiveAction, moderation.ActionHold, codeTarget, codeUser, codeScripts, codeIP)
	action("max_action", c.MaxAction, moderation.ActionHold, codeTooMany)
	action("other_action", c.OtherAction, moderation.ActionAllow, codeOther)
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return f, nil
}

// Filter implements moderation.Filter.
func (f *Filter) Filter(ctx context.Context, m *smm.Message) (moderation.Verdict, error) {
	v := moderation.Verdict{Action: moderation.ActionAllow}
	if err := ctx.Err(); err != nil {
		return v, err
	}
	links, rest := Links(m)
	for i := range links {
		f.judge(&v, &links[i])
	}
	if rest || f.max > 0 && len(links) > f.max {
		v.Add(moderation.Reason{
			Code: codeTooMany, Filter: "link", Action: f.actions[codeTooMany], Score: 0.5, Path: "text",
			Detail: strconv.Itoa(len(links)) + " links",
		})
	}
	return v, nil
}

func (f *Filter) judge(v *moderation.Verdict, l *Link) {
	entry, in := f.lookup(l.Host)
	add := func(code, pattern string, score float64, detail string) {
		v.Add(moderation.Reason{
			Code: code, Filter: "link", Action: f.actions[code], Pattern: pattern, Score: score, Path: "text",
			Span: &smm.Span{Start: l.Start, End: l.End}, Detail: detail,
		})
	}
	switch in {
	case listDeny:
		add(codeDenied, entry, 0.9, l.Host)
	case listShortener:
		add(codeShortener, entry, 0.3, l.Host)
	case listAllow:
	default:
		if f.actions[codeOther] != moderation.ActionAllow {
			add(codeOther, "", 0.3, l.Host)
		}
	}
	if shown := l.shownHost(); shown != "" && l.Host != "" && !within(shown, l.Host) && !within(l.Host, shown) {
		add(codeTarget, "", 0.8, shown+" is shown, "+l.Host+" is the target")
	}
	if l.user {
		add(codeUser, "", 0.8, l.Host)
	}
	if in == listAllow {
		return
	}
	if mixedScripts(l.Host) {
		add(codeScripts, "", 0.8, l.Host)
	}
	if l.Host != "" && isIP(l.Host) {
		add(codeIP, "", 0.6, l.Host)
	}
}

// lookup finds the most exact entry for a host.
func (f *Filter) lookup(host string) (entry string, in list) {
	for d := host; d != ""; {
		if l, ok := f.lists[d]; ok {
			return d, l
		}
		_, rest, ok := strings.Cut(d, ".")
		if !ok {
			break
		}
		d = rest
	}
	return "", ""
}
