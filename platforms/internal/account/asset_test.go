package account_test

import (
	"context"
	"errors"
	"image/color"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/mediax/mediatest"
	"github.com/smmkit/smmkit/platforms/internal/account"
	"github.com/smmkit/smmkit/smm"
)

// prober prepares by what a test does with the request.
type prober struct {
	do func(context.Context, *smm.PublishRequest)
}

func (prober) Platform() smm.Platform { return "test" }

func (prober) Capabilities(context.Context, smm.Ref) (smm.Capabilities, error) {
	return smm.NewCapabilities(time.Unix(0, 0), map[smm.Capability]smm.Support{
		smm.CapPost: {State: smm.StateGranted}, smm.CapImage: {State: smm.StateGranted},
	}, smm.Limits{}), nil
}

func (p prober) Prepare(ctx context.Context, r *smm.PublishRequest, _ smm.Prepared) (smm.Prepared, error) {
	p.do(ctx, r)
	return smm.Prepared{}, smm.ErrInvalid
}

func (prober) Commit(context.Context, *smm.PublishRequest, smm.Prepared, smm.Attempt) (smm.Outcome, error) {
	return smm.Outcome{}, nil
}

func (prober) Settle(context.Context, *smm.PublishRequest, smm.Prepared, smm.Attempt) (smm.Outcome, error) {
	return smm.Outcome{}, nil
}

// TestAsset: an asset is told by its content and read from its beginning; one that
// is not there, or is nothing that can be posted, is final.
func TestAsset(t *testing.T) {
	png := mediatest.PNG(64, 48, color.White)
	files := fstest.MapFS{"a.png": {Data: png}, "prose.txt": {Data: []byte("once upon a time")}}
	ran := false
	do := func(ctx context.Context, r *smm.PublishRequest) {
		ran = true
		blob, info, err := account.Asset(ctx, r, "a.png")
		require.NoError(t, err)
		require.Equal(t, "image/png", info.Type)
		require.EqualValues(t, len(png), info.Size)
		got, err := io.ReadAll(blob)
		require.NoError(t, err)
		require.Equal(t, png, got)
		require.NoError(t, blob.Close())
		info, err = account.Look(ctx, r, "a.png")
		require.NoError(t, err)
		require.Equal(t, 64, info.Width)
		for _, name := range []string{"missing", "prose.txt"} {
			_, _, err := account.Asset(ctx, r, name)
			require.ErrorIs(t, err, smm.ErrInvalid, name)
			_, err = account.Look(ctx, r, name)
			require.ErrorIs(t, err, smm.ErrInvalid, name)
		}
		_, err = account.Open(ctx, r, "missing")
		require.ErrorIs(t, err, smm.ErrInvalid)
		require.ErrorIs(t, err, fs.ErrNotExist)
		text, err := account.Open(ctx, r, "prose.txt")
		require.NoError(t, err, "what it is is not looked at")
		require.NoError(t, text.Close())
	}
	c, err := smm.New([]smm.Driver{prober{do}}, smm.WithMediaStore(smm.FSMedia(files)))
	require.NoError(t, err)
	_, err = c.Channel(smm.Ref{Platform: "test", Kind: smm.KindChannel, ID: "1"}).Publish(t.Context(), &smm.Post{Text: "a", Media: []smm.Media{{Name: "a.png"}}}, nil)
	require.Error(t, err)
	require.True(t, ran)
}

// TestReaderAt reads at any place, in any order, and says where the end is.
func TestReaderAt(t *testing.T) {
	r := account.ReaderAt(strings.NewReader("0123456789"))
	for _, tc := range []struct {
		at, n int
		want  string
		err   error
	}{{5, 3, "567", nil}, {0, 2, "01", nil}, {8, 2, "89", nil}, {8, 5, "89", io.EOF}, {10, 1, "", io.EOF}} {
		b := make([]byte, tc.n)
		n, err := r.ReadAt(b, int64(tc.at))
		require.Equal(t, tc.want, string(b[:n]))
		require.Equal(t, tc.err, err)
	}
	_, err := r.ReadAt(make([]byte, 1), -1)
	require.Error(t, err)
}

// counts is a Quota that tells what is left.
type counts struct {
	smm.Quota

	err error
}

func (c counts) Left(_ context.Context, keys ...smm.QuotaKey) ([]smm.QuotaState, error) {
	out := make([]smm.QuotaState, 0, len(keys))
	for _, k := range keys {
		out = append(out, smm.QuotaState{Key: k, Remaining: 3})
	}
	return out, c.err
}

// TestHealth: nobody who counts, and one who cannot say, are nothing left to tell.
func TestHealth(t *testing.T) {
	key := smm.QuotaKey{Bucket: "posts"}
	require.Equal(t, []smm.QuotaState{{Key: key, Remaining: 3}}, account.Left(t.Context(), counts{}, key))
	require.Nil(t, account.Left(t.Context(), counts{err: errors.New("down")}, key))
	require.Nil(t, account.Left(t.Context(), nil, key))

	require.Equal(t, []string{"b"}, account.LackingScopes([]string{"a"}, []string{"a", "b"}))
	require.Empty(t, account.LackingScopes(nil, []string{"a"}), "nobody said what was granted")

	channel := smm.Ref{Platform: "test", Kind: smm.KindChannel, ID: "1"}
	bad := channel.WithKind(smm.KindReview, "2")
	check := func(ref smm.Ref) error {
		require.NotEqual(t, channel, ref)
		if ref == bad {
			return smm.ErrInvalid
		}
		return nil
	}
	good := []smm.Ref{channel, channel.WithKind(smm.KindPost, "2")}
	got, err := account.Subjects(channel, &smm.MetricRequest{}, check)
	require.NoError(t, err)
	require.Equal(t, good[:1], got)
	got, err = account.Subjects(channel, &smm.MetricRequest{Subjects: good}, check)
	require.NoError(t, err)
	require.Equal(t, good, got)
	_, err = account.Subjects(channel, &smm.MetricRequest{Subjects: append(good, bad)}, check)
	require.ErrorIs(t, err, smm.ErrInvalid)
}
