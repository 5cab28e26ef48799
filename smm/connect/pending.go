package connect

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// stage tells the two things apart that may be under way. It is part of the
// place that a sealed entry is bound to.
type stage string

const (
	stageConsent stage = "consent" // the browser is at the platform
	stageChoice  stage = "choice"  // the person chooses between accounts
)

// pending is one entry of the Store, before it is sealed.
type pending struct {
	Tenant   smm.Tenant
	Platform smm.Platform
	Binding  []byte // SHA-256 of the browser's cookie
	Expires  time.Time
	Account  smm.Ref // to be connected again, or zero
	Return   string
	Start    *wireStart      `json:",omitempty"` // stageConsent
	Found    []wireConnected `json:",omitempty"` // stageChoice
}

// maxSealed is what a Store must take.
const maxSealed = 1 << 20

// random returns 256 random bits as text.
func random() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails, see crypto/rand
	return base64.RawURLEncoding.EncodeToString(b)
}

// pendingID is the id in the Store. The key itself goes through the browser and
// the platform and is kept nowhere.
func pendingID(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

func place(s stage, id string) []byte { return []byte("smm/connect\x00" + string(s) + "\x00" + id) }

func hash(s smm.Secret) []byte {
	sum := sha256.Sum256([]byte(s.Reveal()))
	return sum[:]
}

// put keeps p under the key's id and returns the binding that the browser has
// to show with the key.
func (f *Flow) put(ctx context.Context, s stage, key string, p pending) (smm.Secret, error) {
	binding := smm.NewSecret(random())
	p.Binding = hash(binding)
	return binding, f.keep(ctx, s, pendingID(key), p)
}

func (f *Flow) keep(ctx context.Context, s stage, id string, p pending) error {
	plain, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("%w: connect: what is under way cannot be written: %v", smm.ErrInvalid, err)
	}
	sealed, err := f.cfg.Sealer.Seal(plain, place(s, id))
	clear(plain)
	if err != nil {
		return &storageError{"seal what is under way", err}
	}
	if len(sealed) > maxSealed {
		return fmt.Errorf("%w: the consent reaches more accounts than can be chosen from: consent to fewer", smm.ErrInvalid)
	}
	if err = f.cfg.Store.Put(ctx, id, sealed, p.Expires); err != nil {
		return &storageError{"keep what is under way", err}
	}
	return nil
}

// take ends what is under way with the key, and returns it if everything fits.
// All that does not fit is ErrState, which tells a stranger nothing.
func (f *Flow) take(ctx context.Context, s stage, key string, binding smm.Secret, t smm.Tenant) (pending, error) {
	if key == "" || len(key) > 128 || binding.IsZero() {
		return pending{}, ErrState
	}
	id := pendingID(key)
	sealed, err := f.cfg.Store.Take(ctx, id)
	if errors.Is(err, smm.ErrNotFound) {
		return pending{}, ErrState
	}
	if err != nil {
		return pending{}, &storageError{"take what is under way", err}
	}
	plain, err := f.cfg.Sealer.Open(sealed, place(s, id))
	if err != nil {
		return pending{}, &storageError{"open what is under way", err}
	}
	var p pending
	err = json.Unmarshal(plain, &p)
	clear(plain)
	if err != nil {
		return pending{}, fmt.Errorf("%w: what was under way was written by another version", ErrState)
	}
	switch {
	case subtle.ConstantTimeCompare(p.Binding, hash(binding)) != 1,
		p.Tenant != t,
		!f.clock.Now().Before(p.Expires):
		return pending{}, ErrState
	}
	return p, nil
}

// BindingName is the name under which a host without the handlers may keep the
// binding in the browser, such as in a cookie. It derives from the state or the
// key of a choice, so that several can be under way in one browser.
func BindingName(key string) string { return "smm-" + pendingID(key)[:16] }
