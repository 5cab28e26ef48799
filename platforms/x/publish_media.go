package x

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/account"
	"github.com/smmkit/smmkit/smm"
)

// step takes the first file that is not ready one step further.
func (d *Driver) step(ctx context.Context, s *session, r *smm.PublishRequest, st *prepared, p *smm.Prepared) error {
	i := slices.IndexFunc(st.Uploads, func(u upload) bool { return u.Stage != stageReady })
	if i < 0 {
		if len(st.Uploads) == len(r.Post.Media) {
			return nil
		}
		return d.open(ctx, s, r, st)
	}
	u, m := &st.Uploads[i], r.Post.Media[i]
	switch u.Stage {
	case stageOpen:
		return d.segments(ctx, s, r, u, m)
	case stageWhole:
		return finalize(ctx, s, u)
	case stageSent:
		return d.processed(ctx, s, st, u, p)
	}
	if st.Message == nil && u.Video && u.Tracks < len(m.Captions) {
		return d.subtitle(ctx, s, r, u, m.Captions[u.Tracks], p)
	}
	if m.AltText != "" && st.Message == nil {
		if err := s.Media.SetAltText(ctx, u.ID, m.AltText); err != nil {
			return err
		}
	}
	u.Stage = stageReady
	return nil
}

// category is what a file is for.
func (st *prepared) category(info *smm.MediaInfo) MediaCategory {
	c := map[smm.MediaClass]MediaCategory{smm.MediaImage: CategoryImage, smm.MediaGIF: CategoryGIF, smm.MediaVideo: CategoryVideo}[info.Class]
	if st.Message == nil {
		return c
	}
	return map[MediaCategory]MediaCategory{CategoryImage: CategoryDMImage, CategoryGIF: CategoryDMGIF, CategoryVideo: CategoryDMVideo}[c]
}

// open announces the next file, or sends it at once if it is an image.
func (d *Driver) open(ctx context.Context, s *session, r *smm.PublishRequest, st *prepared) error {
	blob, info, err := account.Asset(ctx, r, r.Post.Media[len(st.Uploads)].Name)
	if err != nil {
		return err
	}
	defer func() { _ = blob.Close() }() // only read
	u := Upload{Size: info.Size, Type: info.Type, Category: st.category(&info)}
	if u.Category == "" {
		return invalid("%s cannot be posted", info.Type)
	}
	var up UploadedMedia
	next := upload{Stage: stageOpen, Video: info.Class == smm.MediaVideo}
	if info.Class == smm.MediaImage {
		u.Reader = blob
		if up, err = s.Media.UploadImage(ctx, u); err == nil {
			next.sent(&up)
		}
	} else {
		up, err = s.Media.Initialize(ctx, u)
	}
	if err != nil {
		return err
	}
	next.ID, next.Key = up.ID, up.Key
	life := mediaLife
	if said := time.Duration(min(max(up.ExpiresAfterSecs, 0), 1<<20)) * time.Second; said > 0 {
		life = min(life, said*4/5)
	}
	if at := d.cfg.Clock.Now().Add(life); st.Expires.IsZero() || at.Before(st.Expires) {
		st.Expires = at
	}
	st.Uploads = append(st.Uploads, next)
	return nil
}

// segments sends the next segments of a file. An error after the first of them is
// left to the next step to meet again.
func (d *Driver) segments(ctx context.Context, s *session, r *smm.PublishRequest, u *upload, m smm.Media) error {
	blob, info, err := account.Asset(ctx, r, m.Name)
	if err != nil {
		return err
	}
	defer func() { _ = blob.Close() }() // only read
	plan := Upload{Reader: blob, Size: info.Size, Type: info.Type}
	size, err := plan.segment()
	if err != nil {
		return err
	}
	began, buf := d.cfg.Clock.Now(), make([]byte, min(size, info.Size))
	for n := 0; int64(u.Segment)*size < info.Size; n++ {
		if n > 0 && d.cfg.Clock.Now().Sub(began) > stepTime {
			return nil
		}
		at := int64(u.Segment) * size
		part := buf[:min(size, info.Size-at)]
		if err := readAt(blob, part, at); err != nil {
			return err
		}
		if err := s.Media.Append(ctx, u.ID, u.Segment, bytes.NewReader(part), int64(len(part))); err != nil {
			if n > 0 {
				return nil
			}
			return err
		}
		u.Segment++
	}
	u.Stage = stageWhole
	return nil
}

// finalize is a step of its own: a file that is whole takes no segment any more,
// so that the one before must be on record. Whether X takes it twice is not
// documented; if it refuses, what it is doing with the file tells.
func finalize(ctx context.Context, s *session, u *upload) error {
	up, err := s.Media.Finalize(ctx, u.ID)
	if errors.Is(err, smm.ErrRejected) {
		if now, readErr := s.Media.Status(ctx, u.ID); readErr == nil && now.Processing != nil {
			up, err = now, nil
		}
	}
	if err != nil {
		return err
	}
	if up.Key != "" {
		u.Key = up.Key
	}
	u.sent(&up)
	return nil
}

// sent goes on from where X has all of a file.
func (u *upload) sent(up *UploadedMedia) {
	u.Stage = stageSent
	if up.State() == UploadReady {
		u.Stage = stageUsable
	}
}

func readAt(r io.ReadSeeker, part []byte, at int64) error {
	if _, err := r.Seek(at, io.SeekStart); err != nil {
		return fmt.Errorf("%w: the file cannot be read: %w", smm.ErrInvalid, err)
	}
	if _, err := io.ReadFull(r, part); err != nil {
		return fmt.Errorf("%w: the file ended before its size: %w", smm.ErrInvalid, err)
	}
	return nil
}

