package keep_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/oauthx/keep"
	"github.com/smmkit/smmkit/smm"
)

// fakeStore lets tests fail and observe a memory store.
type fakeStore struct {
	smm.CredentialStore
	mu     sync.Mutex
	load   error
	swap   func(c smm.Credential) error // before it is done
	pause  time.Duration                // how long storing a new version takes
	loads  int
	stored []smm.Credential
}

func (s *fakeStore) Load(ctx context.Context, t smm.Tenant, r smm.Ref) (smm.Credential, error) {
	s.mu.Lock()
	s.loads++
	err := s.load
	s.mu.Unlock()
	if err != nil {
		return smm.Credential{}, err
	}
	return s.CredentialStore.Load(ctx, t, r)
}

func (s *fakeStore) Swap(ctx context.Context, t smm.Tenant, r smm.Ref, old int64, c smm.Credential) (int64, error) {
	s.mu.Lock()
	f := s.swap
	s.mu.Unlock()
	if f != nil {
		if err := f(c); err != nil {
			return 0, err
		}
	}
	if c.Refreshing.IsZero() && s.pause > 0 {
		if err := smm.SystemClock().Sleep(ctx, s.pause); err != nil {
			return 0, err
		}
	}
	v, err := s.CredentialStore.Swap(ctx, t, r, old, c)
	if err == nil {
		s.mu.Lock()
		s.stored = append(s.stored, c)
		s.mu.Unlock()
	}
	return v, err
}

func (s *fakeStore) onSwap(f func(smm.Credential) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.swap = f
}

func token(n int) smm.Credential {
	return smm.Credential{
		AccessToken: smm.NewSecret(fmt.Sprint("access-", n)), RefreshToken: smm.NewSecret(fmt.Sprint("refresh-", n)),
		Obtained: time.Now(), Expires: time.Now().Add(time.Hour),
	}
}

type bench struct {
	store *fakeStore
	asked int
	renew func(context.Context, smm.Credential) (smm.Credential, error) // nil: the next token
	keep  *keep.Keeper
}

// open stores the first token and makes a keeper. It must be called in a bubble.
func open(t *testing.T, change func(*keep.Config)) *bench {
	t.Helper()
	b := &bench{store: &fakeStore{CredentialStore: smm.NewMemoryCredentials()}}
	_, err := b.store.Swap(t.Context(), "t", account, 0, token(0))
	require.NoError(t, err)
	cfg := keep.Config{Store: b.store, Tenant: "t", Account: account, Renew: func(ctx context.Context, c smm.Credential) (smm.Credential, error) {
		b.asked++
		if b.renew != nil {
			return b.renew(ctx, c)
		}
		return token(b.asked), nil
	}}
	if change != nil {
		change(&cfg)
	}
	b.keep, err = keep.New(cfg)
	require.NoError(t, err)
	return b
}

func (b *bench) want(t *testing.T, access string) smm.Credential {
	t.Helper()
	c, err := b.keep.Credential(t.Context())
	require.NoError(t, err)
	require.Equal(t, access, c.AccessToken.Reveal())
	return c
}

func (b *bench) saved(t *testing.T) smm.Credential {
	t.Helper()
	c, err := b.store.CredentialStore.Load(t.Context(), "t", account)
	require.NoError(t, err)
	return c
}

var weather = &smm.Error{Platform: "test", Op: "refresh", Err: smm.ErrUnavailable}

func fails(err error) func(context.Context, smm.Credential) (smm.Credential, error) {
	return func(context.Context, smm.Credential) (smm.Credential, error) { return smm.Credential{}, err }
}

func TestRenewsEarlyAtARandomTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		earliest, latest := time.Hour, time.Duration(0)
		for range 200 {
			b := open(t, nil)
			begun := time.Now()
			for b.want(t, fmt.Sprint("access-", b.asked)); b.asked == 0; {
				time.Sleep(30 * time.Second)
				_, err := b.keep.Credential(t.Context())
				require.NoError(t, err)
			}
			earliest, latest = min(earliest, time.Since(begun)), max(latest, time.Since(begun))
		}
		require.GreaterOrEqual(t, earliest, 30*time.Minute)
		require.Less(t, earliest, 35*time.Minute)
		require.LessOrEqual(t, latest, 48*time.Minute+30*time.Second)
		require.Greater(t, latest, 43*time.Minute)
	})
}

