package facebook_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm"
)

// TestUploadOutlivesManyDeaths: a process that dies after a chunk was taken and before
// that is on record finds the same chunk refused. Six of those do not end a delivery.
func TestUploadOutlivesManyDeaths(t *testing.T) {
	b := open(t, nil)
	d := b.driver(t)
	r := &smm.PublishRequest{
		ID: "d1", Channel: b.account.Channel, Kind: smm.CreatePost, Post: smm.Post{Text: "Hello", Media: []smm.Media{{Name: "clip.mp4"}}},
	}
	r = r.WithMedia(smm.FSMedia(assets))
	p, err := d.Prepare(t.Context(), r, smm.Prepared{})
	require.NoError(t, err)
	for range 6 {
		p, err = d.Prepare(t.Context(), r, p) // a session
		require.NoError(t, err)
		_, err = d.Prepare(t.Context(), r, p) // a chunk, and the process dies
		require.NoError(t, err)
		p, err = d.Prepare(t.Context(), r, p) // refused: all over again
		require.NoError(t, err)
	}
	for range 10 {
		if p.Ready {
			break
		}
		p, err = d.Prepare(t.Context(), r, p)
		require.NoError(t, err)
	}
	require.True(t, p.Ready)
}
