package meta_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// TestItems reads each kind of messaging item, in every list that has them.
func TestItems(t *testing.T) {
	file := func(class smm.MediaClass) smm.Attachment { return smm.Attachment{Class: class, URL: "u"} }
	for name, tc := range map[string]struct {
		content string
		want    meta.Item
	}{
		"words": {`"message":{"mid":"m","text":"hi","reply_to":{"mid":"m0"}}`, meta.Item{ID: "m", Text: "hi", ReplyTo: "m0"}},
		"echo":  {`"message":{"mid":"m","text":"hi","is_echo":true}`, meta.Item{ID: "m", Text: "hi", Echo: true}},
		"gone":  {`"message":{"mid":"m","is_deleted":true}`, meta.Item{ID: "m", Deleted: true}},
		"files": {`"message":{"mid":"m","attachments":[
			{"type":"image","payload":{"url":"u"}},{"type":"sticker","payload":{"url":"u"}},{"type":"share","payload":{"url":"u"}},{"type":"ig_post","payload":{"url":"u"}},
			{"type":"story_mention","payload":{"url":"u"}},{"type":"video","payload":{"url":"u"}},{"type":"reel","payload":{"url":"u"}},{"type":"ig_reel","payload":{"url":"u"}},
			{"type":"audio","payload":{"url":"u"}},{"type":"template","payload":{"url":"u"}},{"type":"image"}]}`, meta.Item{ID: "m", Attachments: []smm.Attachment{
			file(smm.MediaImage), file(smm.MediaImage), file(smm.MediaImage), file(smm.MediaImage), file(smm.MediaImage),
			file(smm.MediaVideo), file(smm.MediaVideo), file(smm.MediaVideo), file(smm.MediaAudio), file(smm.MediaDocument), {Class: smm.MediaImage},
		}}},
		"edit":       {`"message_edit":{"mid":"m","text":"ho"}`, meta.Item{ID: "m", Text: "ho"}},
		"button":     {`"postback":{"mid":"m","title":"Go","payload":"P"}`, meta.Item{ID: "m", Text: "Go"}},
		"react":      {`"reaction":{"mid":"m","action":"react"}`, meta.Item{ID: "m", Reacted: true}},
		"unreact":    {`"reaction":{"mid":"m","action":"unreact"}`, meta.Item{ID: "m"}},
		"read":       {`"read":{"mid":"m"}`, meta.Item{ID: "m"}},
		"watermark":  {`"read":{"watermark":1767322800001}`, meta.Item{}},
		"delivery":   {`"delivery":{"mids":["m","n"]}`, meta.Item{ID: "m"}},
		"deliveries": {`"delivery":{"mids":[],"watermark":1}`, meta.Item{}},
		"other":      {`"optin":{"ref":"r"}`, meta.Item{}},
	} {
		for list, kind := range map[string]meta.EventKind{"messaging": meta.EventMessaging, "standby": meta.EventStandby} {
			body := `{"object":"page","entry":[{"id":"9","` + list + `":[{"sender":{"id":"7"},"recipient":{"id":9},` + tc.content + `}]}]}`
			seen := 0
			for e, err := range meta.DecodeEvents([]byte(body)) {
				require.NoError(t, err, name)
				require.Equal(t, kind, e.Kind)
				got, ok := e.Item()
				require.True(t, ok, name)
				tc.want.Sender, tc.want.Recipient = "7", "9"
				require.Equal(t, tc.want, got, name)
				seen++
			}
			require.Equal(t, 1, seen)
		}
	}
	for _, e := range []meta.Event{
		{Kind: meta.EventMessaging, Field: "message", Value: []byte(`{"message":{"mid":"m","attachments":7}}`)},
		{Kind: meta.EventMessaging, Field: "message", Value: []byte(`{`)},
		{Kind: meta.EventChange, Field: "message", Value: []byte(`{"message":{"mid":"m"}}`)},
	} {
		_, ok := e.Item()
		require.False(t, ok)
	}
}
