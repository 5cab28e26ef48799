package blueskytest

import "strings"

// Report is a complaint that an account made to the moderators.
type Report struct {
	By         string // handle
	ReasonType string
	Reason     string
	Subject    string // at-uri, or DID of an account
	Proxy      string // the labeler that the request named
}

// Reports returns the complaints so far, oldest first.
func (s *Server) Reports() []Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Report(nil), s.reports...)
}

func (c *call) createReport() (any, error) {
	var in struct {
		ReasonType, Reason string
		Subject            object
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if !strings.Contains(in.ReasonType, "#reason") {
		return nil, invalid("Invalid reason type: %s", in.ReasonType)
	}
	r := Report{c.me.handle, in.ReasonType, in.Reason, text(in.Subject, "uri"), c.r.Header.Get("Atproto-Proxy")}
	switch text(in.Subject, "$type") {
	case "com.atproto.repo.strongRef":
		if problem := checkRef(object{"subject": in.Subject}, "subject"); problem != "" {
			return nil, invalid("%s", problem)
		}
	case "com.atproto.admin.defs#repoRef":
		r.Subject = text(in.Subject, "did")
	default:
		return nil, invalid("Invalid subject")
	}
	c.s.reports = append(c.s.reports, r)
	return object{
		"id": len(c.s.reports), "reasonType": in.ReasonType, "reason": in.Reason, "subject": in.Subject,
		"reportedBy": c.me.did, "createdAt": stamp(c.s.now()),
	}, nil
}
