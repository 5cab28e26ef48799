package x

import (
	"encoding/json"
	"time"
)

// Media is a picture, animation or video of a post.
type Media struct {
	Key              ID            `json:"media_key"`
	Type             string        `json:"type"`          // photo, animated_gif, video
	URL              string        `json:"url,omitempty"` // photos
	PreviewImageURL  string        `json:"preview_image_url,omitempty"`
	AltText          string        `json:"alt_text,omitempty"`
	Width            int           `json:"width,omitempty"`  // pixels
	Height           int           `json:"height,omitempty"` // pixels
	DurationMS       int64         `json:"duration_ms,omitempty"`
	Variants         []Variant     `json:"variants,omitempty"`
	PublicMetrics    *MediaMetrics `json:"public_metrics,omitempty"`
	NonPublicMetrics *MediaMetrics `json:"non_public_metrics,omitempty"`
	OrganicMetrics   *MediaMetrics `json:"organic_metrics,omitempty"`
	PromotedMetrics  *MediaMetrics `json:"promoted_metrics,omitempty"`
}

// Variant is one encoding of a video.
type Variant struct {
	BitRate     int64  `json:"bit_rate,omitempty"` // bits per second; 0 for a playlist
	ContentType string `json:"content_type"`
	URL         string `json:"url"`
}

// MediaMetrics are counts of a video: of views, and of those that reached a
// share of its length in percent.
type MediaMetrics struct {
	Views       Count `json:"view_count,omitzero"`
	Playback0   Count `json:"playback_0_count,omitzero"`
	Playback25  Count `json:"playback_25_count,omitzero"`
	Playback50  Count `json:"playback_50_count,omitzero"`
	Playback75  Count `json:"playback_75_count,omitzero"`
	Playback100 Count `json:"playback_100_count,omitzero"`
}

// Poll is a poll of a post.
type Poll struct {
	ID              ID           `json:"id"`
	Options         []PollOption `json:"options,omitempty"`
	DurationMinutes int          `json:"duration_minutes,omitempty"`
	EndsAt          Time         `json:"end_datetime,omitzero"`
	VotingStatus    string       `json:"voting_status,omitempty"` // open, closed
}

// PollOption is a choice of a poll; Position counts from 1.
type PollOption struct {
	Position int    `json:"position"`
	Label    string `json:"label"`
	Votes    Count  `json:"votes,omitzero"`
}

// Place is a named place.
type Place struct {
	ID          string `json:"id"`
	FullName    string `json:"full_name"`
	Name        string `json:"name,omitempty"`
	Country     string `json:"country,omitempty"`
	CountryCode string `json:"country_code,omitempty"`
	Type        string `json:"place_type,omitempty"`
}

// The kinds of events in a conversation.
const (
	EventMessage = "MessageCreate"
	EventJoin    = "ParticipantsJoin"
	EventLeave   = "ParticipantsLeave"
)

// DMEvent is a message, or that somebody came or left. Messages that X encrypts
// from end to end are not among them.
type DMEvent struct {
	ID             ID           `json:"id"`
	Type           string       `json:"event_type"`
	Text           string       `json:"text,omitempty"`
	SenderID       ID           `json:"sender_id,omitempty"`
	ConversationID ID           `json:"dm_conversation_id,omitempty"`
	CreatedAt      Time         `json:"created_at,omitzero"`
	ParticipantIDs []ID         `json:"participant_ids,omitempty"` // of joins and leaves only
	Attachments    *Attachments `json:"attachments,omitempty"`
	Entities       *Entities    `json:"entities,omitempty"`
	Referenced     []Reference  `json:"referenced_posts,omitempty"` // or referenced_tweets; Type is empty
}

// UnmarshalJSON reads both spellings of the posts that a message shares.
func (e *DMEvent) UnmarshalJSON(b []byte) error {
	type plain DMEvent
	var fresh plain
	v := struct {
		*plain

		Old []Reference `json:"referenced_tweets"`
	}{plain: &fresh}
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*e = DMEvent(fresh)
	if e.Referenced == nil {
		e.Referenced = v.Old
	}
	return nil
}

