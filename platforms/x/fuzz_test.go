package x_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm"
)

func seeds(f *testing.F) {
	f.Helper()
	for _, tc := range calls() {
		f.Add([]byte(tc.say))
	}
	for _, s := range []string{
		`null`, `[]`, `{"data":{"id":1e999}}`, `{"data":{"id":"\ud800"}}`, `{"data":[{"id":"5"}],"errors":[{"type":"x"}],"includes":{"tweets":[{}]}}`, `{"errors":[{"code":88}]}`, `<html>`,
		`{"data":{"id":"5","public_metrics":{"retweet_count":"3"},"created_at":7}}`, `{"title":"T","type":"https://api.x.com/2/problems/client-forbidden","errors":[{"message":"a"}]}`,
	} {
		f.Add([]byte(s))
	}
}

// FuzzAnswers feeds every decoder. What is taken is whole, what is refused has a
// type, and no error quotes the token.
func FuzzAnswers(f *testing.F) {
	seeds(f)
	all := calls()
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, status := range []int{200, 403} {
			c := cannedClient(t, canned{status: status, body: body})
			for _, tc := range all {
				func() {
					defer func() { // the table panics for a result that is zero, and for deletions that are others
						if r := recover(); r != nil && r != "a zero value without an error" && r != "not what was deleted" {
							panic(r)
						}
					}()
					err := tc.do(t.Context(), c)
					if err == nil {
						require.Equal(t, 200, status)
						return
					}
					e, ok := errors.AsType[*smm.Error](err)
					require.True(t, ok, "%v", err)
					require.NotContains(t, err.Error(), "nobody-may-see")
					require.NotContains(t, err.Error(), "\n")
					require.Less(t, len(e.Error()), 700)
				}()
			}
			if p, err := c.Posts.Get(t.Context(), "5", nil); err == nil {
				require.NotEmpty(t, p.Item.ID)
			}
			if m, err := c.Media.Finalize(t.Context(), "88"); err == nil {
				require.NotEmpty(t, m.ID)
				require.GreaterOrEqual(t, m.CheckAfter(), 0*m.CheckAfter())
			}
			if s, err := c.Messages.Send(t.Context(), "8", hello); err == nil {
				require.NotEmpty(t, s.EventID)
			}
		}
	})
}
