// Package report renders figures for people: as one HTML page that needs
// nothing else, or as plain text.
//
//	r := report.ForChannels("Spring campaign", kpis, nil)
//	err := r.WriteHTML(file)
//
// The page has no script, no remote asset and a content security policy that
// allows neither, follows the reader's dark or light setting, prints, and
// gives every chart a description and its numbers as a table.
//
// # Design notes
//
// A report is plain data ([Report]) and not a template with hooks: what can be
// put into it is text, and html/template escapes all of it. Passing HTML
// through was rejected, because names of posts and channels come from
// strangers.
//
// Charts are drawn as inline SVG by this package. A charting library would be
// a script or a dependency, and a bar chart is forty lines.
//
// Links are kept only with the schemes https, http and mailto; anything else is
// shown as text.
package report
