package mastodontest

import (
	"fmt"
	"strings"
)

func (s *Server) nodeInfoLinks(*call) reply {
	if s.opts.NoNodeInfo {
		return notFound()
	}
	return ok(object{"links": []object{{"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": s.url + "/nodeinfo/2.0"}}})
}

func (s *Server) nodeInfo(*call) reply {
	if s.opts.NoNodeInfo {
		return notFound()
	}
	return ok(object{
		"version": "2.0", "software": object{"name": string(s.opts.Software), "version": s.opts.Version}, "protocols": []string{"activitypub"},
		"services": object{"outbound": []string{}, "inbound": []string{}}, "usage": object{"users": object{"total": len(s.sortedAccounts())}},
		"openRegistrations": false, "metadata": object{},
	})
}

// versionText is how the software writes its version in the instance document.
func (s *Server) versionText() string {
	switch s.opts.Software {
	case Akkoma:
		return fmt.Sprintf("2.7.2 (compatible; Akkoma %s)", s.opts.Version)
	case Pleroma:
		return fmt.Sprintf("2.7.2 (compatible; Pleroma %s)", s.opts.Version)
	case Pixelfed:
		return fmt.Sprintf("3.5.3 (compatible; Pixelfed %s)", s.opts.Version)
	}
	return s.opts.Version
}

func (s *Server) configuration() object {
	l := s.opts.Limits
	return object{
		"urls": object{
			"streaming": s.scheme(), "status": nil, "about": s.url + "/about", "privacy_policy": s.url + "/privacy-policy", "terms_of_service": nil,
		},
		"accounts": object{"max_featured_tags": 10, "max_pinned_statuses": 5},
		"statuses": object{
			"max_characters": l.Characters, "max_media_attachments": l.Media, "characters_reserved_per_url": l.URLLength,
		},
		"media_attachments": object{
			"supported_mime_types": []string{
				"image/jpeg", "image/png", "image/gif", "image/heic", "image/heif", "image/webp", "image/avif",
				"video/webm", "video/mp4", "video/quicktime", "video/ogg",
				"audio/wave", "audio/wav", "audio/x-wav", "audio/ogg", "audio/mpeg", "audio/mp3", "audio/webm", "audio/flac", "audio/aac", "audio/mp4",
			},
			"description_limit": l.Description, "image_size_limit": l.ImageBytes, "image_matrix_limit": 33177600,
			"video_size_limit": l.VideoBytes, "video_frame_rate_limit": 120, "video_matrix_limit": 8294400,
		},
		"polls": object{
			"max_options": l.PollOptions, "max_characters_per_option": l.PollChars,
			"min_expiration": int(l.PollMin.Seconds()), "max_expiration": int(l.PollMax.Seconds()),
		},
		"translation": object{"enabled": false},
	}
}

func (s *Server) instanceV2(*call) reply {
	if s.opts.InstanceV1Only || s.opts.Software == Akkoma {
		return fail(404, "Not Found")
	}
	o := object{
		"domain": s.host, "title": "Simulated " + string(s.opts.Software), "version": s.versionText(), "description": "",
		"usage": object{"users": object{"active_month": len(s.sortedAccounts())}}, "languages": []string{"en"},
		"configuration": s.configuration(), "registrations": object{"enabled": false}, "rules": []object{},
	}
	if s.opts.Software == Mastodon {
		s.announce(o)
	}
	if s.opts.Software == Pleroma {
		o["pleroma"] = object{"metadata": object{"features": []string{"mastodon_api", "polls"}}}
	}
	return ok(o)
}

// announce adds what Mastodon alone says of itself.
func (s *Server) announce(o object) {
	o["api_versions"] = object{"mastodon": apiVersion(s.opts.Version)}
	o["source_url"], o["icon"] = "https://github.com/mastodon/mastodon", []object{}
	o["thumbnail"] = object{"url": s.url + "/preview.png"}
	o["contact"] = object{"email": "admin@example.com", "account": nil}
	o["registrations"] = object{
		"enabled": false, "approval_required": false, "message": nil, "min_age": nil, "reason_required": nil, "url": nil,
	}
	if c, isObject := o["configuration"].(object); isObject {
		feeds := object{"local": "public", "remote": "public"}
		c["limited_federation"] = false
		c["timelines_access"] = object{"live_feeds": feeds, "hashtag_feeds": feeds, "trending_link_feeds": feeds}
	}
}

// configurationV1 is the configuration as the first version of the document has
// it, which did not grow further.
func (s *Server) configurationV1() object {
	c := s.configuration()
	delete(c, "urls")
	delete(c, "translation")
	c["accounts"] = object{"max_featured_tags": 10}
	if m, isObject := c["media_attachments"].(object); isObject && s.opts.Software == Mastodon {
		delete(m, "description_limit")
	}
	return c
}

// apiVersion is api_versions.mastodon by release.
func apiVersion(version string) int {
	var major, minor int
	_, _ = fmt.Sscanf(version, "%d.%d", &major, &minor) // what it cannot read stays 0
	switch {
	case major < 4:
		return 0
	case major > 4 || minor >= 6:
		return 10
	case minor == 5:
		return 7
	case minor == 4:
		return 5
	case minor == 3:
		return 2
	}
	return 0
}

func (s *Server) instanceV1(*call) reply {
	l := s.opts.Limits
	o := object{
		"uri": s.host, "title": "Simulated " + string(s.opts.Software), "version": s.versionText(), "short_description": "", "description": "",
		"urls": object{"streaming_api": s.scheme()}, "stats": object{"user_count": len(s.sortedAccounts()), "status_count": len(s.statuses), "domain_count": 0},
		"languages": []string{"en"}, "registrations": false, "approval_required": false, "rules": []object{},
	}
	switch s.opts.Software {
	case Akkoma, Pleroma:
		o["max_toot_chars"], o["description_limit"], o["upload_limit"] = l.Characters, l.Description, l.ImageBytes
		o["poll_limits"] = object{
			"max_options": l.PollOptions, "max_option_chars": l.PollChars,
			"min_expiration": int(l.PollMin.Seconds()), "max_expiration": int(l.PollMax.Seconds()),
		}
	case GoToSocial:
		o["max_toot_chars"] = l.Characters
		o["configuration"] = s.configuration()
	default:
		o["configuration"] = s.configurationV1()
		o["email"], o["thumbnail"], o["invites_enabled"], o["contact_account"] = "admin@example.com", nil, false, nil
	}
	if strings.HasPrefix(s.opts.Version, "3.") {
		delete(o, "configuration") // came with 3.4.2
	}
	return ok(o)
}
