package x_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/platforms/x/xtest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// TestSettleOfFiles compares keys, except with an attempt that was made with
// uploads of which a restored backup knows nothing.
func TestSettleOfFiles(t *testing.T) {
	const state = `{"params":{"text":"Hello","media":{"media_ids":["9"]}},"kind":"post","uploads":[{"id":"9","key":"13_99","stage":"ready"}]}`
	for _, tc := range []struct {
		keys string
		lost bool
		want smm.OutcomeState
	}{
		{`["3_9"]`, false, published},
		{`["13_99"]`, false, published},
		{`["9"]`, false, published},
		{`["3_8"]`, false, unknown},
		{`["3_8"]`, true, published},
		{`["3_9","3_10"]`, false, absent},
		{`["3_9","3_10"]`, true, absent},
		{`[]`, true, absent},
	} {
		b := open(t).says(200, one(`,"text":"Hello","attachments":{"media_keys":`+tc.keys+`}`))
		d, ch := b.driver(t)
		r := &smm.PublishRequest{ID: "d", Channel: ch, Kind: smm.CreatePost, Created: epoch}
		a := smm.Attempt{N: 1, Doubt: true, Lost: tc.lost, First: epoch, Intent: epoch, Deadline: epoch}
		o, err := d.Settle(t.Context(), r, smm.Prepared{State: []byte(state)}, a)
		require.NoError(t, err)
		require.Equal(t, tc.want, o.State, "%s, lost %t", tc.keys, tc.lost)
	}
}

// TestReadLag: a post that its author's list shows late is found, and not sent
// again, whatever became of the reply.
func TestReadLag(t *testing.T) {
	for _, kind := range []sim.FaultKind{sim.DropReply, sim.ErrorAfter, sim.CutReply} {
		g := stand(t, &xtest.Options{Tier: xtest.Enterprise, NoQuotas: true, ReadLag: 59 * time.Second, DuplicateWindow: time.Millisecond})
		g.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: kind, Status: 502})
		r := g.publish(t, &smm.Post{Text: "shown late"})
		require.Equal(t, smm.EvidenceReadBack, r.Deliveries[0].Outcome.Evidence)
		require.Equal(t, 1, g.public())
	}
}

// TestRequestLife: a request that takes effect long after it was given up is
// waited for.
func TestRequestLife(t *testing.T) {
	g := stand(t, &xtest.Options{Tier: xtest.Enterprise, NoQuotas: true, DuplicateWindow: time.Millisecond})
	g.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.Late, Delay: 119 * time.Second})
	c, d := g.delivery(t, &smm.Post{Text: "arrives late"}, smm.Policy{})
	g.advance(t, c, d, nil)
	require.Equal(t, smm.PhasePublished, d.Phase)
	require.Equal(t, 1, d.Attempt.N)
	require.Equal(t, 1, g.public())
}

// TestOwnThreadsUnderTheSummonRule: should X ask for a summons in one's own thread
// as well, the parts fail with its reason and nothing is repeated.
func TestOwnThreadsUnderTheSummonRule(t *testing.T) {
	g := stand(t, &xtest.Options{NoQuotas: true, NoOwnThreads: true})
	r, err := g.channel(t).Publish(t.Context(), &smm.Post{Text: "one", Thread: []smm.Post{{Text: "two"}}}, &smm.PublishOptions{Wait: time.Hour})
	require.Error(t, err)
	require.Equal(t, 1, g.public())
	require.Equal(t, smm.PhasePublished, r.Deliveries[0].Phase)
	require.Equal(t, smm.PhaseFailed, r.Deliveries[1].Phase)
	require.Equal(t, 2, g.world.Faults.RequestsOf(sim.Commit))
}

// TestLostRepliesOfEveryTarget: messages are found in their conversation, whether it
// is named by a person, by itself or by a message of it.
func TestLostRepliesOfEveryTarget(t *testing.T) {
	g := stand(t, nil)
	m, err := g.VisitorWrites(t.Context(), visitorHandle, "shop", "a question")
	require.NoError(t, err)
	convs, err := g.channel(t).Conversations(nil).Collect(t.Context(), 0)
	require.NoError(t, err)
	for _, to := range []smm.Ref{m, convs[0].Ref, g.visitor} {
		g.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.DropReply})
		r := g.publish(t, &smm.Post{Text: "an answer by " + string(to.Kind) + " https://example.com", ReplyTo: to})
		require.Equal(t, smm.EvidenceReadBack, r.Deliveries[0].Outcome.Evidence)
		require.Equal(t, smm.KindMessage, r.Post.Kind)
	}
	require.Equal(t, 3, g.world.Ledger.Counts(x.Platform).Messages)
}
