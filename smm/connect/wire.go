package connect

import (
	"errors"

	"github.com/smmkit/smmkit/smm"
)

// The wire types are what is sealed: values of package smm with their secrets
// revealed. They embed the original, so that a field added there is kept here;
// fields of the same name on the outside win (encoding/json). A secret that is
// added there and not here would be written masked, which smm.Secret refuses to
// read.

type wireStart struct {
	smm.ConnectStart

	Private string
}

func toWireStart(s smm.ConnectStart) *wireStart {
	return &wireStart{ConnectStart: s, Private: s.Private.Reveal()}
}

func (w *wireStart) start() smm.ConnectStart {
	s := w.ConnectStart
	s.Private = smm.NewSecret(w.Private)
	return s
}

type wireCredential struct {
	smm.Credential

	AccessToken  string
	RefreshToken string
	Extra        map[string]string
}

type wireConnected struct {
	Channel    smm.Channel
	Credential wireCredential
	Missing    []string
	Kind       string `json:",omitempty"` // of Err
	Text       string `json:",omitempty"` // of Err
}

func toWireConnected(c smm.Connected) wireConnected {
	w := wireConnected{Channel: c.Channel, Missing: c.Missing, Credential: wireCredential{
		Credential: c.Credential, AccessToken: c.Credential.AccessToken.Reveal(), RefreshToken: c.Credential.RefreshToken.Reveal(),
	}}
	for k, v := range c.Credential.Extra {
		if w.Credential.Extra == nil {
			w.Credential.Extra = make(map[string]string)
		}
		w.Credential.Extra[k] = v.Reveal()
	}
	if c.Err != nil {
		w.Kind, w.Text = problemOf(c.Err).Code, smm.CleanMessage(c.Err.Error())
	}
	return w
}

func (w wireConnected) connected() smm.Connected {
	c := smm.Connected{Channel: w.Channel, Credential: w.Credential.Credential, Missing: w.Missing}
	c.Credential.AccessToken = smm.NewSecret(w.Credential.AccessToken)
	c.Credential.RefreshToken = smm.NewSecret(w.Credential.RefreshToken)
	for k, v := range w.Credential.Extra {
		if c.Credential.Extra == nil {
			c.Credential.Extra = make(map[string]smm.Secret)
		}
		c.Credential.Extra[k] = smm.NewSecret(v)
	}
	if w.Text != "" || w.Kind != "" {
		c.Err = &keptError{text: w.Text, err: sentinelOf(w.Kind)}
	}
	return c
}

// keptError is an error that was kept between two requests.
type keptError struct {
	text string
	err  error // what it matched
}

func (e *keptError) Error() string { return e.text }
func (e *keptError) Unwrap() error { return e.err }

// sentinelOf finds what an error of a kind matched.
func sentinelOf(code string) error {
	for _, s := range []error{
		ErrScopes, smm.ErrRateLimited, smm.ErrUnauthorized, smm.ErrForbidden, smm.ErrNotFound,
		smm.ErrUnsupported, smm.ErrRejected, smm.ErrInvalid, smm.ErrConflict, smm.ErrSealed, smm.ErrUnavailable,
	} {
		if problemOf(s).Code == code {
			return s
		}
	}
	return errors.New("failed")
}
