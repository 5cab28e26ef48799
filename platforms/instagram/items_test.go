package instagram_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm"
)

// TestEditedMessages say when they were edited, and others do not.
func TestEditedMessages(t *testing.T) {
	b := open(t, nil)
	at := time.UnixMilli(1767322800001)
	for content, edited := range map[string]bool{`"message":{"mid":"m1","text":"hi"}`: false, `"message_edit":{"mid":"m1","text":"hi","num_edit":1}`: true} {
		body := `{"object":"instagram","entry":[{"id":"IG","time":1,"messaging":[{"sender":{"id":"P"},"recipient":{"id":"IG"},"timestamp":1767322800001,` + content + `}]}]}`
		seen := 0
		for e, err := range b.driver(t).DecodeWebhook(nil, []byte(body)) {
			require.NoError(t, err)
			require.Equal(t, edited, e.Message.Edited.Equal(at), content)
			require.Equal(t, edited, e.Kind == smm.EventMessageEdited)
			require.Equal(t, smm.Untrusted("hi"), e.Message.Text)
			seen++
		}
		require.Equal(t, 1, seen)
	}
}