func TestTheIntentIsStoredBeforeAndTheVersionAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, nil)
		b.renew = func(_ context.Context, c smm.Credential) (smm.Credential, error) {
			require.False(t, b.saved(t).Refreshing.IsZero(), "nobody would know of this request")
			require.Equal(t, b.saved(t).Version, c.Version)
			next := token(1)
			next.RefreshToken, next.Obtained = smm.Secret{}, time.Time{}
			return next, nil
		}
		time.Sleep(time.Hour)
		c := b.want(t, "access-1")
		require.Equal(t, b.saved(t), c)
		require.True(t, c.Refreshing.IsZero())
		require.Equal(t, "refresh-0", c.RefreshToken.Reveal(), "what the answer leaves out stays")
		require.Equal(t, time.Now(), c.Obtained)
		require.Equal(t, int64(3), c.Version)
	})
}

func TestScopesStayUnlessThePlatformSaysOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, nil)
		c := b.saved(t)
		c.Scopes = []string{"read"}
		_, err := b.store.Swap(t.Context(), "t", account, c.Version, c)
		require.NoError(t, err)
		time.Sleep(time.Hour)
		require.Equal(t, []string{"read"}, b.want(t, "access-1").Scopes)
		b.renew = func(context.Context, smm.Credential) (smm.Credential, error) {
			next := token(2)
			next.Scopes = []string{}
			return next, nil
		}
		time.Sleep(time.Hour)
		require.Empty(t, b.want(t, "access-2").Scopes)
	})
}

func TestManyCallersShareOneRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, nil)
		b.renew = func(context.Context, smm.Credential) (smm.Credential, error) {
			time.Sleep(time.Second)
			return token(1), nil
		}
		old := b.want(t, "access-0")
		time.Sleep(time.Hour)
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				if i%2 == 0 {
					_ = b.want(t, "access-1")
					return
				}
				again, err := b.keep.Refused(t.Context(), old)
				require.NoError(t, err)
				require.True(t, again)
			})
		}
		wg.Wait()
		require.Equal(t, 1, b.asked)
	})
}

func TestACallerThatLeavesDoesNotStopTheSave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, nil)
		b.renew = func(ctx context.Context, _ smm.Credential) (smm.Credential, error) {
			time.Sleep(3 * time.Second)
			return token(1), ctx.Err()
		}
		time.Sleep(time.Hour)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := b.keep.Credential(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		time.Sleep(3 * time.Second)
		require.Equal(t, "access-1", b.saved(t).AccessToken.Reveal())
		require.Equal(t, 1, b.asked)
	})
}

func TestAnEarlyRenewalNeverFailsItsCaller(t *testing.T) {
	for name, err := range map[string]error{
		"weather": weather, "refusal": errRefused, "limit": smm.ErrRateLimited, "other": errors.New("x"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := open(t, nil)
				b.renew = fails(err)
				time.Sleep(49 * time.Minute)
				for range 40 {
					b.want(t, "access-0")
					time.Sleep(15 * time.Second)
				}
				require.Less(t, b.asked, 20, "the platform is pressed")
				require.Equal(t, "access-0", b.saved(t).AccessToken.Reveal())
			})
		})
	}
}

func TestAnEarlyRenewalThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, nil)
		b.renew = func(ctx context.Context, _ smm.Credential) (smm.Credential, error) {
			<-ctx.Done()
			return smm.Credential{}, ctx.Err()
		}
		b.want(t, "access-0")
		time.Sleep(49 * time.Minute)
		b.want(t, "access-0") // after the store was read again
		time.Sleep(10 * time.Second)
		begun := time.Now()
		b.want(t, "access-0")
		require.LessOrEqual(t, time.Since(begun), 15*time.Second)
		time.Sleep(time.Hour)
		_, err := b.keep.Credential(t.Context())
		require.ErrorIs(t, err, smm.ErrUnavailable)
		require.False(t, smm.NeedsReconnect(err))
	})
}

func TestALostReplyWithoutGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, nil)
		b.renew = fails(weather)
		begun := time.Now().Add(time.Hour)
		time.Sleep(time.Hour)
		_, err := b.keep.Credential(t.Context())
		require.ErrorIs(t, err, smm.ErrUnavailable)
		require.ErrorContains(t, err, "was begun at "+begun.UTC().Format(time.RFC3339)+" and its end is not known")
		b.renew = fails(errRefused)
		_, err = b.keep.Credential(t.Context())
		require.ErrorIs(t, err, smm.ErrUnavailable)
		require.Equal(t, 1, b.asked, "the token was sent twice, and might have been taken the first time")
		time.Sleep(time.Minute)
		_, err = b.keep.Credential(t.Context())
		require.True(t, smm.NeedsReconnect(err))
		require.ErrorContains(t, err, "was begun at "+begun.UTC().Format(time.RFC3339)+", its answer was lost")

		for range 20 {
			time.Sleep(20 * time.Second)
			_, err = b.keep.Credential(t.Context())
			require.True(t, smm.NeedsReconnect(err))
		}
		require.Equal(t, 2, b.asked, "a definite refusal is asked for again and again")

		// Connected again; and what it then holds is asked with, whatever was refused before.
		have, anew := b.saved(t), token(7)
		anew.Expires = time.Now().Add(time.Minute)
		_, err = b.store.Swap(t.Context(), "t", account, have.Version, have.Renewed(anew))
		require.NoError(t, err)
		b.want(t, "access-7")
		time.Sleep(time.Minute)
		b.renew = nil
		b.want(t, "access-3")
	})
}

// While the access token works, a doubt is left alone: asking might end both.
func TestADoubtIsLeftAloneWhileTheTokenWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, nil)
		b.renew = fails(weather)
		time.Sleep(49 * time.Minute)
		b.want(t, "access-0")
		b.renew = nil
		for range 10 {
			time.Sleep(time.Minute)
			b.want(t, "access-0")
		}
		require.Equal(t, 1, b.asked)
		time.Sleep(time.Minute)
		b.want(t, "access-2")
	})
}

// With grace a doubt that another process left is settled at once, as long as
// the grace lasts.
func TestADoubtOfAnotherWithGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, func(c *keep.Config) { c.Grace = true })
		c := b.saved(t)
		c.Refreshing = time.Now()
		_, err := b.store.Swap(t.Context(), "t", account, c.Version, c)
		require.NoError(t, err)
		b.want(t, "access-0") // it may be at work
		time.Sleep(time.Minute)
		b.want(t, "access-1")
	})
}

func TestALostRequestWithoutGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, nil)
		b.renew = fails(weather)
		time.Sleep(time.Hour)
		_, err := b.keep.Credential(t.Context())
		require.ErrorIs(t, err, smm.ErrUnavailable)
		time.Sleep(time.Minute)
		b.renew = nil
		b.want(t, "access-2")
	})
}

func TestALostReplyWithGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, func(c *keep.Config) { c.Grace = true })
		b.renew = func(_ context.Context, c smm.Credential) (smm.Credential, error) {
			require.Equal(t, "refresh-0", c.RefreshToken.Reveal())
			if b.asked == 1 {
				return smm.Credential{}, weather
			}
			return token(1), nil
		}
		time.Sleep(time.Hour)
		b.want(t, "access-1")
		require.Equal(t, 2, b.asked)
	})
}

