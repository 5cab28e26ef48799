package facebook_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm"
)

// TestStandby: what another app answers is told with its words, and is no message
// that came to us.
func TestStandby(t *testing.T) {
	b := open(t, nil)
	for list, want := range map[string]smm.EventKind{"messaging": smm.EventMessageReceived, "standby": smm.EventOther} {
		for _, content := range []string{`"message":{"mid":"m_1","text":"hi"}`, `"postback":{"mid":"m_1","title":"hi"}`} {
			body := `{"object":"page","entry":[{"id":"10","time":1,"` + list + `":[{"sender":{"id":"9"},"recipient":{"id":"10"},"timestamp":1767322800001,` + content + `}]}]}`
			seen := 0
			for e, err := range b.driver(t).DecodeWebhook(nil, []byte(body)) {
				require.NoError(t, err)
				require.Equal(t, want, e.Kind, "%s %s", list, content)
				require.Equal(t, "facebook/message/m_1", e.Subject.String())
				if e.Message != nil {
					require.Equal(t, "hi", string(e.Message.Text))
				}
				seen++
			}
			require.Equal(t, 1, seen)
		}
	}
}
