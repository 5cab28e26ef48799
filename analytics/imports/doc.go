// Package imports reads the CSV files that platforms give their users
// (Meta Business Suite, Instagram, X, LinkedIn Pages, TikTok Studio, YouTube
// Studio, pages of Google Analytics) as metrics.
//
//	res, err := imports.Read(file, imports.Options{Channel: channel, AsOf: exported, Zone: berlin})
//	kpis, err := analytics.Summarize(res.Metrics)
//
// Which export it is, is seen from its headers ([Detect]) or said by the caller
// (Options.Export). What each header means stands in a mapping file, one for
// each export ([Mappings]); callers add their own with [ParseMapping]. Every
// alias in it names where it was seen or is marked as unverified
// ([Alias.Verified]): vendors rename columns without notice, and translate them.
//
// Encoding (UTF-8, UTF-16), separator, decimal sign, thousands separators,
// rounded numbers ("1.2K"), preambles and rows of totals are recognised. Cells
// without a number ("", "--", "N/A") are not reported, which is never 0.
//
// # Nothing is lost silently
//
// Every column of the file is listed in [Summary].Columns with what became of
// it. Every row that was left out is counted with its reason. Every cell that
// could not be read is a [Problem] with line, column and content; all of them
// come back together in one [*ProblemsError], beside the rows that could be
// read. [Importer] streams: its memory does not grow with the file.
//
// # Design notes
//
// Headers are data, not code: a vendor's new spelling is a line of JSON that
// its user can write without a release of this package.
//
// A guess that would change a number is refused. "1.234" is one thousand in
// one country and a little more than one in another: where the file itself
// does not settle it, the cell is a problem, and Options.Decimal is the cure.
// encoding/csv was rejected, because a forgotten quote makes it hold the rest of
// the file in memory, and because it gives up at the first bad row.
//
// Rates in the file are left aside, except one that only the platform can
// compute: package analytics computes the others from their parts and knows what
// is missing. Net changes, such as new followers, are left aside as well: they can
// be negative, and a metric is a count or a level.
//
// Formulas are text: nothing is evaluated, and what a post's text begins with
// is kept. Package report neutralises text where it writes it.
//
// Workbooks (XLSX, XLS) are refused with a message that says so: a reader for
// them would be a dependency. Save the sheet as CSV.
package imports