func TestWhatIsKnownNotToBeTakenLeavesNoDoubt(t *testing.T) {
	for name, err := range map[string]error{
		"not sent": &smm.Error{Outcome: smm.OutcomeNotSent, Err: smm.ErrUnavailable},
		"answered": &smm.Error{Outcome: smm.OutcomeRefused, Err: smm.ErrUnavailable},
		"limited":  &smm.RateLimitError{After: time.Second},
		"the app":  fmt.Errorf("%w: invalid_client", smm.ErrForbidden),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := open(t, nil)
				b.renew = fails(err)
				time.Sleep(time.Hour)
				_, got := b.keep.Credential(t.Context())
				require.ErrorIs(t, got, err)
				require.False(t, smm.NeedsReconnect(got))
				require.True(t, b.saved(t).Refreshing.IsZero())
				b.renew = nil
				b.want(t, "access-2")
			})
		})
	}
}

func TestErrorsHoldNothingOfTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, nil)
		b.renew = fails(&url.Error{Op: "Post", URL: "https://example.com/?refresh_token=refresh-0", Err: errors.New("refresh-0")})
		time.Sleep(time.Hour)
		_, err := b.keep.Credential(t.Context())
		require.ErrorIs(t, err, smm.ErrUnavailable)
		require.NotContains(t, err.Error(), "refresh-0")
	})
}

func TestAVersionThatCannotBeStoredIsKeptAndNotUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, nil)
		full := fmt.Errorf("the disk is full: %w", smm.ErrUnavailable)
		b.store.onSwap(func(c smm.Credential) error {
			if c.Refreshing.IsZero() {
				return full
			}
			return nil
		})
		time.Sleep(time.Hour)
		for range 3 {
			_, err := b.keep.Credential(t.Context())
			require.ErrorIs(t, err, full)
			require.ErrorContains(t, err, "kept in memory")
		}
		b.store.onSwap(nil)
		b.want(t, "access-1")
		require.Equal(t, 1, b.asked)
		require.Equal(t, "refresh-1", b.saved(t).RefreshToken.Reveal())
	})
}

// A store that is slow gets twice the time of a request, and one that hangs is no
// reason to connect the account again, nor the caller's deadline.
func TestASlowStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, nil)
		b.store.pause = 25 * time.Second
		time.Sleep(time.Hour)
		b.want(t, "access-1")
		time.Sleep(time.Hour)
		b.store.pause = time.Hour
		_, err := b.keep.Credential(t.Context())
		require.ErrorIs(t, err, smm.ErrUnavailable)
		require.False(t, smm.NeedsReconnect(err))
		b.store.pause = 0
		b.want(t, "access-2")
	})
}

func TestASaveThatWorkedAndSaidNo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, nil)
		b.store.onSwap(func(c smm.Credential) error {
			if !c.Refreshing.IsZero() {
				return nil
			}
			b.store.onSwap(nil)
			_, err := b.store.CredentialStore.Swap(t.Context(), "t", account, b.saved(t).Version, c)
			return errors.Join(err, errors.New("the connection broke"))
		})
		time.Sleep(time.Hour)
		require.Equal(t, int64(3), b.want(t, "access-1").Version)
	})
}

// What changes while the platform is asked is never overwritten.
func TestChangesDuringARenewal(t *testing.T) {
	change := func(t *testing.T, f func(b *bench)) *bench {
		b := open(t, nil)
		b.renew = func(context.Context, smm.Credential) (smm.Credential, error) {
			f(b)
			return token(1), nil
		}
		time.Sleep(time.Hour)
		return b
	}
	t.Run("connected again", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := change(t, func(b *bench) {
				require.NoError(t, b.store.Delete(t.Context(), "t", account))
				_, err := b.store.Swap(t.Context(), "t", account, 0, token(9))
				require.NoError(t, err)
			})
			b.want(t, "access-9")
			require.Equal(t, "refresh-9", b.saved(t).RefreshToken.Reveal())
		})
	})
	t.Run("disconnected", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := change(t, func(b *bench) { require.NoError(t, b.store.Delete(t.Context(), "t", account)) })
			_, err := b.keep.Credential(t.Context())
			require.True(t, smm.NeedsReconnect(err))
			_, err = b.store.CredentialStore.Load(t.Context(), "t", account)
			require.ErrorIs(t, err, smm.ErrNotFound)
		})
	})
	t.Run("beside the tokens", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := change(t, func(b *bench) {
				c := b.saved(t)
				c.Extra = map[string]smm.Secret{"note": smm.NewSecret("kept")}
				_, err := b.store.Swap(t.Context(), "t", account, c.Version, c)
				require.NoError(t, err)
			})
			c := b.want(t, "access-1")
			require.Equal(t, "kept", c.Extra["note"].Reveal())
			require.True(t, b.saved(t).Refreshing.IsZero())
		})
	})
}

func TestARefusalIsCheckedAgainstTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, nil)
		b.renew = func(_ context.Context, c smm.Credential) (smm.Credential, error) {
			_, err := b.store.Swap(t.Context(), "t", account, c.Version, c.Renewed(token(5)))
			require.NoError(t, err)
			return smm.Credential{}, errRefused
		}
		time.Sleep(time.Hour)
		b.want(t, "access-5")
		require.Equal(t, 1, b.asked)
	})
}

func TestNeverRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, func(c *keep.Config) { c.Renew = nil })
		old := b.want(t, "access-0")
		again, err := b.keep.Refused(t.Context(), old)
		require.NoError(t, err)
		require.False(t, again, "there is nothing else")
		time.Sleep(2 * time.Hour)
		b.want(t, "access-0") // the platform decides, not our clock

		_, err = b.store.Swap(t.Context(), "t", account, 1, token(1))
		require.NoError(t, err)
		again, err = b.keep.Refused(t.Context(), old)
		require.NoError(t, err)
		require.True(t, again)
		again, err = b.keep.Refused(t.Context(), old) // by a request that was on its way
		require.NoError(t, err)
		require.True(t, again)
		b.want(t, "access-1")
		loads := b.store.loads
		time.Sleep(59 * time.Second)
		b.want(t, "access-1")
		require.Equal(t, loads, b.store.loads)
		time.Sleep(time.Second)
		b.want(t, "access-1")
		require.Equal(t, loads+1, b.store.loads)
	})
}

func TestRefusedWhileThePlatformIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, nil)
		b.renew = fails(weather)
		again, err := b.keep.Refused(t.Context(), b.want(t, "access-0"))
		require.False(t, again)
		require.ErrorIs(t, err, smm.ErrUnavailable)
		require.False(t, smm.NeedsReconnect(err))
	})
}

func TestTheStoresErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, nil)
		b.store.load = fmt.Errorf("key %q: %w", "2026", smm.ErrSealed)
		_, err := b.keep.Credential(t.Context())
		require.ErrorIs(t, err, smm.ErrSealed)
		b.store.load = nil
		b.want(t, "access-0")
		require.NoError(t, b.store.Delete(t.Context(), "t", account))
		b.want(t, "access-0")
		time.Sleep(time.Minute)
		_, err = b.keep.Credential(t.Context())
		require.True(t, smm.NeedsReconnect(err))
		require.Zero(t, b.asked)
	})
}

func TestCredentialsAreTheCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, nil)
		c := b.saved(t)
		c.Extra, c.Scopes = map[string]smm.Secret{"k": smm.NewSecret("v")}, []string{"read"}
		_, err := b.store.Swap(t.Context(), "t", account, 1, c)
		require.NoError(t, err)
		got := b.want(t, "access-0")
		got.Extra["k"], got.Scopes[0] = smm.NewSecret("changed"), "changed"
		got = b.want(t, "access-0")
		require.Equal(t, "v", got.Extra["k"].Reveal())
		require.Equal(t, "read", got.Scopes[0])
	})
}

func TestNewRefuses(t *testing.T) {
	store := smm.NewMemoryCredentials()
	for _, c := range []keep.Config{
		{Account: account}, {Store: store}, {Store: store, Account: account, Reread: -1}, {Store: store, Account: account, Limit: -1},
	} {
		_, err := keep.New(c)
		require.ErrorIs(t, err, smm.ErrInvalid)
	}
}
