package mastodontest

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm/sim"
)

func (s *Server) accountRoutes() []route {
	me := scopes("profile", "read:accounts")
	follows, blocks, mutes := scopes("write:follows"), scopes("write:blocks"), scopes("write:mutes")
	return []route{
		{pattern: "GET /api/v1/accounts/verify_credentials", class: sim.Read, scopes: me, handler: s.verify},
		{pattern: "PATCH /api/v1/accounts/update_credentials", class: sim.Write, scopes: scopes("write:accounts"), handler: s.updateProfile},
		{pattern: "GET /api/v1/accounts/lookup", class: sim.Read, handler: s.lookupAccount},
		{pattern: "GET /api/v1/accounts/search", class: sim.Read, scopes: scopes("read:accounts"), handler: s.searchAccounts},
		{pattern: "GET /api/v1/accounts/relationships", class: sim.Read, scopes: scopes("read:follows"), handler: s.relationships},
		{pattern: "GET /api/v1/accounts/{id}", class: sim.Read, handler: s.withAccount(s.showAccount)},
		{pattern: "GET /api/v1/accounts/{id}/statuses", class: sim.Read, handler: s.withAccount(s.accountStatuses)},
		{pattern: "GET /api/v1/accounts/{id}/followers", class: sim.Read, handler: s.withAccount(s.followers)},
		{pattern: "GET /api/v1/accounts/{id}/following", class: sim.Read, handler: s.withAccount(s.followingOf)},
		{pattern: "POST /api/v1/accounts/{id}/follow", class: sim.Write, scopes: follows, budget: budgetFollows, handler: s.withAccount(s.follow)},
		{pattern: "POST /api/v1/accounts/{id}/unfollow", class: sim.Write, scopes: follows, handler: s.withAccount(s.unfollow)},
		{pattern: "POST /api/v1/accounts/{id}/remove_from_followers", class: sim.Write, scopes: follows, handler: s.withAccount(s.removeFollower)},
		{pattern: "POST /api/v1/accounts/{id}/block", class: sim.Write, scopes: blocks, handler: s.withAccount(s.block)},
		{pattern: "POST /api/v1/accounts/{id}/unblock", class: sim.Write, scopes: blocks, handler: s.withAccount(s.unblock)},
		{pattern: "POST /api/v1/accounts/{id}/mute", class: sim.Write, scopes: mutes, handler: s.withAccount(s.mute)},
		{pattern: "POST /api/v1/accounts/{id}/unmute", class: sim.Write, scopes: mutes, handler: s.withAccount(s.unmute)},
		{pattern: "POST /api/v1/accounts/{id}/note", class: sim.Write, scopes: scopes("write:accounts"), handler: s.withAccount(s.setNote)},
		{pattern: "POST /api/v1/reports", class: sim.Write, scopes: scopes("write:reports"), budget: budgetReports, handler: s.report},
	}
}

// person finds or makes an account by its handle, "user" or "user@host".
func (s *Server) person(handle string) *account {
	if a := s.lookup(handle); a != nil {
		return a
	}
	user, domain, _ := strings.Cut(strings.TrimPrefix(handle, "@"), "@")
	serial, id := s.next(s.now())
	a := &account{
		serial: serial, id: id, username: user, domain: domain, display: user, privacy: "public", created: s.now(),
		following: map[string]time.Time{}, requested: map[string]time.Time{}, blocking: map[string]time.Time{},
		muting: map[string]mute{}, domainBlocks: map[string]bool{}, endorsed: map[string]bool{}, notes: map[string]string{},
	}
	s.accounts[a.id] = a
	return a
}

func (s *Server) lookup(acct string) *account {
	acct = strings.TrimSuffix(strings.TrimPrefix(acct, "@"), "@"+s.host)
	for _, a := range s.accounts {
		if strings.EqualFold(a.acct(), acct) {
			return a
		}
	}
	return nil
}

func (s *Server) sortedAccounts() []*account {
	var out []*account
	for _, a := range s.accounts {
		if a.domain == "" {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b *account) int { return cmp.Compare(a.serial, b.serial) })
	return out
}

func (s *Server) withAccount(h func(*call, *account) reply) func(*call) reply {
	return func(c *call) reply {
		a := s.accounts[c.id()]
		if a == nil {
			return notFound()
		}
		return h(c, a)
	}
}

func (s *Server) verify(c *call) reply {
	o := s.accountJSON(c.me)
	fields := []object{}
	for _, f := range c.me.fields {
		fields = append(fields, object{"name": f[0], "value": f[1], "verified_at": nil})
	}
	o["source"] = object{
		"privacy": c.me.privacy, "sensitive": false, "language": "", "note": c.me.note, "fields": fields, "follow_requests_count": 0,
		"discoverable": true, "indexable": true, "hide_collections": nil, "quote_policy": "public", "attribution_domains": []string{},
	}
	o["role"] = object{"id": "-99", "name": "", "color": "", "permissions": "65536", "highlighted": false}
	return ok(o)
}

func (s *Server) showAccount(_ *call, a *account) reply { return ok(s.accountJSON(a)) }

