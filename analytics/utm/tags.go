package utm

import "strings"

// Param is the name of a query parameter, as it stands in an address.
type Param string

// The parameters that Google Analytics reads. Source: Analytics Help, "URL
// builders: Collect campaign data with custom URLs".
const (
	Source          Param = "utm_source"           // who sends the visitor: "linkedin"
	Medium          Param = "utm_medium"           // the kind of channel: "social", "paid-social"
	Campaign        Param = "utm_campaign"         // the name of the campaign
	CampaignID      Param = "utm_id"               // its id, needed to join cost data
	Term            Param = "utm_term"             // the paid keyword
	Content         Param = "utm_content"          // tells two links of one campaign apart
	SourcePlatform  Param = "utm_source_platform"  // the tool that sent it
	CreativeFormat  Param = "utm_creative_format"  // the form of the advertisement
	MarketingTactic Param = "utm_marketing_tactic" // targeting criteria
)

// params is in the order in which tags are written.
var params = [...]Param{Source, Medium, Campaign, CampaignID, Term, Content, SourcePlatform, CreativeFormat, MarketingTactic}

// Params returns the known parameters in the order in which they are written.
func Params() []Param { return params[:len(params):len(params)] }

// Tags are the values of the parameters, not encoded. An empty value means that
// the parameter is not there. The zero Tags is an address without tags. Tags
// are comparable.
type Tags struct {
	Source          string `json:"source,omitempty"`
	Medium          string `json:"medium,omitempty"`
	Campaign        string `json:"campaign,omitempty"`
	CampaignID      string `json:"campaign_id,omitempty"`
	Term            string `json:"term,omitempty"`
	Content         string `json:"content,omitempty"`
	SourcePlatform  string `json:"source_platform,omitempty"`
	CreativeFormat  string `json:"creative_format,omitempty"`
	MarketingTactic string `json:"marketing_tactic,omitempty"`
}

// field returns where t keeps the value of p, or nil.
func field(t *Tags, p Param) *string {
	switch p {
	case Source:
		return &t.Source
	case Medium:
		return &t.Medium
	case Campaign:
		return &t.Campaign
	case CampaignID:
		return &t.CampaignID
	case Term:
		return &t.Term
	case Content:
		return &t.Content
	case SourcePlatform:
		return &t.SourcePlatform
	case CreativeFormat:
		return &t.CreativeFormat
	case MarketingTactic:
		return &t.MarketingTactic
	}
	return nil
}

// Get returns the value of p, and "" for a parameter that is absent or unknown.
func (t Tags) Get(p Param) string {
	if f := field(&t, p); f != nil {
		return *f
	}
	return ""
}

// With returns a copy in which p has the value v. A parameter that is not one of
// Params is left out.
func (t Tags) With(p Param, v string) Tags {
	if f := field(&t, p); f != nil {
		*f = v
	}
	return t
}

// IsZero reports whether no parameter has a value.
func (t Tags) IsZero() bool { return t == Tags{} }

// Encode returns the tags as a query without "?", in the order of Params, spaces
// as %20: "utm_source=x&utm_medium=social".
func (t Tags) Encode() string { return strings.Join(t.pairs(), "&") }

func (t Tags) pairs() []string {
	var out []string
	for _, p := range params {
		if v := t.Get(p); v != "" {
			out = append(out, string(p)+"="+escape(v))
		}
	}
	return out
}