// processed looks how far X is with a file.
func (d *Driver) processed(ctx context.Context, s *session, st *prepared, u *upload, p *smm.Prepared) error {
	m, err := s.Media.Status(ctx, u.ID)
	switch {
	case errors.Is(err, smm.ErrNotFound): // removed meanwhile: all over again
		st.Uploads, st.Expires, st.Polls = nil, time.Time{}, 0
		return nil
	case err != nil:
		return err
	}
	switch m.State() {
	case UploadReady:
		u.Stage, st.Polls = stageUsable, 0
		return nil
	case UploadFailed:
		return failedUpload(&m)
	case UploadPending, UploadProcessing:
	default: // a state that is new to us is not an end
	}
	wait := m.CheckAfter()
	if wait <= 0 {
		wait = min(2*time.Second<<min(st.Polls, 8), 30*time.Second)
	}
	p.Next = d.cfg.Clock.Now().Add(wait)
	st.Polls++
	return nil
}

// MaxSubtitles is how large a file of subtitles may be that is sent, in bytes. X
// documents no bound; an hour of speech has a tenth of it.
const MaxSubtitles = 1 << 20

// subtitle sends a track, looks how far X is with it, or ties it to its video. Each
// of them may be repeated: a language has one track.
func (d *Driver) subtitle(ctx context.Context, s *session, r *smm.PublishRequest, u *upload, c smm.Captions, p *smm.Prepared) error {
	code, err := subtitleLanguage(c.Language)
	if err != nil {
		return err
	}
	var up UploadedMedia
	switch {
	case u.Track == "":
		up, err = sendSubtitles(ctx, s, r, c.Name)
	case u.Busy:
		up, err = s.Media.Status(ctx, u.Track)
	default:
		if err := s.Media.AddSubtitles(ctx, u.ID, CategoryVideo, Subtitles{ID: u.Track, Language: code, DisplayName: displayName(code)}); err != nil {
			return err
		}
		u.Tracks, u.Track = u.Tracks+1, ""
		return nil
	}
	if err != nil {
		return err
	}
	u.Track, u.Busy = up.ID, up.State() != UploadReady
	switch {
	case up.State() == UploadFailed:
		return failedUpload(&up)
	case u.Busy:
		p.Next = d.cfg.Clock.Now().Add(max(up.CheckAfter(), 2*time.Second))
	}
	return nil
}

// sendSubtitles uploads a file of subtitles, whose kind its content tells.
func sendSubtitles(ctx context.Context, s *session, r *smm.PublishRequest, name string) (UploadedMedia, error) {
	blob, err := account.Open(ctx, r, name)
	if err != nil {
		return UploadedMedia{}, err
	}
	defer func() { _ = blob.Close() }() // only read
	raw, err := io.ReadAll(io.LimitReader(blob, MaxSubtitles+1))
	if err != nil {
		return UploadedMedia{}, fmt.Errorf("%w: subtitles %q cannot be read: %w", smm.ErrInvalid, name, err)
	}
	u := Upload{ReaderAt: bytes.NewReader(raw), Size: int64(len(raw)), Category: CategorySubtitles}
	switch {
	case len(raw) > MaxSubtitles:
		return UploadedMedia{}, invalid("subtitles %q have more than %d bytes", name, MaxSubtitles)
	case bytes.HasPrefix(bytes.TrimPrefix(raw, []byte("\uFEFF")), []byte("WEBVTT")):
		u.Type = "text/vtt"
	case bytes.Contains(raw, []byte(" --> ")):
		u.Type = "text/srt"
	default:
		return UploadedMedia{}, invalid("subtitles %q are neither WebVTT nor SubRip", name)
	}
	return s.Media.Upload(ctx, u)
}

// subtitleLanguage makes two capital letters, which X wants, of a BCP 47 tag.
// Regions and scripts are not told apart: "pt-BR" is PT.
func subtitleLanguage(tag string) (string, error) {
	code, _, _ := strings.Cut(tag, "-")
	code = strings.ToUpper(code)
	if len(code) != 2 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "", invalid("subtitles in %q: X takes languages of two letters", tag)
	}
	return code, nil
}

// displayNames are what people choose a track by, in the language itself.
var displayNames = map[string]string{
	"AR": "العربية", "BG": "Български", "CS": "Čeština", "DA": "Dansk", "DE": "Deutsch", "EL": "Ελληνικά", "EN": "English", "ES": "Español",
	"FA": "فارسی", "FI": "Suomi", "FR": "Français", "HE": "עברית", "HI": "हिन्दी", "HU": "Magyar", "ID": "Bahasa Indonesia", "IT": "Italiano",
	"JA": "日本語", "KO": "한국어", "MS": "Bahasa Melayu", "NL": "Nederlands", "NO": "Norsk", "PL": "Polski", "PT": "Português", "RO": "Română",
	"RU": "Русский", "SK": "Slovenčina", "SV": "Svenska", "TH": "ไทย", "TR": "Türkçe", "UK": "Українська", "VI": "Tiếng Việt", "ZH": "中文",
}

func displayName(code string) string {
	if name, ok := displayNames[code]; ok {
		return name
	}
	return code
}

// captionTrouble is what is wrong with the tracks of a file, "" if nothing is.
func captionTrouble(all []smm.Captions) string {
	var seen []string
	for _, c := range all {
		code, err := subtitleLanguage(c.Language)
		switch {
		case err != nil:
			return err.Error()
		case slices.Contains(seen, code):
			return "two tracks of " + code + ": a video has one for a language, whatever its region"
		}
		seen = append(seen, code)
	}
	return ""
}
