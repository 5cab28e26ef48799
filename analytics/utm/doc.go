// Package utm keeps the names in campaign links tidy: it writes utm parameters
// by a team's rules, finds what breaks them, and reads visits back to platform,
// campaign and post.
//
//	book, err := utm.Open(utm.Social())
//	post, changes, err := book.Post(post, utm.Values{PostID: "p-17"}, "linkedin", "mastodon")
//	findings := book.Lint("https://example.com/?utm_source=LinkedIn")
//	origin, err := book.Origin("https://example.com/?utm_source=linkedin&utm_medium=social")
//
// A [Convention] is data; a [Book] is a convention that was checked. Functions
// without a book ([Set], [Strip], [Parse]) only know the names of the
// parameters.
//
// # Design notes
//
// An address is changed as text and never through url.Values or url.URL's
// String: those sort the query, re-encode it, and so break signed links and
// pages that read their query by position. [Strip] undoes [Set] to the byte, and
// a test holds it to that.
//
// Setting tags replaces all of them. Filling in only what is missing was
// rejected: the source of one campaign and the name of another is a visit that
// never happened.
//
// A template must be readable back from what it wrote, or [Book.Tags] refuses
// the values. Encoding separators inside values was rejected: people read these
// names in reports.
//
// The platform's id of a post is not known while its links are written, so
// post_id is an id of the host.
//
// Collisions are spellings that the convention itself would write alike. A
// looser likeness (dropping every separator) was rejected: "q1-1" and "q-11"
// are different campaigns.
package utm