// UploadState is how far X is with a file.
type UploadState string

// The states of a file. One without a state is ready.
const (
	UploadReady      UploadState = "succeeded"
	UploadPending    UploadState = "pending"
	UploadProcessing UploadState = "in_progress"
	UploadFailed     UploadState = "failed"
)

// UploadedMedia is a file that X has or is about to get.
type UploadedMedia struct {
	ID               ID              `json:"id"` // for PostParams and messages
	Key              ID              `json:"media_key,omitempty"`
	Size             int64           `json:"size,omitempty"`               // bytes
	ExpiresAfterSecs int64           `json:"expires_after_secs,omitempty"` // until it must be posted
	Processing       *ProcessingInfo `json:"processing_info,omitempty"`
}

// State returns how far X is.
func (m *UploadedMedia) State() UploadState {
	if m.Processing == nil || m.Processing.State == "" {
		return UploadReady
	}
	return m.Processing.State
}

// ProcessingInfo says how far the processing of a video is.
type ProcessingInfo struct {
	State           UploadState      `json:"state"`
	CheckAfterSecs  int              `json:"check_after_secs,omitempty"`
	ProgressPercent int              `json:"progress_percent,omitempty"`
	Error           *ProcessingError `json:"error,omitempty"`
}

// ProcessingError is why a file could not be processed. It is not in the
// specification; X's older documentation has it.
type ProcessingError struct {
	Code    int    `json:"code,omitempty"`
	Name    string `json:"name,omitempty"`
	Message string `json:"message,omitempty"`
}

// CheckAfter is how long to wait before Status is asked, 0 if X does not say.
func (m *UploadedMedia) CheckAfter() time.Duration {
	if m.Processing == nil {
		return 0
	}
	return time.Duration(min(max(m.Processing.CheckAfterSecs, 0), 3600)) * time.Second
}

// PostAnalytics are the metrics of one post over time. The counts beside Points
// are for answers that are not divided by time.
type PostAnalytics struct {
	PostAnalyticsData

	ID     ID              `json:"id"`
	Points []PostDataPoint `json:"timestamped_metrics"`
}

