package smm_test

import (
	"context"
	"testing"

	"github.com/smmkit/smmkit/smm"
)

// measuring is a fake with numbers and likes.
type measuring struct{ *fake }

func (measuring) ReadMetrics(context.Context, smm.Ref, smm.MetricRequest) ([]smm.Metric, error) {
	return nil, nil
}

func (measuring) GetPost(context.Context, smm.Ref, smm.Ref) (smm.PublishedPost, error) {
	return smm.PublishedPost{}, nil
}

func (measuring) ListPosts(context.Context, smm.Ref, smm.PageRequest) (smm.Page[smm.PublishedPost], error) {
	return smm.Page[smm.PublishedPost]{}, nil
}

// TestPriorities: publishing goes before polling and polling before numbers,
// with all the calls that belong to them, unless the caller says otherwise.
func TestPriorities(t *testing.T) {
	f := newFake("x")
	var got []smm.Priority
	c, err := smm.New([]smm.Driver{measuring{f}}, smm.WithInterceptors(
		func(ctx context.Context, call smm.Call, next func(context.Context) error) error {
			p, set := smm.PriorityFrom(ctx)
			if !set {
				t.Errorf("%s has no priority", call.Op)
			}
			got = append(got, p)
			return next(ctx)
		}))
	if err != nil {
		t.Fatal(err)
	}
	ch := c.Channel(f.channel())
	for _, step := range []struct {
		name string
		want smm.Priority
		call func(ctx context.Context) error
	}{
		{"capabilities", smm.PriorityModerate, func(ctx context.Context) error {
			_, err := ch.RefreshCapabilities(ctx)
			return err
		}},
		{"post", smm.PriorityPublish, func(ctx context.Context) error {
			_, err := ch.Publish(ctx, &smm.Post{Text: "x"}, nil)
			return err
		}},
		{"reply", smm.PriorityReply, func(ctx context.Context) error {
			_, err := ch.Reply(ctx, f.ref(smm.KindComment, "1"), &smm.Post{Text: "x"}, nil)
			return err
		}},
		{"list", smm.PriorityModerate, func(ctx context.Context) error {
			_, err := ch.Post(ctx, f.ref(smm.KindPost, "1"))
			return err
		}},
		{"metrics", smm.PriorityBackground, func(ctx context.Context) error {
			_, err := ch.Metrics(ctx, smm.MetricRequest{})
			return err
		}},
	} {
		for ctx, want := range map[context.Context]smm.Priority{
			t.Context(): step.want,
			smm.ContextWithPriority(t.Context(), smm.PriorityBackground): smm.PriorityBackground,
		} {
			got = nil
			if err := step.call(ctx); err != nil {
				t.Errorf("%s: %v", step.name, err)
			}
			if len(got) == 0 {
				t.Errorf("%s: no call", step.name)
			}
			for _, p := range got {
				if p != want {
					t.Errorf("%s: priorities %d, want %d", step.name, got, want)
				}
			}
		}
	}
}
