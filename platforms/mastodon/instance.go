package mastodon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// InstanceInfo is what a server says about itself: the instance document of
// version 2 or, where there is none, of version 1, with the fields that
// compatible servers use instead.
// https://docs.joinmastodon.org/entities/Instance/ (read August 2026).
type InstanceInfo struct {
	Domain        Text          `json:"domain"`
	URI           Text          `json:"uri"` // version 1
	Title         Text          `json:"title"`
	Version       Text          `json:"version"` // compatible servers write "2.7.2 (compatible; Akkoma 3.15.2)"
	Configuration Configuration `json:"configuration"`
	APIVersions   struct {
		Mastodon Count `json:"mastodon"`
	} `json:"api_versions"`
	URLs struct {
		StreamingAPI Text `json:"streaming_api"`
	} `json:"urls"` // version 1
	Rules List[Rule] `json:"rules"`

	// Of Pleroma, Akkoma and others.
	MaxTootChars        Count `json:"max_toot_chars"`
	MaxMediaAttachments Count `json:"max_media_attachments"`
	UploadLimit         Count `json:"upload_limit"`
	DescriptionLimit    Count `json:"description_limit"`
	PollLimits          struct {
		MaxOptions     Count `json:"max_options"`
		MaxOptionChars Count `json:"max_option_chars"`
		MinExpiration  Count `json:"min_expiration"`
		MaxExpiration  Count `json:"max_expiration"`
	} `json:"poll_limits"`

	// NodeInfo is what nodeinfo says, zero if the server has none.
	NodeInfo NodeInfo `json:"-"`
	// Raw is the object as it came, for fields that this type lacks.
	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (in *InstanceInfo) UnmarshalJSON(b []byte) (err error) {
	type plain InstanceInfo
	in.Raw, err = object(b, (*plain)(in))
	return err
}

// Configuration holds the limits of a server.
type Configuration struct {
	URLs struct {
		Streaming Text `json:"streaming"`
	} `json:"urls"`
	Statuses struct {
		MaxCharacters            Count `json:"max_characters"`
		MaxMediaAttachments      Count `json:"max_media_attachments"`
		CharactersReservedPerURL Count `json:"characters_reserved_per_url"`
	} `json:"statuses"`
	MediaAttachments struct {
		SupportedMimeTypes List[Text] `json:"supported_mime_types"`
		DescriptionLimit   Count      `json:"description_limit"`
		ImageSizeLimit     Count      `json:"image_size_limit"`
		ImageMatrixLimit   Count      `json:"image_matrix_limit"`
		VideoSizeLimit     Count      `json:"video_size_limit"`
		VideoMatrixLimit   Count      `json:"video_matrix_limit"`
		VideoFrameLimit    Count      `json:"video_frame_rate_limit"`
	} `json:"media_attachments"`
	Polls struct {
		MaxOptions             Count `json:"max_options"`
		MaxCharactersPerOption Count `json:"max_characters_per_option"`
		MinExpiration          Count `json:"min_expiration"`
		MaxExpiration          Count `json:"max_expiration"`
	} `json:"polls"`
}

// Rule is a rule of the server, which a report may name.
type Rule struct {
	ID   ID   `json:"id"`
	Text Text `json:"text"`
}

// NodeInfo names the software of a server.
// https://nodeinfo.diaspora.software/schema.html (read August 2026).
type NodeInfo struct {
	Name    string // lower case: "mastodon", "gotosocial"
	Version string
}

// Software is the name of a server's software as nodeinfo gives it.
type Software string

// The software whose ways this package knows. Others are treated as if they
// followed Mastodon's documentation but promised nothing beyond it.
const (
	SoftwareMastodon Software = "mastodon"
	GoToSocial       Software = "gotosocial"
	Akkoma           Software = "akkoma"
	Pleroma          Software = "pleroma"
	Pixelfed         Software = "pixelfed"
)

// Software returns the software by nodeinfo or, without that, by the version
// text in which compatible servers name themselves; "" if neither tells. A
// plain version does not prove Mastodon, since GoToSocial writes one too.
func (in *InstanceInfo) Software() Software {
	if in.NodeInfo.Name != "" {
		return Software(in.NodeInfo.Name)
	}
	v := strings.ToLower(string(in.Version))
	if _, rest, found := strings.Cut(v, "(compatible; "); found {
		name, _, _ := strings.Cut(rest, " ")
		return Software(strings.TrimRight(name, ")"))
	}
	return ""
}

// HonoursKeys reports whether the server is known to recognise a repeated
// Idempotency-Key. Only Mastodon documents that; GoToSocial takes the header
// and does nothing with it, and of the others it is not known well enough to
// rest a promise on.
func (in *InstanceInfo) HonoursKeys() bool { return Software(in.NodeInfo.Name) == SoftwareMastodon }

// API returns api_versions.mastodon, 0 if the server does not say.
func (in *InstanceInfo) API() int {
	if n := in.APIVersions.Mastodon; n.Known && n.Value < 1<<20 {
		return int(n.Value)
	}
	return 0
}

// StreamingURL returns the base of the streaming methods with an http scheme:
// what the document announces, else the server itself.
func (in *InstanceInfo) StreamingURL(server string) string {
	s := string(in.Configuration.URLs.Streaming)
	if s == "" {
		s = string(in.URLs.StreamingAPI)
	}
	if rest, isWS := strings.CutPrefix(s, "ws"); isWS {
		s = "http" + rest // ws: is http:, wss: is https:
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return server
	}
	return strings.TrimRight(u.Scheme+"://"+u.Host+u.Path, "/")
}

// InstanceService asks a server about itself. No token is needed.
type InstanceService struct{ c *Client }

// Get reads the instance document, of version 2 or else 1, and nodeinfo. A
// server without nodeinfo is no error.
func (s *InstanceService) Get(ctx context.Context) (*InstanceInfo, error) {
	var in InstanceInfo
	resp, err := s.c.get(ctx, "instance.get", "api/v2/instance", nil)
	if missing(err) {
		resp, err = s.c.get(ctx, "instance.get-v1", "api/v1/instance", nil)
	}
	if err != nil {
		return nil, err
	}
	if err := resp.JSON(&in); err != nil {
		return nil, err
	}
	if in.Version == "" {
		// Every server has one. Without it a server that can do something would be
		// taken for one that is too old for it.
		return nil, &smm.Error{
			Op: "instance.get", Platform: Platform, Status: resp.Status, RequestID: resp.RequestID,
			Err: fmt.Errorf("%w: unreadable answer: an instance without a version", smm.ErrUnavailable),
		}
	}
	node, err := s.NodeInfo(ctx)
	if err != nil && !missing(err) {
		return &in, err
	}
	in.NodeInfo = node
	return &in, nil
}

// missing reports whether the server does not have a method, in whatever form
// it says so.
func missing(err error) bool {
	if errors.Is(err, smm.ErrNotFound) || errors.Is(err, smm.ErrUnsupported) {
		return true
	}
	e, ok := errors.AsType[*smm.Error](err)
	return ok && e.Status == http.StatusNotFound
}

// NodeInfo asks which software runs there. Links that lead to another host are
// not followed: what another host says proves nothing about this one.
func (s *InstanceService) NodeInfo(ctx context.Context) (NodeInfo, error) {
	root := s.c.server.Scheme + "://" + s.c.server.Host
	resp, err := s.public(ctx, "nodeinfo.links", root+"/.well-known/nodeinfo")
	if err != nil {
		return NodeInfo{}, err
	}
	var doc struct {
		Links List[struct {
			Rel  Text `json:"rel"`
			Href Text `json:"href"`
		}] `json:"links"`
	}
	if err := resp.JSON(&doc); err != nil {
		return NodeInfo{}, err
	}
	for _, l := range doc.Links {
		ref, err := url.Parse(string(l.Href))
		if err != nil || !strings.Contains(string(l.Rel), "nodeinfo.diaspora.software/ns/schema/") {
			continue
		}
		at := s.c.server.ResolveReference(ref)
		if !strings.EqualFold(at.Host, s.c.server.Host) {
			continue
		}
		resp, err := s.public(ctx, "nodeinfo.get", root+at.EscapedPath())
		if err != nil {
			return NodeInfo{}, err
		}
		var info struct {
			Software struct {
				Name    Text `json:"name"`
				Version Text `json:"version"`
			} `json:"software"`
		}
		if err := resp.JSON(&info); err != nil {
			return NodeInfo{}, err
		}
		return NodeInfo{Name: strings.ToLower(string(info.Software.Name)), Version: string(info.Software.Version)}, nil
	}
	return NodeInfo{}, &smm.Error{Op: "nodeinfo.links", Platform: Platform, Status: http.StatusOK, Err: smm.ErrNotFound}
}

// public reads without a token: these documents belong to everybody.
func (s *InstanceService) public(ctx context.Context, op, address string) (*httpx.Response, error) {
	return s.c.http.Read(ctx, &httpx.Request{Op: op, URL: address, Auth: httpx.Anonymous(), Charges: s.c.charges(ctx, budgetReads)})
}
