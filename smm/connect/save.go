package connect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/smmkit/smmkit/smm"
)

// swapTries bounds the races with a process that renews the same credential.
// Each lost one means that the other has made progress.
const swapTries = 8

// save stores the accounts, each by itself: a platform that gives several pages
// with one consent does not tie them together. res.Accounts stand in the order
// of found.
func (f *Flow) save(ctx context.Context, res Result, found []smm.Connected) (Result, error) {
	var first error
	stored := 0
	for i, c := range found {
		a := &res.Accounts[i]
		if a.Err = f.saveOne(ctx, res.Tenant, c, res.Account == c.Channel.Ref); a.Err == nil {
			a.Stored = true
			stored++
			f.log.LogAttrs(ctx, slog.LevelInfo, "account connected", slog.String("tenant", string(res.Tenant)),
				slog.String("channel", c.Channel.Ref.String()), slog.Any("missing", c.Missing))
		} else if first == nil {
			first = a.Err
		}
	}
	if stored == 0 {
		return res, first
	}
	return res, nil
}

// saveOne makes c the successor of what is stored, so that a refresh token which
// the platform gave at the first consent only is not lost. Where what is stored
// cannot be opened, it is replaced if that very account was to be connected
// again, and else left alone: somebody may still find the key.
func (f *Flow) saveOne(ctx context.Context, t smm.Tenant, c smm.Connected, again bool) error {
	ref := c.Channel.Ref
	for range swapTries {
		old, err := f.cfg.Credentials.Load(ctx, t, ref)
		switch {
		case errors.Is(err, smm.ErrNotFound):
			old = smm.Credential{}
		case errors.Is(err, smm.ErrSealed) && !again:
			return &storageError{"store " + ref.String(), ErrLost}
		case errors.Is(err, smm.ErrSealed):
			if old, err = f.clear(ctx, t, ref, old.Version); err != nil {
				return err
			}
		case err != nil:
			return &storageError{"store " + ref.String(), err}
		}
		_, err = f.cfg.Credentials.Swap(ctx, t, ref, old.Version, old.Renewed(c.Credential))
		if err == nil {
			return nil
		}
		if !errors.Is(err, smm.ErrConflict) {
			return &storageError{"store " + ref.String(), err}
		}
	}
	return &storageError{"store " + ref.String(), fmt.Errorf("%w: the account is being changed all the time: try again", smm.ErrConflict)}
}

// clear makes room where nothing can be opened. A store that tells the version
// with its refusal gets the new credential as the successor in one step; else
// the old row goes first.
func (f *Flow) clear(ctx context.Context, t smm.Tenant, ref smm.Ref, version int64) (smm.Credential, error) {
	f.log.LogAttrs(ctx, slog.LevelWarn, "replacing a credential that cannot be opened",
		slog.String("tenant", string(t)), slog.String("channel", ref.String()))
	if version == 0 {
		if err := f.cfg.Credentials.Delete(ctx, t, ref); err != nil {
			return smm.Credential{}, &storageError{"replace " + ref.String(), err}
		}
	}
	return smm.Credential{Version: version}, nil
}
