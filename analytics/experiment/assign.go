package experiment

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/smmkit/smmkit/smm"
)

// Variant is one of the things tried.
type Variant struct {
	Name   string // unique in an experiment
	Weight uint32 // its share is Weight over the sum of all
}

// Assigner assigns units to variants: the same unit always to the same one, in
// every process and release. It is immutable and safe for concurrent use.
type Assigner struct {
	prefix   []byte
	variants []Variant
	total    uint64
}

// NewAssigner returns the assigner of an experiment. The key names the
// experiment, so that a unit's variants in two experiments are independent;
// the salt is the host's, so that a stranger who knows the key cannot choose an
// account that falls into a variant. A new salt draws anew. Changing weights
// while the experiment runs moves units between variants: begin a new one.
//
// Fewer than two variants, an empty key, weights of zero and repeated or empty
// names are errors that match smm.ErrInvalid.
func NewAssigner(key, salt string, variants []Variant) (*Assigner, error) {
	if key == "" {
		return nil, fmt.Errorf("%w: the experiment has no key: name it", smm.ErrInvalid)
	}
	if len(variants) < 2 {
		return nil, fmt.Errorf("%w: experiment %q has %d variants: give at least two", smm.ErrInvalid, key, len(variants))
	}
	a := &Assigner{variants: append([]Variant(nil), variants...)}
	seen := make(map[string]bool, len(variants))
	for _, v := range variants {
		switch {
		case v.Name == "" || seen[v.Name]:
			return nil, fmt.Errorf("%w: experiment %q: variant name %q is empty or given twice", smm.ErrInvalid, key, v.Name)
		case v.Weight == 0:
			return nil, fmt.Errorf("%w: experiment %q: variant %q has weight 0: leave it out", smm.ErrInvalid, key, v.Name)
		}
		seen[v.Name] = true
		a.total += uint64(v.Weight)
	}
	a.prefix = appendText(appendText(nil, salt), key)
	return a, nil
}

// Assign returns the name of the unit's variant, and false for the empty unit,
// which identifies nobody. Pass what stays the same for a person: an account's
// Ref as text, not a session.
//
// Formula: the first eight bytes of SHA-256 over salt, key and unit, each
// behind its length as eight bytes, all big-endian, as a fraction of 2^64; the
// variants divide that line in their order by weight. This is fixed: other
// programs may compute it, and a test pins it.
func (a *Assigner) Assign(unit string) (string, bool) {
	if unit == "" {
		return "", false
	}
	var buf [256]byte
	sum := sha256.Sum256(appendText(append(buf[:0], a.prefix...), unit))
	at, _ := bits.Mul64(binary.BigEndian.Uint64(sum[:8]), a.total)
	for _, v := range a.variants {
		if at < uint64(v.Weight) {
			return v.Name, true
		}
		at -= uint64(v.Weight)
	}
	return "", false // not reached: at is below the total
}

// appendText puts the length first, so that "a"+"bc" and "ab"+"c" differ.
func appendText(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint64(b, uint64(len(s))), s...)
}
