package facebook_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/smm"
)

// TestRestoredFromABackup: the store of a time before the post was published is put
// back. The draft or video that was published then is not in it, and must not be
// published a second time under another id.
func TestRestoredFromABackup(t *testing.T) {
	for name, post := range map[string]func() *smm.Post{
		"text": func() *smm.Post { return &smm.Post{Text: "once"} },
		"photos": func() *smm.Post {
			return &smm.Post{Text: "once", Media: []smm.Media{{Name: "red.png"}, {Name: "blue.jpg"}}}
		},
		"video": func() *smm.Post { return &smm.Post{Text: "once", Media: []smm.Media{{Name: "clip.mp4"}}} },
		"reel": func() *smm.Post {
			return options(t, &smm.Post{Text: "once", Media: []smm.Media{{Name: "tall.mp4"}}}, facebook.PostOptions{Format: facebook.FormatReel})
		},
	} {
		b := open(t, nil)
		b.publish(t, &smm.Post{Text: "something else"})
		b.world.Clock.Advance(time.Hour)
		d := b.plan(t, post())
		backup, err := json.Marshal(d)
		require.NoError(t, err)
		asOf := b.world.Clock.Now()
		b.world.Clock.Advance(time.Minute)
		require.Equal(t, smm.PhasePublished, b.until(t, d, nil).Phase, name)
		require.Len(t, b.items(), 2, name)

		b.world.Clock.Advance(time.Minute)
		old := new(smm.Delivery)
		require.NoError(t, json.Unmarshal(backup, old))
		require.NoError(t, old.Restore(asOf, b.world.Clock.Now()))
		old = b.until(t, old, nil)
		b.world.Clock.Advance(time.Hour)
		require.Len(t, b.items(), 2, name)
		require.Equal(t, smm.PhasePublished, old.Phase, "%s: %v", name, old.Log)
		require.Equal(t, b.items()[1].ID, old.Outcome.Post.ID, name)

		// Nothing was published in the lost time: that cannot be proved without the
		// handle, and nothing is published behind a person's back.
		e := b.plan(t, &smm.Post{Text: "never " + name})
		require.NoError(t, e.Restore(b.world.Clock.Now(), b.world.Clock.Now()))
		e = b.until(t, e, nil)
		require.LessOrEqual(t, len(b.items()), 3, name)
		require.Contains(t, []smm.Phase{smm.PhaseHuman, smm.PhasePublished}, e.Phase, name)
	}
}
