package connect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// DisconnectRequest names an account to be taken away.
type DisconnectRequest struct {
	Tenant  smm.Tenant
	Account smm.Ref
	// Anyway forgets the account also where the platform could not be told, or
	// where what is stored cannot be opened. The credential may then live on at
	// the platform until the person ends it there.
	Anyway bool
}

// Disconnected says what became of a credential.
type Disconnected struct {
	// Revoked: the platform was told and will not take the credential any more.
	// It is false for platforms that have no way to be told, and for tokens that
	// only their owner can end, such as pasted ones on Mastodon.
	Revoked bool
	// Err is why the platform could not be told, with DisconnectRequest.Anyway.
	Err error
}

// Disconnect ends the credential of an account at the platform, if its connector
// is an smm.Revoker, and forgets it. If the platform does not answer, the account
// stays as it is and the error matches ErrNotRevoked, because a credential that
// is forgotten cannot be ended later; the host may ask again with Anyway. An
// account that is not there is no error.
func (f *Flow) Disconnect(ctx context.Context, r DisconnectRequest) (Disconnected, error) {
	if err := r.Account.Check(); err != nil {
		return Disconnected{}, err
	}
	if locker, ok := f.cfg.Credentials.(smm.CredentialLocker); ok {
		// Else a process that renews the credential meanwhile may get a new token,
		// which would be forgotten without being ended.
		unlock, err := locker.LockCredential(ctx, r.Tenant, r.Account, time.Minute)
		if err != nil {
			return Disconnected{}, &storageError{"lock " + r.Account.String(), err}
		}
		defer unlock()
	}
	done, err := f.revoke(ctx, r)
	if err != nil && !r.Anyway {
		return done, err
	}
	done.Err = err
	if err = f.cfg.Credentials.Delete(ctx, r.Tenant, r.Account); err != nil {
		return done, &storageError{"forget " + r.Account.String(), err}
	}
	f.log.LogAttrs(ctx, slog.LevelInfo, "account disconnected", slog.String("tenant", string(r.Tenant)),
		slog.String("channel", r.Account.String()), slog.Bool("revoked", done.Revoked))
	return done, nil
}

func (f *Flow) revoke(ctx context.Context, r DisconnectRequest) (Disconnected, error) {
	c, err := f.cfg.Credentials.Load(ctx, r.Tenant, r.Account)
	if errors.Is(err, smm.ErrNotFound) {
		return Disconnected{}, nil
	}
	if err != nil {
		return Disconnected{}, &storageError{"load " + r.Account.String(), err}
	}
	p := f.platform(r.Account.Platform)
	if p == nil {
		return Disconnected{}, nil
	}
	revoker, ok := p.Connector.(smm.Revoker)
	if !ok {
		return Disconnected{}, nil
	}
	err = revoker.Revoke(ctx, r.Account, c)
	switch {
	case err == nil, errors.Is(err, smm.ErrUnauthorized): // over already
		return Disconnected{Revoked: true}, nil
	case errors.Is(err, smm.ErrUnsupported): // a pasted token, which only its owner can end
		return Disconnected{}, nil
	case smm.Temporary(err):
		return Disconnected{}, fmt.Errorf("%w: %s", ErrNotRevoked, smm.CleanMessage(err.Error()))
	}
	return Disconnected{}, fmt.Errorf("revoke %s: %w", r.Account, err)
}
