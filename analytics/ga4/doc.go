// Package ga4 reads what Google Analytics 4 knows of visits and conversions, in
// the three forms in which it hands it out, and adds them up by channel:
//
//	report, err := ga4.ReadRunReport(file, ga4.Options{})               // answers of the Data API
//	tables, err := ga4.ReadCSV(file, ga4.Options{Currency: "EUR"})      // exports of the interface
//	visits, err := ga4.Sessions(ga4.NewEvents(file).All(), "purchase")  // the BigQuery export, JSON lines
//
//	channels, err := report.Funnel(ga4.FunnelOptions{Channel: ga4.ByPlatform(book)})
//
// It reads files and bodies; asking Google for them, and the rights to, is the
// host's. The files in testdata were written by hand from Google's
// documentation, and none was recorded.
//
// # Design notes
//
// A number keeps its worth: sampled numbers are estimates, metrics that may not
// be seen are not reported, and where rows may be withheld ([Report.Partial])
// sums are lower bounds while the rows themselves stay as measured. Marking the
// rows was rejected: what is missing is other rows.
//
// Columns that have no place in a [Row] stay as text in Row.Extra and are listed
// in Report.Unknown. An error was rejected, since Google adds columns; dropping
// them was too.
//
// Only names of columns in English are known, in the interface's and the API's
// spelling. A table of translations that nobody here can verify was rejected;
// the error says what to do.
//
// Key events may be fractions, as attribution by data cuts them up. They are
// rounded row by row and marked as estimated, because everything that is counted
// in this library is a whole number.
//
// Users are read and never added up: the same person is in many rows.
package ga4
