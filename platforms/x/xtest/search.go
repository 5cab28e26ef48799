package xtest

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// matcher decides whether a search finds a post.
type matcher func(*post) bool

// parser reads the query language of search: words, "phrases", operators with a
// colon, negation with a minus, OR, and parentheses. AND binds closer than OR.
type parser struct {
	terms []string
	at    int
}

func parseQuery(q string) (matcher, error) {
	terms, err := split(q)
	if err != nil {
		return nil, err
	}
	p := &parser{terms: terms}
	m, err := p.either()
	if err != nil {
		return nil, err
	}
	if p.at < len(p.terms) {
		return nil, fmt.Errorf("no viable alternative at input '%s'", p.terms[p.at])
	}
	return m, nil
}

// split cuts a query into terms; parentheses are terms of their own.
func split(q string) (out []string, err error) {
	var b strings.Builder
	quoted := false
	flush := func() {
		if b.Len() > 0 {
			out = append(out, b.String())
			b.Reset()
		}
	}
	for _, r := range q {
		switch {
		case r == '"':
			quoted = !quoted
			b.WriteRune(r)
		case quoted:
			b.WriteRune(r)
		case unicode.IsSpace(r):
			flush()
		case r == '(' || r == ')':
			if r == '(' && b.String() == "-" {
				b.Reset()
				out = append(out, "-(")
				continue
			}
			flush()
			out = append(out, string(r))
		default:
			b.WriteRune(r)
		}
	}
	if quoted {
		return nil, fmt.Errorf("missing closing quote in '%s'", q)
	}
	flush()
	return out, nil
}

func (p *parser) peek() string {
	if p.at < len(p.terms) {
		return p.terms[p.at]
	}
	return ""
}

func (p *parser) either() (matcher, error) {
	m, err := p.all()
	if err != nil {
		return nil, err
	}
	for p.peek() == "OR" {
		p.at++
		other, err := p.all()
		if err != nil {
			return nil, err
		}
		left := m
		m = func(x *post) bool { return left(x) || other(x) }
	}
	return m, nil
}

func (p *parser) all() (matcher, error) {
	var list []matcher
	for {
		t := p.peek()
		if t == "" || t == ")" || t == "OR" {
			break
		}
		m, err := p.one()
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("no viable alternative at input '%s'", p.peek())
	}
	return func(x *post) bool {
		return !slices.ContainsFunc(list, func(m matcher) bool { return !m(x) })
	}, nil
}

func (p *parser) one() (matcher, error) {
	t := p.peek()
	p.at++
	if t == "(" || t == "-(" {
		m, err := p.either()
		if err != nil {
			return nil, err
		}
		if p.peek() != ")" {
			return nil, fmt.Errorf("missing ')' after '%s'", t)
		}
		p.at++
		if t == "-(" {
			return not(m), nil
		}
		return m, nil
	}
	if rest, negated := strings.CutPrefix(t, "-"); negated && rest != "" {
		m, err := term(rest)
		if err != nil {
			return nil, err
		}
		return not(m), nil
	}
	return term(t)
}

func not(m matcher) matcher { return func(p *post) bool { return !m(p) } }

// term is a word, a phrase, or an operator.
func term(t string) (matcher, error) {
	if quoted := strings.Trim(t, `"`); quoted != t {
		return func(p *post) bool { return strings.Contains(lower(p.asked), lower(quoted)) }, nil
	}
	op, value, isOperator := strings.Cut(t, ":")
	if !isOperator {
		return word(t), nil
	}
	if value == "" {
		return nil, fmt.Errorf("operator '%s' needs a value", op)
	}
	byName := func(of func(*post) *user) matcher {
		return func(p *post) bool {
			u := of(p)
			return u != nil && (lower(u.name) == lower(strings.TrimPrefix(value, "@")) || u.id == value)
		}
	}
	switch op {
	case "conversation_id":
		return func(p *post) bool { return p.conversation().id == value }, nil
	case "in_reply_to_tweet_id":
		return func(p *post) bool { return p.replyTo != nil && p.replyTo.id == value }, nil
	case "quotes_of_tweet_id":
		return func(p *post) bool { return p.quote != nil && p.quote.id == value }, nil
	case "from":
		return byName(func(p *post) *user { return p.author }), nil
	case "to":
		return byName(func(p *post) *user {
			if p.replyTo == nil {
				return nil
			}
			return p.replyTo.author
		}), nil
	case "url":
		return func(p *post) bool {
			return slices.ContainsFunc(p.entities, func(e entity) bool { return strings.Contains(lower(e.expanded), lower(value)) })
		}, nil
	case "lang":
		return func(*post) bool { return value == "en" }, nil
	case "is", "has":
		return trait(op, value)
	}
	return nil, fmt.Errorf("reference to invalid operator '%s'", op)
}

func trait(op, value string) (matcher, error) {
	switch op + ":" + value {
	case "is:reply":
		return func(p *post) bool { return p.replyTo != nil }, nil
	case "is:quote":
		return func(p *post) bool { return p.quote != nil }, nil
	case "is:retweet":
		return func(p *post) bool { return p.repostOf != nil }, nil
	case "is:verified":
		return func(p *post) bool { return p.author.premium }, nil
	case "has:links":
		return func(p *post) bool { return p.links > 0 }, nil
	case "has:media":
		return func(p *post) bool { return len(p.media) > 0 }, nil
	case "has:mentions":
		return func(p *post) bool { return len(p.mentions) > 0 }, nil
	}
	return nil, fmt.Errorf("reference to invalid value '%s' for operator '%s'", value, op)
}

// word matches whole words, whatever their case; with #, @ or $ in front, what
// carries that sign.
func word(t string) matcher {
	want := lower(t)
	return func(p *post) bool {
		return slices.Contains(strings.FieldsFunc(lower(p.asked), func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) && r != '_' && r != '#' && r != '@' && r != '$'
		}), want) || want[0] == '@' && slices.ContainsFunc(p.mentions, func(u *user) bool { return "@"+lower(u.name) == want })
	}
}
