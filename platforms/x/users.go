package x

import (
	"context"
	"net/http"
	"strings"

	"github.com/smmkit/smmkit/internal/httpx"
)

// UserService reads accounts and changes the account's relations to them. There
// is no method to block: the API has none, only the list of who is blocked.
type UserService struct{ c *Client }

const usersPath = "2/users"

// Me reads the account that the credential belongs to.
func (s *UserService) Me(ctx context.Context, f *Fields) (Result[User], error) {
	resp, err := s.c.get(ctx, "users.me", usersPath+"/me", s.c.userQuery(f))
	return one("users.me", idOfUser, resp, err)
}

// Get reads an account.
func (s *UserService) Get(ctx context.Context, id ID, f *Fields) (Result[User], error) {
	if err := ids(id); err != nil {
		return Result[User]{}, err
	}
	resp, err := s.c.get(ctx, "users.get", httpx.Path(usersPath, string(id)), s.c.userQuery(f))
	return one("users.get", idOfUser, resp, err)
}

// ByUsername reads an account by its name, with or without @.
func (s *UserService) ByUsername(ctx context.Context, username string, f *Fields) (Result[User], error) {
	name := strings.TrimPrefix(username, "@")
	if !isUsername(ID(name)) {
		return Result[User]{}, invalid("%q is no name of an account: want 1 to 15 of A-Z, a-z, 0-9 and _", username)
	}
	resp, err := s.c.get(ctx, "users.by-username", httpx.Path(usersPath+"/by/username", name), s.c.userQuery(f))
	return one("users.by-username", idOfUser, resp, err)
}

func isUsername(s ID) bool {
	return s != "" && len(s) <= 15 && strings.Trim(string(s), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// Lookup reads up to 100 accounts; Problems say which are missing and why.
func (s *UserService) Lookup(ctx context.Context, f *Fields, list ...ID) (Page[User], error) {
	all, err := joined(list, isID)
	if err != nil {
		return Page[User]{}, err
	}
	q := s.c.userQuery(f)
	q.Set("ids", all)
	resp, err := s.c.get(ctx, "users.lookup", usersPath, q)
	return page[User]("users.lookup", resp, err)
}

// ByUsernames reads up to 100 accounts by their names, without @.
func (s *UserService) ByUsernames(ctx context.Context, f *Fields, names ...string) (Page[User], error) {
	list := make([]ID, len(names))
	for i, n := range names {
		list[i] = ID(n)
	}
	all, err := joined(list, isUsername)
	if err != nil {
		return Page[User]{}, err
	}
	q := s.c.userQuery(f)
	q.Set("usernames", all)
	resp, err := s.c.get(ctx, "users.by-usernames", usersPath+"/by", q)
	return page[User]("users.by-usernames", resp, err)
}

func (s *UserService) list(ctx context.Context, op, user, name string, p ListParams, f *Fields) (Page[User], error) {
	if err := ids(ID(user)); err != nil {
		return Page[User]{}, err
	}
	q := s.c.userQuery(f)
	if err := p.into(q); err != nil {
		return Page[User]{}, err
	}
	resp, err := s.c.get(ctx, op, httpx.Path(usersPath, user, name), q)
	return page[User](op, resp, err)
}

// Followers lists who follows a user: 1 to 1,000 on a page.
func (s *UserService) Followers(ctx context.Context, user ID, p ListParams, f *Fields) (Page[User], error) {
	return s.list(ctx, "users.followers", string(user), "followers", p, f)
}

// Following lists whom a user follows: 1 to 1,000 on a page.
func (s *UserService) Following(ctx context.Context, user ID, p ListParams, f *Fields) (Page[User], error) {
	return s.list(ctx, "users.following", string(user), "following", p, f)
}

// Blocking lists whom the account blocks: 1 to 1,000 on a page.
func (s *UserService) Blocking(ctx context.Context, p ListParams, f *Fields) (Page[User], error) {
	me, err := s.c.me()
	if err != nil {
		return Page[User]{}, err
	}
	return s.list(ctx, "users.blocking", me, "blocking", p, f)
}

// Muting lists whom the account mutes: 1 to 1,000 on a page.
func (s *UserService) Muting(ctx context.Context, p ListParams, f *Fields) (Page[User], error) {
	me, err := s.c.me()
	if err != nil {
		return Page[User]{}, err
	}
	return s.list(ctx, "users.muting", me, "muting", p, f)
}

type targetBody struct {
	ID ID `json:"target_user_id"`
}

// Follow follows a user. Pending says that the user has to agree first. Not in
// the self-serve tier.
func (s *UserService) Follow(ctx context.Context, user ID) (pending bool, err error) {
	me, err := s.c.me()
	if err != nil {
		return false, err
	}
	if err := ids(user); err != nil {
		return false, err
	}
	resp, err := s.c.commit(ctx, "users.follow", http.MethodPost, httpx.Path(usersPath, me, "following"), httpx.JSON(targetBody{user}))
	if err != nil {
		return false, err
	}
	if done("users.follow", "pending_follow", true, resp, nil) == nil {
		return true, nil
	}
	return false, done("users.follow", "following", true, resp, nil)
}

// Unfollow ends that. Not in the self-serve tier.
func (s *UserService) Unfollow(ctx context.Context, user ID) error {
	return s.off(ctx, "users.unfollow", "following", "following", user)
}

// Mute keeps a user's posts out of the account's timeline, without the user
// being told.
func (s *UserService) Mute(ctx context.Context, user ID) error {
	me, err := s.c.me()
	if err != nil {
		return err
	}
	if err := ids(user); err != nil {
		return err
	}
	resp, err := s.c.commit(ctx, "users.mute", http.MethodPost, httpx.Path(usersPath, me, "muting"), httpx.JSON(targetBody{user}))
	return done("users.mute", "muting", true, resp, err)
}

// Unmute ends that.
func (s *UserService) Unmute(ctx context.Context, user ID) error {
	return s.off(ctx, "users.unmute", "muting", "muting", user)
}

func (s *UserService) off(ctx context.Context, op, kind, field string, user ID) error {
	me, err := s.c.me()
	if err != nil {
		return err
	}
	if err := ids(user); err != nil {
		return err
	}
	resp, err := s.c.commit(ctx, op, http.MethodDelete, httpx.Path(usersPath, me, kind, string(user)), httpx.Body{})
	return done(op, field, false, resp, err)
}

// BlockDMs keeps a user from writing messages to the account.
func (s *UserService) BlockDMs(ctx context.Context, user ID) error {
	if err := ids(user); err != nil {
		return err
	}
	resp, err := s.c.commit(ctx, "users.block-dms", http.MethodPost, httpx.Path(usersPath, string(user), "dm", "block"), httpx.Body{})
	return done("users.block-dms", "blocked", true, resp, err)
}

// UnblockDMs ends that.
func (s *UserService) UnblockDMs(ctx context.Context, user ID) error {
	if err := ids(user); err != nil {
		return err
	}
	resp, err := s.c.commit(ctx, "users.unblock-dms", http.MethodPost, httpx.Path(usersPath, string(user), "dm", "unblock"), httpx.Body{})
	return done("users.unblock-dms", "blocked", false, resp, err)
}