func (s *Server) updateProfile(c *call) reply {
	if c.Has("display_name") {
		if len([]rune(c.Get("display_name"))) > 30 {
			return invalid("Display name is too long (maximum is 30 characters)")
		}
		c.me.display = c.Get("display_name")
	}
	if c.Has("note") {
		if len([]rune(c.Get("note"))) > 500 {
			return invalid("Bio character limit of 500 exceeded")
		}
		c.me.note = c.Get("note")
	}
	var fields [][2]string
	for i := range 32 {
		key := "fields_attributes[" + strconv.Itoa(i) + "]"
		if c.Has(key+"[name]") || c.Has(key+"[value]") {
			if name, value := c.Get(key+"[name]"), c.Get(key+"[value]"); name != "" || value != "" {
				fields = append(fields, [2]string{name, value})
			}
			c.me.fields = nil
		}
	}
	if len(fields) > 4 {
		return invalid("Profile fields can't contain more than 4 items")
	}
	if fields != nil {
		c.me.fields = fields
	}
	for name, into := range map[string]*string{"avatar": &c.me.avatar, "header": &c.me.header} {
		head := c.files[name]
		if head == nil {
			continue
		}
		f, err := head.Open()
		if err != nil {
			return fail(http.StatusInternalServerError, "Internal Server Error")
		}
		h := sha256.New()
		_, _ = io.Copy(h, f) // in memory or a temporary file
		_ = f.Close()
		*into = hex.EncodeToString(h.Sum(nil))
	}
	return s.verify(c)
}

func (s *Server) lookupAccount(c *call) reply {
	if a := s.lookup(c.Get("acct")); a != nil {
		return ok(s.accountJSON(a))
	}
	return notFound()
}

func (s *Server) searchAccounts(c *call) reply {
	out := []object{}
	q := strings.TrimPrefix(lower(c.Get("q")), "@")
	for _, a := range s.accounts {
		if strings.Contains(strings.ToLower(a.acct()), q) && len(out) < c.number("limit", 40, 80) {
			out = append(out, s.accountJSON(a))
		}
	}
	return ok(out)
}

func (s *Server) accountStatuses(c *call, a *account) reply {
	return s.statusPage(c, func(st *status) bool {
		switch {
		case st.author != a || !s.sees(c.me, st),
			c.flag("exclude_reblogs") && st.reblogOf != nil,
			c.flag("exclude_replies") && st.inReplyTo != nil && st.inReplyTo.author != a,
			c.flag("only_media") && len(st.media) == 0,
			c.flag("pinned") && !st.pinned,
			c.Has("tagged") && !slices.Contains(st.tags, lower(c.Get("tagged"))):
			return false
		}
		return true
	})
}

func (s *Server) followers(c *call, a *account) reply {
	m := make(map[string]uint64)
	for _, o := range s.accounts {
		if _, follows := o.following[a.id]; follows {
			m[o.id] = o.serial
		}
	}
	return s.whoDid(c, m)
}

func (s *Server) followingOf(c *call, a *account) reply {
	m := make(map[string]uint64)
	for id := range a.following {
		m[id] = s.accounts[id].serial
	}
	return s.whoDid(c, m)
}

func (s *Server) accountJSON(a *account) object {
	var posts, followers int
	var last any
	for _, st := range s.statuses {
		if st.author == a && !st.gone && st.visibility != "direct" {
			posts++
			last = st.created.Format(time.DateOnly)
		}
	}
	for _, o := range s.accounts {
		if _, follows := o.following[a.id]; follows {
			followers++
		}
	}
	fields := []object{}
	for _, f := range a.fields {
		fields = append(fields, object{"name": f[0], "value": s.inline(f[1], nil), "verified_at": nil})
	}
	picture := func(kind, sum string) string {
		if sum == "" {
			return s.url + "/" + kind + "/original/missing.png"
		}
		return s.url + "/system/accounts/" + kind + "/" + sum
	}
	o := object{
		"id": s.wireID(a.id), "username": a.username, "acct": a.acct(), "display_name": a.display, "locked": a.locked, "bot": a.bot,
		"group": false, "discoverable": true, "created_at": stamp(a.created.Truncate(24 * time.Hour)), "note": s.render(a.note, nil),
		"url": s.profileURL(a), "uri": s.profileURL(a), "avatar": picture("avatars", a.avatar), "avatar_static": picture("avatars", a.avatar),
		"header": picture("headers", a.header), "header_static": picture("headers", a.header),
		"followers_count": followers, "following_count": len(a.following), "statuses_count": posts, "last_status_at": last,
		"emojis": []object{}, "fields": fields,
	}
	if s.opts.Software == Mastodon {
		o["indexable"], o["hide_collections"], o["roles"] = true, nil, []object{}
	}
	if a.limited {
		o["limited"] = true
	}
	if a.moved != nil {
		to := *a.moved
		to.moved = nil // one step, as the vendor shows it
		o["moved"] = s.accountJSON(&to)
	}
	if s.opts.Software == Akkoma || s.opts.Software == Pleroma {
		o["pleroma"] = object{"is_admin": false, "ap_id": s.profileURL(a)}
	}
	return o
}

func (s *Server) profileURL(a *account) string {
	if a.domain != "" {
		return "https://" + a.domain + "/@" + a.username
	}
	return s.url + "/@" + a.username
}

func (s *Server) report(c *call) reply {
	a := s.accounts[c.Get("account_id")]
	if a == nil {
		return notFound()
	}
	category := c.Get("category")
	switch category {
	case "":
		category = "other"
	case "spam", "legal", "violation", "other":
	default:
		return invalid("Category is not included in the list")
	}
	if category == "violation" && len(c.list("rule_ids")) == 0 {
		category = "other"
	}
	if len([]rune(c.Get("comment"))) > 1000 {
		return invalid("Comment is too long (maximum is 1000 characters)")
	}
	s.reports = append(s.reports, Report{
		Reporter: c.me.acct(), Target: a.acct(), Statuses: c.list("status_ids"),
		Category: category, Comment: c.Get("comment"), Forward: c.flag("forward"),
	})
	return ok(object{
		"id": fmt.Sprint(len(s.reports)), "action_taken": false, "action_taken_at": nil, "category": category, "comment": c.Get("comment"),
		"forwarded": c.flag("forward"), "created_at": stamp(s.now()), "status_ids": c.list("status_ids"), "rule_ids": nil, "target_account": s.accountJSON(a),
	})
}