// UnmarshalJSON reads the counts beside the intervals in both spellings.
func (p *PostAnalytics) UnmarshalJSON(b []byte) error {
	var v struct {
		ID     ID              `json:"id"`
		Points []PostDataPoint `json:"timestamped_metrics"`
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	p.ID, p.Points = v.ID, v.Points
	return p.PostAnalyticsData.UnmarshalJSON(b)
}

// PostDataPoint is one interval, named by its beginning.
type PostDataPoint struct {
	At      Time              `json:"timestamp"`
	Metrics PostAnalyticsData `json:"metrics"`
}

// PostAnalyticsData are the counts of an interval.
type PostAnalyticsData struct {
	AppInstallAttempts Count `json:"app_install_attempts,omitzero"`
	AppOpens           Count `json:"app_opens,omitzero"`
	Bookmarks          Count `json:"bookmarks,omitzero"`
	DetailExpands      Count `json:"detail_expands,omitzero"`
	EmailPost          Count `json:"email_tweet,omitzero"` // or email_post
	Engagements        Count `json:"engagements,omitzero"`
	Follows            Count `json:"follows,omitzero"`
	HashtagClicks      Count `json:"hashtag_clicks,omitzero"`
	Impressions        Count `json:"impressions,omitzero"`
	Likes              Count `json:"likes,omitzero"`
	MediaViews         Count `json:"media_views,omitzero"`
	PermalinkClicks    Count `json:"permalink_clicks,omitzero"`
	Quotes             Count `json:"quote_tweets,omitzero"` // or quote_posts
	Replies            Count `json:"replies,omitzero"`
	Reposts            Count `json:"retweets,omitzero"` // or reposts
	Shares             Count `json:"shares,omitzero"`
	Unfollows          Count `json:"unfollows,omitzero"`
	Unlikes            Count `json:"unlikes,omitzero"`
	URLClicks          Count `json:"url_clicks,omitzero"`
	ProfileClicks      Count `json:"user_profile_clicks,omitzero"`
}

// UnmarshalJSON reads both spellings. The specification has the older one here
// beside newer ones elsewhere.
func (d *PostAnalyticsData) UnmarshalJSON(b []byte) error {
	type plain PostAnalyticsData
	var fresh plain
	v := struct {
		*plain

		Email   Count `json:"email_post"`
		Quotes  Count `json:"quote_posts"`
		Reposts Count `json:"reposts"`
	}{plain: &fresh}
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*d = PostAnalyticsData(fresh)
	for to, other := range map[*Count]Count{&d.EmailPost: v.Email, &d.Quotes: v.Quotes, &d.Reposts: v.Reposts} {
		if !to.Known {
			*to = other
		}
	}
	return nil
}

// MediaAnalytics are the metrics of one video over time. The counts beside
// Points are for answers that are not divided by time.
type MediaAnalytics struct {
	MediaAnalyticsData

	Key    ID               `json:"media_key"`
	Points []MediaDataPoint `json:"timestamped_metrics"`
}

// MediaDataPoint is one interval, named by its beginning.
type MediaDataPoint struct {
	At      Time               `json:"timestamp"`
	Metrics MediaAnalyticsData `json:"metrics"`
}

// MediaAnalyticsData are the counts of an interval.
type MediaAnalyticsData struct {
	VideoViews       Count `json:"video_views,omitzero"`
	WatchTimeMS      Count `json:"watch_time_ms,omitzero"`
	PlaybackStart    Count `json:"playback_start,omitzero"`
	Playback25       Count `json:"playback25,omitzero"`
	Playback50       Count `json:"playback50,omitzero"`
	Playback75       Count `json:"playback75,omitzero"`
	PlaybackComplete Count `json:"playback_complete,omitzero"`
	PlayFromTap      Count `json:"play_from_tap,omitzero"`
	CTAURLClicks     Count `json:"cta_url_clicks,omitzero"`
	CTAWatchClicks   Count `json:"cta_watch_clicks,omitzero"`
}

// Usage is how many posts the app's project has read.
type Usage struct {
	ProjectID   ID         `json:"project_id"`
	ProjectCap  Count      `json:"project_cap,omitzero"` // posts a month
	Used        Count      `json:"project_usage,omitzero"`
	CapResetDay int        `json:"cap_reset_day,omitempty"` // of the month
	Daily       *DayUsage  `json:"daily_project_usage,omitempty"`
	Apps        []DayUsage `json:"daily_client_app_usage,omitempty"`
}

// DayUsage is the consumption of a project or of one of its apps by day.
type DayUsage struct {
	ProjectID ID         `json:"project_id,omitempty"`
	AppID     ID         `json:"client_app_id,omitempty"`
	Days      []UsageDay `json:"usage,omitempty"`
}

// UsageDay is the consumption of a day in posts.
type UsageDay struct {
	Date  Time  `json:"date"`
	Posts Count `json:"usage,omitzero"`
}

// PostCount is how many posts matched a query within an interval.
type PostCount struct {
	Start Time  `json:"start"`
	End   Time  `json:"end"`
	Posts Count `json:"post_count"` // or tweet_count
}

// UnmarshalJSON reads both spellings of the count.
func (c *PostCount) UnmarshalJSON(b []byte) error {
	type plain PostCount
	var fresh plain
	v := struct {
		*plain

		Old Count `json:"tweet_count"`
	}{plain: &fresh}
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*c = PostCount(fresh)
	if !c.Posts.Known {
		c.Posts = v.Old
	}
	return nil
}
