package utm

import (
	"slices"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

// Origin is what tags say about where a visit came from.
type Origin struct {
	// Platform is the social platform, "" if the source is none: neither in
	// Convention.Names nor Aliases nor a well-known one by its own name.
	Platform smm.Platform
	Group    Group
	Values   Values // what the templates of the convention could read back
	Tags     Tags   // as they were found
	// Unread are the parameters that have a value not of their template's form.
	Unread []Param
}

// Origin reads the tags of a landing address back. Errors are those of Parse;
// an address without tags is GroupDirect, which is all that an address alone can
// say.
func (b *Book) Origin(address string) (Origin, error) {
	a, err := Parse(address)
	if err != nil {
		return Origin{}, err
	}
	return b.OriginOf(a.Tags), nil
}

// OriginOf reads tags back, for rows of web analytics that have them in columns.
// The parameters are read in the order of Params; where two of them name the
// same value, the first counts. Upper case is accepted wherever the convention
// wants lower case. Google's "(not set)", "(none)", "(direct)" and "(other)" are
// no values.
func (b *Book) OriginOf(t Tags) Origin {
	o := Origin{Tags: t}
	for _, p := range params {
		r, ok := b.rules[p]
		v := t.Get(p)
		if !ok || v == "" || isPlaceholder(v) || !b.templates[p].asks() {
			continue
		}
		read, ok := b.templates[p].Match(r.normalize(v))
		if !ok {
			o.Unread = append(o.Unread, p)
			continue
		}
		read.Platform = b.known(string(read.Platform))
		o.Values = o.Values.Or(read)
	}
	o.Platform = o.Values.Platform
	if o.Platform == "" {
		o.Platform = b.known(t.Source)
	}
	o.Group = groupOf(t.Source, t.Medium, o.Platform != "")
	return o
}

// known is the platform that a source names, or "".
func (b *Book) known(source string) smm.Platform {
	s := strings.TrimPrefix(strings.ToLower(strings.TrimSpace(source)), "www.")
	if p, ok := b.platforms[s]; ok {
		return p
	}
	if slices.Contains(social[:], s) {
		return smm.Platform(s)
	}
	return ""
}

// social are the platforms whose own name is taken as a social source.
var social = [...]string{
	"bluesky", "discord", "facebook", "instagram", "linkedin", "mastodon", "pinterest", "reddit", "snapchat",
	"telegram", "threads", "tiktok", "whatsapp", "x", "youtube",
}

// Group is a kind of channel, as Google Analytics' default channel group names
// it.
type Group string

// The groups that tags alone can tell apart. Source: Analytics Help, "Default
// channel group", as far as its rules look at source and medium; Google's list
// of social and search sites is not public, so ours is the convention's.
const (
	GroupDirect        Group = "Direct"
	GroupPaidSocial    Group = "Paid Social"
	GroupOrganicSocial Group = "Organic Social"
	GroupPaidOther     Group = "Paid Other"
	GroupOrganicSearch Group = "Organic Search"
	GroupEmail         Group = "Email"
	GroupAffiliates    Group = "Affiliates"
	GroupReferral      Group = "Referral"
	GroupSMS           Group = "SMS"
	GroupDisplay       Group = "Display"
	GroupUnassigned    Group = "Unassigned"
)

// ParseGroup returns the group of a name that Google wrote, and false if it is
// none of ours.
func ParseGroup(s string) (Group, bool) {
	g := Group(s)
	return g, slices.Contains(groups[:], g)
}

var groups = [...]Group{
	GroupDirect, GroupPaidSocial, GroupOrganicSocial, GroupPaidOther, GroupOrganicSearch, GroupEmail, GroupAffiliates,
	GroupReferral, GroupSMS, GroupDisplay, GroupUnassigned,
}

// isPlaceholder reports whether Google wrote v where it had no value.
func isPlaceholder(v string) bool {
	return slices.Contains([]string{"(not set)", "(none)", "(direct)", "(other)", "(data not available)"}, v)
}

func groupOf(source, medium string, socialSource bool) Group {
	s, m := strings.ToLower(source), strings.ToLower(medium)
	paid := strings.Contains(m, "cp") || m == "ppc" || m == "retargeting" || strings.HasPrefix(m, "paid")
	in := func(v string, list ...string) bool { return slices.Contains(list, v) }
	switch {
	case (s == "" || s == "(direct)") && in(m, "", "(none)", "(not set)"):
		return GroupDirect
	case paid && (socialSource || strings.Contains(m, "social")):
		return GroupPaidSocial
	case in(m, "display", "banner", "expandable", "interstitial", "cpm"):
		return GroupDisplay
	case paid:
		return GroupPaidOther
	case socialSource || in(m, "social", "social-network", "social-media", "sm", "social network", "social media"):
		return GroupOrganicSocial
	case m == "organic":
		return GroupOrganicSearch
	case in(s, "email", "e-mail", "e_mail", "e mail") || in(m, "email", "e-mail", "e_mail", "e mail"):
		return GroupEmail
	case m == "affiliate":
		return GroupAffiliates
	case in(m, "referral", "app", "link"):
		return GroupReferral
	case s == "sms" || m == "sms":
		return GroupSMS
	}
	return GroupUnassigned
}
