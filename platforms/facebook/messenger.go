package facebook

import (
	"context"
	"net/http"
	"strings"

	"github.com/smmkit/smmkit/platforms/internal/meta"
)

// MessengerService sets up the Page's messages: what people see before they
// write, labels, templates, and which app has a conversation.
type MessengerService struct{ c *Client }

// IceBreaker is a question that people may tap instead of typing.
type IceBreaker struct {
	Question string `json:"question"`
	Payload  string `json:"payload"`
}

// Command is a word with a slash in front that a bot knows.
type Command struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

// CommandSet are the commands in one language, "default" for all others.
type CommandSet struct {
	Locale   string    `json:"locale"`
	Commands []Command `json:"commands"`
}

// MenuItem is an entry of the menu beside the text field.
type MenuItem struct {
	Type    string `json:"type"` // "postback", "web_url"
	Title   string `json:"title"`
	Payload string `json:"payload,omitempty"`
	URL     string `json:"url,omitempty"`
}

// Menu is the menu in one language, "default" for all others.
type Menu struct {
	Locale        string     `json:"locale"`
	InputDisabled bool       `json:"composer_input_disabled"`
	Items         []MenuItem `json:"call_to_actions"`
}

// Greeting is the text before a first message, in one language.
type Greeting struct {
	Locale string `json:"locale"`
	Text   string `json:"text"`
}

// GetStarted is the button before a first message.
type GetStarted struct {
	Payload string `json:"payload"`
}

// MessengerProfile is what people see before they write. Nil stays as it is.
type MessengerProfile struct {
	GetStarted  *GetStarted  `json:"get_started,omitempty"`
	IceBreakers []IceBreaker `json:"ice_breakers,omitempty"`
	Commands    []CommandSet `json:"commands,omitempty"`
	Menu        []Menu       `json:"persistent_menu,omitempty"`
	Domains     []string     `json:"whitelisted_domains,omitempty"`
	Greeting    []Greeting   `json:"greeting,omitempty"`
}

// Get reads the profile.
func (s *MessengerService) Get(ctx context.Context) (MessengerProfile, error) {
	l, err := meta.List[MessengerProfile](ctx, s.c.graph, &meta.Request{
		Op: "page.messenger-profile", Path: []string{string(s.c.page), "messenger_profile"},
		Fields: []string{"get_started", "ice_breakers", "commands", "persistent_menu", "whitelisted_domains", "greeting"},
	}, ListParams{})
	if err != nil || len(l.Items) == 0 {
		return MessengerProfile{}, err
	}
	return l.Items[0], nil
}

type wireResult struct {
	Result string `json:"result"`
}

// Set changes the profile.
func (s *MessengerService) Set(ctx context.Context, p MessengerProfile) error {
	return s.c.graph.Write(ctx, &meta.Request{Op: "page.set-messenger-profile", Path: []string{string(s.c.page), "messenger_profile"}, JSON: p}, new(wireResult))
}

// Clear removes parts of the profile: "greeting", "ice_breakers" ...
func (s *MessengerService) Clear(ctx context.Context, fields ...string) error {
	return s.c.graph.Write(ctx, &meta.Request{
		Op: "page.clear-messenger-profile", Method: http.MethodDelete, Path: []string{string(s.c.page), "messenger_profile"},
		Params: form{}.text("fields", encode(fields)).values(),
	}, new(wireResult))
}

// Label marks people for the Page alone.
type Label struct {
	ID   ID     `json:"id"`
	Name string `json:"page_label_name"`
}

// Labels lists the labels.
func (s *MessengerService) Labels(ctx context.Context, p ListParams) (List[Label], error) {
	return meta.List[Label](ctx, s.c.graph, &meta.Request{
		Op: "page.custom-labels", Path: []string{string(s.c.page), "custom_labels"}, Fields: []string{"id", "page_label_name"},
	}, p)
}

// CreateLabel makes a label.
func (s *MessengerService) CreateLabel(ctx context.Context, name string) (ID, error) {
	v, err := node[Created](ctx, &meta.Request{
		Op: "page.create-custom-label", Path: []string{string(s.c.page), "custom_labels"}, Params: form{}.text("page_label_name", name).values(),
	}, s.c.graph.Write)
	return v.ID, err
}

// SetLabel marks a person who wrote, or takes the mark off.
func (s *MessengerService) SetLabel(ctx context.Context, label, psid ID, on bool) error {
	r := &meta.Request{Op: "label.set", Path: []string{string(label), "label"}, Params: form{}.id("user", psid).values()}
	if !on {
		r.Op, r.Method = "label.unset", http.MethodDelete
	}
	return s.c.graph.Do(ctx, r)
}

// DeleteLabel removes a label from all.
func (s *MessengerService) DeleteLabel(ctx context.Context, label ID) error {
	return s.c.graph.Delete(ctx, "label.delete", string(label))
}

// TemplateMessage is an approved text for messages outside the windows. The
// vendor rolls them out country by country.
type TemplateMessage struct {
	ID       ID     `json:"id"`
	Name     string `json:"name"`
	Language string `json:"language"`
	Category string `json:"category"`
	Status   string `json:"status"`
}

// Templates lists the templates.
func (s *MessengerService) Templates(ctx context.Context, p ListParams) (List[TemplateMessage], error) {
	return meta.List[TemplateMessage](ctx, s.c.graph, &meta.Request{
		Op: "page.message-templates", Path: []string{string(s.c.page), "message_templates"}, Fields: []string{"id", "name", "language", "category", "status"},
	}, p)
}

// The moves of a conversation between apps.
const (
	PassControl    = "pass_thread_control"
	TakeControl    = "take_thread_control"
	RequestControl = "request_thread_control"
	ReleaseControl = "release_thread_control"
)

// Control moves a conversation between the apps that serve the Page. app is that
// which PassControl gives it to.
func (s *MessengerService) Control(ctx context.Context, move string, psid, app ID, metadata string) error {
	r := &meta.Request{Op: "page.thread-control", Path: []string{string(s.c.page), strings.Trim(move, "/")}}
	r.Params = form{}.text("recipient", encode(Recipient{ID: psid})).id("target_app_id", app).text("metadata", metadata).values()
	return s.c.graph.Do(ctx, r)
}

// Owner is the app that has a conversation.
func (s *MessengerService) Owner(ctx context.Context, psid ID) (ID, error) {
	type owner struct {
		Owner struct {
			App ID `json:"app_id"`
		} `json:"thread_owner"`
	}
	l, err := meta.List[owner](ctx, s.c.graph, &meta.Request{
		Op: "page.thread-owner", Path: []string{string(s.c.page), "thread_owner"}, Params: form{}.text("recipient", encode(Recipient{ID: psid})).values(),
	}, ListParams{})
	if err != nil || len(l.Items) == 0 {
		return "", err
	}
	return l.Items[0].Owner.App, nil
}
